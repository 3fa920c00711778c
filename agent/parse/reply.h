/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reply: what a parser found, as rows of tagged fields.
 *
 * Parsers run in the cell (see cell.h) and have nothing but the descriptor
 * they were given and this. A row is one thing that was found: a package, an
 * ELF file, a line of a crontab. What a row and its tags mean stands in the
 * header of the parser that writes it.
 */
#ifndef WEIR_PARSE_REPLY_H
#define WEIR_PARSE_REPLY_H

#include <stddef.h>
#include <stdint.h>

/* A row's fields together, and the fields of one row. A larger row is cut and marked. */
#define REPLY_ROW_BYTES_MAX (256u * 1024)
#define REPLY_FIELDS_MAX 4096

struct reply; /* private */

/* Rows do not nest. @kind is the parser's own. */
void reply_begin(struct reply *r, uint16_t kind);

/*
 * A text may hold any byte but NUL (it ends at the first); the same tag may come
 * more than once, for a list. @text NULL: nothing is added.
 */
void reply_text(struct reply *r, uint16_t tag, const char *text);
void reply_text_n(struct reply *r, uint16_t tag, const char *text, size_t len);
void reply_bytes(struct reply *r, uint16_t tag, const void *bytes, size_t len);
void reply_u64(struct reply *r, uint16_t tag, uint64_t value);

/* 0, or -EPIPE when nobody reads any more: the parser returns it at once. */
int reply_end(struct reply *r);

#endif /* WEIR_PARSE_REPLY_H */
