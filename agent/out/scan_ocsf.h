/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scan in OCSF 1.8.0, one JSON object a line:
 *
 *	5020 Software Inventory Info	each product that is installed or more
 *	2004 Detection Finding		each product: created, updated, or closed
 *					when it is gone
 *	6007 Scan Activity		last: was all of it read, and what was not
 *
 * The id of a finding is that of host and product, so that the next scan
 * updates it. What the schema has no field for stands in "unmapped".
 */
#ifndef WEIR_OUT_SCAN_OCSF_H
#define WEIR_OUT_SCAN_OCSF_H

#include "out/scan.h"

/* Appends all lines; out->err tells of missing memory. */
void scan_ocsf(const struct scan_report *r, struct buf *out);

#endif /* WEIR_OUT_SCAN_OCSF_H */
