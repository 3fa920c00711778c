/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scan for spreadsheets: RFC 4180, one line a thing, the columns below in
 * this order for good; later ones are added at the end.
 *
 * A name is whatever the software's maker chose. What is no printable text is
 * written as \xNN or \u{N}, so that no cell holds a line break or turns the
 * reading direction, and a cell that a spreadsheet would take for a formula
 * begins with an apostrophe. Several values in a cell have "; " between them.
 */
#ifndef WEIR_OUT_SCAN_CSV_H
#define WEIR_OUT_SCAN_CSV_H

#include "out/scan.h"

#define SCAN_CSV_COLUMNS                                                                   \
	"host", "time", "product", "name", "vendor", "class", "product_state", "kind",     \
		"where", "state", "path", "version", "package", "owned", "container",      \
		"user", "pid", "started_by", "flags", "detail", "alone", "sufficient",     \
		"confidence", "families", "evidence", "first_seen", "directives",          \
		"security_product", "policy", "remove", "restarts"

/* Appends the headings and all lines; out->err tells of missing memory. */
void scan_csv(const struct scan_report *r, struct buf *out);

/* Appends one cell, safe as said above. */
void scan_csv_cell(struct buf *out, const char *text);

#endif /* WEIR_OUT_SCAN_CSV_H */
