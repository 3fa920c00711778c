/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From things to findings: private to agent/match, see finding.h.
 */
#ifndef WEIR_MATCH_COMBINE_H
#define WEIR_MATCH_COMBINE_H

#include "base/index.h"
#include "match/finding.h"

struct findings_store {
	const struct match_index *index; /* borrowed */
	const struct catalog *catalog;
	struct arena arena;
	struct index keys; /* of things, by kind and place */
	struct thing **things;
	uint32_t thing_cnt, thing_cap;
	uint32_t *kept;	 /* by product and kind */
	uint32_t *more;	 /* by product */
	struct match scratch;
};

/* Fills f->items, cleared and weak from the store's things. 0 or -ENOMEM. */
int combine(struct findings *f);

#endif /* WEIR_MATCH_COMBINE_H */
