/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asking: what the index says to each of the facts; private to agent/match.
 */
#ifndef WEIR_MATCH_ASK_H
#define WEIR_MATCH_ASK_H

#include "match/match.h"

/* One question while it is answered. */
struct query {
	const struct match_index *x;
	const struct facts *facts;
	struct match *m;
	int err;
};

/* Asks for every fact; query_hit() is called for each indicator that is met. */
void query_ask(struct query *q);

/* Takes down that indicator @i is met, maybe not for the first time. */
void query_hit(struct query *q, uint32_t i);

#endif /* WEIR_MATCH_ASK_H */
