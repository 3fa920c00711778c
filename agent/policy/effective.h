/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all the switches amount to on one hook, in one word and one line: the
 * state table of weir(8), enforce x arm x strength x what the policy requires.
 */
#ifndef WEIR_POLICY_EFFECTIVE_H
#define WEIR_POLICY_EFFECTIVE_H

#include <stdbool.h>

#include <weir/verdict.h>

enum effect {
	EFFECT_BLOCKS,
	EFFECT_KILLS,
	EFFECT_WOULD_FLAG,     /* would block; enforce: false */
	EFFECT_WOULD_DISARMED, /* would block; not armed */
	EFFECT_WATCHES,	       /* a rule stops it, this gate cannot */
	EFFECT_OBSERVES,       /* no rule stops anything here */
	EFFECT_BLIND,	       /* nothing is seen */
	EFFECT_MAX,
};

struct situation {
	bool enforce;
	bool armed;
	bool blocks;	 /* some rule's mode is block now */
	enum weir_strength strength; /* proven */
	enum weir_strength required; /* by the policy: CAN_DENY or CAN_KILL */
};

enum effect effect_of(const struct situation *s);

/* "blocks", "would-block", ...: a stable word. */
const char *effect_name(enum effect effect);

/* The same for people: "would block (enforce: false)". */
const char *effect_text(enum effect effect);

#endif /* WEIR_POLICY_EFFECTIVE_H */
