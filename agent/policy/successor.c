// SPDX-License-Identifier: GPL-2.0-only
#include "policy/successor.h"

#include "base/cleanup.h"

const char *successor_stage_name(enum successor_stage stage)
{
	static const char *const names[] = {
		[SUCCESSOR_WAITED] = "waited-for",
		[SUCCESSOR_HOLDS] = "holds",
		[SUCCESSOR_MISSED] = "missing",
	};

	_Static_assert(ARRAY_SIZE(names) == SUCCESSOR_MAX, "every stage has a name");
	return names[stage];
}

bool successor_is_there(const struct successor_seen *seen)
{
	return seen->is_known && seen->is_active && seen->is_connected;
}

static uint8_t next_stage(const struct successor_state *state, const struct successor *s,
			  const struct successor_seen *seen, int64_t now_s)
{
	bool is_there = successor_is_there(seen);

	switch (state->stage) {
	case SUCCESSOR_WAITED:
		return is_there && seen->active_s >= s->active_s ? SUCCESSOR_HOLDS :
								   SUCCESSOR_WAITED;
	case SUCCESSOR_HOLDS:
		if (is_there)
			return SUCCESSOR_HOLDS;
		return s->absent_s ? SUCCESSOR_MISSED : SUCCESSOR_WAITED;
	default:
		if (is_there)
			return SUCCESSOR_HOLDS;
		return now_s - state->missed_s >= s->absent_s ? SUCCESSOR_WAITED :
								SUCCESSOR_MISSED;
	}
}

bool successor_look(struct successor_state *state, const struct successor *s,
		    const struct successor_seen *seen, int64_t now_s)
{
	uint8_t next;

	if (!seen->is_known)
		return false;
	next = next_stage(state, s, seen, now_s);
	if (next == state->stage)
		return false;
	state->stage = next;
	state->missed_s = now_s;
	return true;
}

void successor_reboot(struct successor_state *state, int64_t now_s)
{
	if (state->stage != SUCCESSOR_WAITED)
		*state = (struct successor_state){ SUCCESSOR_MISSED, now_s };
}

int64_t unprotected_count(struct unprotected *u, bool is_open, int64_t sure_s, int64_t now_s)
{
	int64_t passed = u->looked_s == INT64_MIN ? 0 : now_s - u->looked_s, added = 0;

	if (u->is_open)
		added = passed;
	else if (passed > sure_s)
		added = passed - sure_s;
	if (added < 0)
		added = 0;
	u->total_s += added;
	u->looked_s = now_s;
	u->is_open = is_open;
	return added;
}
