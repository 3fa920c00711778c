/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Here: a parser run in this process, without a cell, over the same rows.
 *
 * For unit tests and fuzzers only. It confines nothing.
 */
#ifndef WEIR_PARSE_HERE_H
#define WEIR_PARSE_HERE_H

#include "parse/cell.h"

/*
 * As cell_ask(); @ctx may be NULL: no needles, no deadline. What the parser or
 * @fn returned; @fn may be NULL.
 */
int parse_here(enum parser parser, const struct parse_context *ctx, int fd, const void *ask,
	       uint32_t ask_len, cell_row_fn fn, void *fn_ctx);

#endif /* WEIR_PARSE_HERE_H */
