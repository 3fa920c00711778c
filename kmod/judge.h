/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between what a gate found and what it returns: the question that
 * include/weir/verdict.h answers, put together from what is in force.
 */
#ifndef WEIR_JUDGE_H
#define WEIR_JUDGE_H

#include "identity.h"

/* Is this the agent's own child, who alone meets the canary's rule? */
bool weir_is_canary_child(const struct weir_state *state);

/**
 * weir_decide_now - answers for what @look says
 * @state:	what is in force
 * @look:	key, file and strength in, answer out
 * @q_flags:	WEIR_Q_CANARY, _GUARD, _INSTALLED as the caller knows them
 */
void weir_decide_now(const struct weir_state *state, struct weir_look *look, u32 q_flags);

/* Everything about one file: identity, guard, verdict. */
void weir_judge_file(struct weir_candidate *c, const struct weir_state *state);

static inline int weir_errno(const struct weir_look *look)
{
	return look->answer.verdict == WEIR_DENY ? -EPERM : 0;
}

#endif /* WEIR_JUDGE_H */
