/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Successor: does what takes a security product's place hold, and for how long
 * has the host been without either of them?
 *
 * A successor holds once its unit has been active for as long as the policy
 * says and is connected to where it says. From then on it may be missing for a
 * while (its own restart, its server's, a reboot) without being asked to wait
 * anew; when that while is over it has to earn its place from the start. What
 * cannot be known changes nothing. Pure: moments are seconds of a clock that
 * only goes forward and that nobody can set.
 */
#ifndef WEIR_POLICY_SUCCESSOR_H
#define WEIR_POLICY_SUCCESSOR_H

#include "policy/policy.h"

/* What was seen of the unit at one moment. */
struct successor_seen {
	bool is_known; /* somebody answered */
	bool is_active;
	bool is_connected; /* or the policy does not ask */
	int64_t active_s;  /* for how long */
};

enum successor_stage { SUCCESSOR_WAITED, SUCCESSOR_HOLDS, SUCCESSOR_MISSED, SUCCESSOR_MAX };

/* Zeroed, it is waited for. */
struct successor_state {
	uint8_t stage; /* enum successor_stage */
	int64_t missed_s; /* since when, of SUCCESSOR_MISSED */
};

/* "waited-for", "holds", "missing". */
const char *successor_stage_name(enum successor_stage stage);

/* Is it there at this moment, for whatever time? */
bool successor_is_there(const struct successor_seen *seen);

/* Takes in what was seen at @now_s. True: the stage is another. */
bool successor_look(struct successor_state *state, const struct successor *s,
		    const struct successor_seen *seen, int64_t now_s);

/* May a step that takes protection away be in force? */
static inline bool successor_holds(const struct successor_state *state)
{
	return state->stage != SUCCESSOR_WAITED;
}

/* Another boot, where no moment of the one before means anything. */
void successor_reboot(struct successor_state *state, int64_t now_s);

/* The time that a host was without protection. */
struct unprotected {
	int64_t total_s;
	int64_t looked_s; /* INT64_MIN: not looked yet on this boot */
	bool is_open;	  /* it was at the last look */
};

/*
 * Counts up to @now_s. @is_open: the product is stopped, and nothing is there
 * in its place. @sure_s: for how long before now it is known that this was not
 * so; what lies between the last look and then counts, since nobody was there
 * to tell. Returns what was added.
 */
int64_t unprotected_count(struct unprotected *u, bool is_open, int64_t sure_s, int64_t now_s);

#endif /* WEIR_POLICY_SUCCESSOR_H */
