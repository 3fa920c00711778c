/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is different between two scans, for people and as JSON:
 *
 *	weir_scan_diff	1: this form
 *	from, to	times of the scans
 *	complete	false: either was incomplete, so "gone" may mean "not seen"
 *	summary		{appeared, gone, changed}: products
 *	products	of each that is different, ordered by id:
 *	    id, change	"appeared", "gone" or "changed"
 *	    state, version	{from, to}; null where there is none
 *	    things	of a changed one, ordered by kind and place: {change, kind, where
 *			(where_hex), container, state, version}
 */
#ifndef WEIR_OUT_SCAN_DIFF_H
#define WEIR_OUT_SCAN_DIFF_H

#include "base/buf.h"
#include "match/record.h"

struct scan_diff {
	const struct records *was, *is;
	int64_t was_s, is_s;
	bool is_complete;
	bool has_color;
};

void scan_diff_table(const struct scan_diff *d, struct buf *out);
void scan_diff_json(const struct scan_diff *d, struct buf *out);

/* Did anything appear or change? What is only gone is none. */
bool scan_diff_is_news(const struct scan_diff *d);

#endif /* WEIR_OUT_SCAN_DIFF_H */
