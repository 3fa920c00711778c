/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calendar: the mode of a rule at any moment, on this host.
 *
 * A rule's mode is that of the latest phase in its list that has begun; before
 * any has, observe. A phase with only-during has its mode in these hours and
 * `otherwise` outside of them. A window that opens in a blackout opens when the
 * blackout ends, if it is still there; one that is open stays open. Pure: the
 * policy has worked out when phases begin, and asks the zone about windows.
 */
#ifndef WEIR_POLICY_CALENDAR_H
#define WEIR_POLICY_CALENDAR_H

#include "policy/policy.h"

struct change {
	int64_t at; /* seconds since the epoch */
	uint8_t from, to; /* enum weir_mode */
	bool is_window;	  /* hours of only-during open or close; else a phase begins */
	const struct phase *phase; /* that decides from then on; borrowed */
};

/* The phase that decides about @at; NULL: none has begun. */
const struct phase *calendar_phase(const struct rule *rule, int64_t at);

uint8_t calendar_mode(const struct policy *p, const struct rule *rule, int64_t at);

/* The first change of the mode after @after and before @before. False: there is none. */
bool calendar_next(const struct policy *p, const struct rule *rule, int64_t after,
		   int64_t before, struct change *ret);

/* The next phase to begin after @after that is ever in force; NULL: none. */
const struct phase *calendar_next_phase(const struct rule *rule, int64_t after);

/*
 * The mode at @now and its changes from then on, at most @max, as steps[i].to
 * from steps[i].at on; the first is that of now. Of windows those that fit:
 * beyond *ret_reach (INT64_MAX: everything fits) they are left out, so that the
 * mode is `otherwise` there. Later phases are never left out. @max is beyond
 * 2 * WEIR_MODE_MAX. Returns their number.
 */
uint32_t calendar_steps(const struct policy *p, const struct rule *rule, int64_t now,
			struct change *steps, uint32_t max, int64_t *ret_reach);

/*
 * It is known that the phase of @rule with this mode and date had begun before:
 * it and those before it have begun, though the clock is only at @now. False:
 * there is no such phase, or the clock says so itself.
 */
bool calendar_reached(const struct rule *rule, uint8_t mode, int64_t from, int64_t now);

#endif /* WEIR_POLICY_CALENDAR_H */
