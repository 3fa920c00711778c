/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One thing of a scan as a line or a few of them; for scan_table.c.
 */
#ifndef WEIR_OUT_SCAN_ROW_H
#define WEIR_OUT_SCAN_ROW_H

#include "out/scan.h"

/*
 * "  file         installed   /usr/bin/vmtoolsd", and what else there is to say
 * of it; with is_long also what it hit of @product.
 */
void scan_row(const struct scan_report *r, const struct finding_row *row, uint32_t product,
	      struct buf *out);

/* The state in its colour, @width columns wide. */
void scan_row_state(const struct scan_report *r, enum finding_state state, size_t width,
		    struct buf *out);

/* One more of several clauses: a comma, @head, and @text escaped unless it is NULL. */
void scan_row_clause(struct buf *out, const char *head, const char *text);

#endif /* WEIR_OUT_SCAN_ROW_H */
