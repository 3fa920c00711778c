/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scan for people: one line a product, below it what was seen, how to remove
 * it and what that may break, and a closing line.
 *
 * Made for 80 columns; only what cannot be broken, a long path, goes beyond.
 * Names are chosen by whoever made the software: see text_escaped().
 */
#ifndef WEIR_OUT_SCAN_TABLE_H
#define WEIR_OUT_SCAN_TABLE_H

#include "out/scan.h"

/* Appends all lines; out->err tells of missing memory. */
void scan_table(const struct scan_report *r, struct buf *out);

#endif /* WEIR_OUT_SCAN_TABLE_H */
