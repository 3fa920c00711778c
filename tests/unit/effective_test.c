// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state table: what the switches amount to. Every combination is asked and
 * compared with what weir_decide() does in it, so that the word which status
 * prints can never be stronger than the kernel's deed.
 */
#include "policy/effective.h"

#include "tap.h"

static struct weir_answer deed(const struct situation *s)
{
	struct weir_question q = {
		.now_ns = 100,
		.host = { .lapse_ns = WEIR_NEVER,
			  .armed_ns = s->armed ? WEIR_NEVER : 0,
			  .enforce = s->enforce },
		.mode = s->blocks ? WEIR_BLOCK : WEIR_OBSERVE,
		.cap = WEIR_BLOCK,
		.rule_flags = WEIR_RULE_ENFORCE,
		.key = { .rule = 1, .kind = WEIR_KEY_FILE, .flags = WEIR_KEY_ENFORCE },
		/* A gate that kills is only used when the policy allows it. */
		.strength = s->strength == WEIR_CAN_KILL && s->required > WEIR_CAN_KILL ?
				    WEIR_WATCH :
				    s->strength,
	};

	return weir_decide(&q);
}

static bool agrees(const struct situation *s)
{
	struct weir_answer a = deed(s);

	switch (effect_of(s)) {
	case EFFECT_BLOCKS:
		return a.verdict == WEIR_DENY;
	case EFFECT_KILLS:
		return a.verdict == WEIR_KILL;
	case EFFECT_WOULD_FLAG:
		return a.verdict == WEIR_ALLOW && a.would && a.reason == WEIR_BY_FLAG;
	case EFFECT_WOULD_DISARMED:
		return a.verdict == WEIR_ALLOW && a.would && a.reason == WEIR_BY_DISARMED;
	case EFFECT_WATCHES:
		return a.verdict == WEIR_ALLOW && a.would && a.reason == WEIR_BY_STRENGTH;
	case EFFECT_OBSERVES:
		return a.verdict == WEIR_ALLOW && !a.would;
	default:
		return a.verdict == WEIR_ALLOW && s->strength == WEIR_BLIND;
	}
}

int main(void)
{
	struct situation s;
	int bits, strength;
	bool all = true;

	for (strength = 0; strength < WEIR_STRENGTH_MAX; strength++)
		for (bits = 0; bits < 16; bits++) {
			s = (struct situation){ .enforce = bits & 1,
						.armed = bits & 2,
						.blocks = bits & 4,
						.strength = strength,
						.required = bits & 8 ? WEIR_CAN_KILL :
								       WEIR_CAN_DENY };
			all &= agrees(&s);
		}
	ok(all, "in all 64 situations the word says what the verdict does");
	s = (struct situation){ .enforce = true, .armed = true, .blocks = true,
				.strength = WEIR_CAN_DENY, .required = WEIR_CAN_DENY };
	ok(effect_of(&s) == EFFECT_BLOCKS, "enforced, armed, denying: blocks");
	s.strength = WEIR_WATCH;
	ok(effect_of(&s) == EFFECT_WATCHES, "a gate that only watches is never called blocking");
	s.enforce = false;
	ok(effect_of(&s) == EFFECT_WOULD_FLAG, "enforce: false is said before weakness is");
	return tap_done();
}
