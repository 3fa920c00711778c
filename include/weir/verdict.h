/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The verdict: from what a hook found to what the kernel does about it.
 *
 * One pure inline function, compiled into the BPF programs, the agent and the
 * tests, which all replay the same vector file. It reads no clock, map or
 * path; the hook gathers the question, this answers it, and the answer
 * carries its reason. Times are CLOCK_BOOTTIME nanoseconds, so that a wall
 * clock set back never lowers a phase and a suspended host still ages.
 *
 * The order carries meaning. The canary is ahead of the guard because it
 * proves the gate on a file that nobody else runs. The guard is ahead of any
 * rule, because no rule may ever brick the host. The switches (enforce, arm)
 * are looked at last, so that a report-only run takes the very same path.
 */
#ifndef WEIR_VERDICT_H
#define WEIR_VERDICT_H

#include <linux/types.h>

enum weir_verdict {
	WEIR_ALLOW = 0,
	WEIR_DENY = 1, /* the caller gets EPERM */
	WEIR_KILL = 2, /* SIGKILL before the first instruction */
	WEIR_VERDICT_MAX = 3,
};

/* Modes grow in severity; a rule's mode at a time is the highest begun. */
enum weir_mode {
	WEIR_OBSERVE = 0,
	WEIR_FREEZE = 1,
	WEIR_OFFLINE = 2,
	WEIR_BLOCK = 3,
	WEIR_MODE_MAX = 4,
};

/* What a gate can really do on this host, as its canary proved. */
enum weir_strength {
	WEIR_BLIND = 0,
	WEIR_WATCH = 1,
	WEIR_CAN_KILL = 2,
	WEIR_CAN_DENY = 3,
	WEIR_STRENGTH_MAX = 4,
};

/* Why the verdict is what it is; in this order the questions are asked. */
enum weir_reason {
	WEIR_BY_CANARY = 0,	/* the agent's own proof */
	WEIR_BY_GUARD = 1,	/* on the list that no rule may block */
	WEIR_BY_NO_KEY = 2,	/* nothing in the catalogue names it */
	WEIR_BY_LAPSE = 3,	/* table orphaned for too long */
	WEIR_BY_MODE = 4,	/* the rule's mode does not stop this */
	WEIR_BY_INSTALLED = 5,	/* frozen, but it was there when the freeze began */
	WEIR_BY_EXEMPTION = 6,	/* the policy exempts it, for now */
	WEIR_BY_EVIDENCE = 7,	/* evidence too weak to enforce */
	WEIR_BY_CLASS = 8,	/* class that this rule does not enforce */
	WEIR_BY_FLAG = 9,	/* policy says enforce: false */
	WEIR_BY_DISARMED = 10,	/* nobody armed it, or the arm ran out */
	WEIR_BY_WINDOW = 11,	/* a removal window is open for the product */
	WEIR_BY_STRENGTH = 12,	/* this gate can only watch */
	WEIR_BY_RULE = 13,	/* stopped */
	WEIR_REASON_MAX = 14,
};

enum weir_key_kind {
	WEIR_KEY_NONE = 0,
	WEIR_KEY_FILE = 1,
	WEIR_KEY_DIR = 2,
	WEIR_KEY_SHA256 = 3,
	WEIR_KEY_BUILD_ID = 4,
	WEIR_KEY_PREFIX = 5,
	WEIR_KEY_MAX = 6,
};

#define WEIR_NEVER (~0ULL)

/* In struct weir_rule.flags. */
#define WEIR_RULE_ENFORCE 1u /* its class may be enforced by this rule */
#define WEIR_RULE_UNCOUNTED 2u /* nobody has looked yet what a freeze lets run */

/* In struct weir_key.flags. */
#define WEIR_KEY_ENFORCE 1u /* high confidence and sufficient alone */

/*
 * How often a product's mode may change in one table: a window every night for
 * a month is sixty steps, and by then an agent has made a new table, or the old
 * one has lapsed. A power of two, for the search.
 */
#define WEIR_STEPS_MAX 64

/*
 * One product under one policy: its mode as a function of time. Steps rather
 * than one mode, because phases switch in the kernel at their date, agent or no
 * agent. Before the first step nothing is stopped.
 */
struct weir_rule {
	__u64 at_ns[WEIR_STEPS_MAX]; /* rising; 0: long ago, WEIR_NEVER: no more */
	__u8 mode[WEIR_STEPS_MAX];   /* enum weir_mode from then on */
	__u64 product; /* the same number under every policy, see weir_hold */
	__u32 id; /* index in the agent's list of products, 0: no rule */
	__u32 flags;
};
_Static_assert(sizeof(struct weir_rule) == 592, "table layout is ABI");

/* What a table lookup yields: which rule, and on whose evidence. */
struct weir_key {
	__u32 rule;	/* id of a struct weir_rule, 0: no key */
	__u16 kind;	/* enum weir_key_kind */
	__u16 flags;
	__u32 evidence; /* index of the catalogue's indicator */
};
_Static_assert(sizeof(struct weir_key) == 12, "table layout is ABI");

/* The switches of the whole host. All zero means: allow everything. */
struct weir_switches {
	__u64 lapse_ns;	 /* from then on everything is allowed */
	__u64 armed_ns;	 /* armed until then; WEIR_NEVER: confirmed */
	__u32 enforce;	 /* the policy flag, 0 or 1 */
	__u32 reserved;	 /* 0 */
};
_Static_assert(sizeof(struct weir_switches) == 24, "table layout is ABI");

/* In struct weir_question.flags. */
#define WEIR_Q_CANARY 1u
#define WEIR_Q_GUARD 2u
#define WEIR_Q_INSTALLED 4u /* there, and the same, when the freeze began */
#define WEIR_Q_DISARMED 8u  /* this product alone was disarmed */
#define WEIR_Q_WINDOW 16u   /* its removal window is open */

struct weir_question {
	__u64 now_ns;
	struct weir_switches host;
	struct weir_key key;
	__u32 rule_flags; /* of the key's rule; ignored when there is no key */
	__u8 mode;	  /* of the rule at now_ns, see weir_mode_at() */
	__u8 cap;	  /* the highest mode that exemptions leave */
	__u8 reserved[2];
	__u32 strength; /* enum weir_strength of the gate that asks */
	__u32 flags;
	__u32 reserved2;
};
_Static_assert(sizeof(struct weir_question) == 64, "vector file is ABI");

struct weir_answer {
	__u8 verdict; /* enum weir_verdict */
	__u8 reason;  /* enum weir_reason */
	__u8 mode;    /* enum weir_mode of the rule now */
	__u8 would;   /* 1: enforced and armed, a full gate would stop it */
};

/* How many steps of @rule have begun, by halves. */
static inline __attribute__((always_inline)) __u32
weir_steps_begun(const struct weir_rule *rule, __u64 now_ns)
{
	__u32 n = 0, half;

	for (half = WEIR_STEPS_MAX / 2; half; half /= 2)
		if (rule->at_ns[(n + half - 1) & (WEIR_STEPS_MAX - 1)] <= now_ns)
			n += half;
	return n;
}

/* The last step is a sentinel: it is never begun, so an index stays in bounds. */
static inline __attribute__((always_inline)) __u8
weir_mode_at(const struct weir_rule *rule, __u64 now_ns)
{
	__u32 n = weir_steps_begun(rule, now_ns);

	return n ? rule->mode[(n - 1) & (WEIR_STEPS_MAX - 1)] : WEIR_OBSERVE;
}

/*
 * Does @mode stop what the key names? A destination from offline on. A file
 * when it is blocked, and before that when it is new to a frozen product.
 */
static inline __attribute__((always_inline)) int
weir_mode_stops(const struct weir_question *q, __u8 mode)
{
	if (q->key.kind == WEIR_KEY_PREFIX)
		return mode >= WEIR_OFFLINE;
	return mode == WEIR_BLOCK ||
	       (mode >= WEIR_FREEZE && !(q->flags & WEIR_Q_INSTALLED) &&
		!(q->rule_flags & WEIR_RULE_UNCOUNTED));
}

/*
 * Does anything hang on what was installed? It does in a freeze, and where an
 * exemption leaves one of a block. Looked up only then: most blocked files have
 * no exemption.
 */
static inline __attribute__((always_inline)) int weir_asks_installed(const struct weir_question *q)
{
	__u8 mode = q->mode == WEIR_BLOCK ? q->cap : q->mode;

	return q->key.kind != WEIR_KEY_PREFIX && mode >= WEIR_FREEZE && mode != WEIR_BLOCK;
}

/* Why nothing is stopped although the host would not mind; -1: would be. */
static inline __attribute__((always_inline)) int
weir_excuse(const struct weir_question *q)
{
	if (q->host.lapse_ns <= q->now_ns)
		return WEIR_BY_LAPSE;
	if (!weir_mode_stops(q, q->mode))
		return q->mode >= WEIR_FREEZE && q->flags & WEIR_Q_INSTALLED ?
			       WEIR_BY_INSTALLED : WEIR_BY_MODE;
	if (q->cap < q->mode && !weir_mode_stops(q, q->cap))
		return WEIR_BY_EXEMPTION;
	if (!(q->key.flags & WEIR_KEY_ENFORCE))
		return WEIR_BY_EVIDENCE;
	if (!(q->rule_flags & WEIR_RULE_ENFORCE))
		return WEIR_BY_CLASS;
	return -1;
}

/* Why it is not stopped after all; -1: it is. */
static inline __attribute__((always_inline)) int
weir_restraint(const struct weir_question *q)
{
	if (!q->host.enforce)
		return WEIR_BY_FLAG;
	if (q->host.armed_ns <= q->now_ns || q->flags & WEIR_Q_DISARMED)
		return WEIR_BY_DISARMED;
	if (q->flags & WEIR_Q_WINDOW)
		return WEIR_BY_WINDOW;
	if (q->strength < WEIR_CAN_KILL)
		return WEIR_BY_STRENGTH;
	return -1;
}

/* What a gate of @strength does when it stops something. */
static inline __attribute__((always_inline)) __u8
weir_stop(__u32 strength)
{
	if (strength == WEIR_CAN_DENY)
		return WEIR_DENY;
	return strength == WEIR_CAN_KILL ? WEIR_KILL : WEIR_ALLOW;
}

static inline __attribute__((always_inline)) struct weir_answer
weir_decide(const struct weir_question *q)
{
	struct weir_answer a = {};
	int why;

	if (q->flags & WEIR_Q_CANARY) {
		a.verdict = weir_stop(q->strength);
		a.reason = WEIR_BY_CANARY;
		return a;
	}
	if (q->flags & WEIR_Q_GUARD) {
		a.reason = WEIR_BY_GUARD;
		return a;
	}
	if (!q->key.rule) {
		a.reason = WEIR_BY_NO_KEY;
		return a;
	}
	a.mode = q->mode;
	why = weir_excuse(q);
	if (why >= 0) {
		a.reason = why;
		return a;
	}
	a.would = 1;
	why = weir_restraint(q);
	if (why >= 0) {
		a.reason = why;
		return a;
	}
	a.verdict = weir_stop(q->strength);
	a.reason = WEIR_BY_RULE;
	return a;
}

#endif /* WEIR_VERDICT_H */
