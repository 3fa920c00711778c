// SPDX-License-Identifier: GPL-2.0-only
#include "policy/effective.h"

#include <stddef.h>

#include "base/cleanup.h"



#define ANY (-1)

/* First row that fits. The order is that of weir_decide(): switches come last. */
static const struct {
	int strength, blocks, enforce, armed, kill_allowed;
	enum effect effect;
} rows[] = {
	/* strength        blocks enforce armed kill */
	{ WEIR_BLIND,      ANY,   ANY,    ANY,  ANY,  EFFECT_BLIND },
	{ ANY,             0,     ANY,    ANY,  ANY,  EFFECT_OBSERVES },
	{ ANY,             1,     0,      ANY,  ANY,  EFFECT_WOULD_FLAG },
	{ ANY,             1,     1,      0,    ANY,  EFFECT_WOULD_DISARMED },
	{ WEIR_CAN_DENY,   1,     1,      1,    ANY,  EFFECT_BLOCKS },
	{ WEIR_CAN_KILL,   1,     1,      1,    1,    EFFECT_KILLS },
	{ ANY,             1,     1,      1,    ANY,  EFFECT_WATCHES },
};

static bool fits(int want, int have)
{
	return want == ANY || want == have;
}

enum effect effect_of(const struct situation *s)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (fits(rows[i].strength, s->strength) && fits(rows[i].blocks, s->blocks) &&
		    fits(rows[i].enforce, s->enforce) && fits(rows[i].armed, s->armed) &&
		    fits(rows[i].kill_allowed, s->required <= WEIR_CAN_KILL))
			return rows[i].effect;
	return EFFECT_OBSERVES; /* not reached: the last row takes what blocks */
}

static const struct {
	const char *name, *text;
} words[] = {
	[EFFECT_BLOCKS] = { "blocks", "blocks" },
	[EFFECT_KILLS] = { "kills", "kills before the first instruction" },
	[EFFECT_WOULD_FLAG] = { "would-block", "would block (enforce: false)" },
	[EFFECT_WOULD_DISARMED] = { "would-block-armed", "would block (not armed: weir arm)" },
	[EFFECT_WATCHES] = { "watches", "only watches: this gate cannot stop (weir doctor)" },
	[EFFECT_OBSERVES] = { "observes", "observes (no rule blocks)" },
	[EFFECT_BLIND] = { "blind", "blind: nothing is seen here (weir doctor)" },
};
_Static_assert(ARRAY_SIZE(words) == EFFECT_MAX, "every effect has words");

const char *effect_name(enum effect effect)
{
	return words[effect].name;
}

const char *effect_text(enum effect effect)
{
	return words[effect].text;
}
