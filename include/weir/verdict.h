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
	WEIR_BY_CANARY = 0,	  /* the agent's own proof */
	WEIR_BY_GUARD = 1,	  /* on the list that no rule may block */
	WEIR_BY_NO_KEY = 2,	  /* nothing in the catalogue names it */
	WEIR_BY_LAPSE = 3,	  /* table orphaned for too long */
	WEIR_BY_MODE = 4,	  /* the rule's mode does not stop this */
	WEIR_BY_EVIDENCE = 5,	  /* evidence too weak to enforce */
	WEIR_BY_CLASS = 6,	  /* class that this rule does not enforce */
	WEIR_BY_FLAG = 7,	  /* policy says enforce: false */
	WEIR_BY_DISARMED = 8,	  /* nobody armed it, or the arm ran out */
	WEIR_BY_STRENGTH = 9,	  /* this gate can only watch */
	WEIR_BY_RULE = 10,	  /* stopped */
	WEIR_REASON_MAX = 11,
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

/* In struct weir_key.flags. */
#define WEIR_KEY_ENFORCE 1u /* high confidence and sufficient alone */

/*
 * One product under one policy. @from_ns[m] is when mode m begins, WEIR_NEVER
 * for never; a plain mode has 0 up to itself. Four marks rather than one mode
 * because phases switch in the kernel at their date, agent or no agent.
 */
struct weir_rule {
	__u64 from_ns[WEIR_MODE_MAX];
	__u32 id; /* index in the agent's list of products, 0: no rule */
	__u32 flags;
};
_Static_assert(sizeof(struct weir_rule) == 40, "table layout is ABI");

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

struct weir_question {
	__u64 now_ns;
	struct weir_switches host;
	struct weir_rule rule; /* of @key; ignored when there is no key */
	struct weir_key key;
	__u32 strength; /* enum weir_strength of the gate that asks */
	__u32 flags;
	__u32 reserved;
};
_Static_assert(sizeof(struct weir_question) == 96, "vector file is ABI");

struct weir_answer {
	__u8 verdict; /* enum weir_verdict */
	__u8 reason;  /* enum weir_reason */
	__u8 mode;    /* enum weir_mode of the rule now */
	__u8 would;   /* 1: enforced and armed, a full gate would stop it */
};

static inline __attribute__((always_inline)) __u8
weir_mode_at(const struct weir_rule *rule, __u64 now_ns)
{
	if (rule->from_ns[WEIR_BLOCK] <= now_ns)
		return WEIR_BLOCK;
	if (rule->from_ns[WEIR_OFFLINE] <= now_ns)
		return WEIR_OFFLINE;
	if (rule->from_ns[WEIR_FREEZE] <= now_ns)
		return WEIR_FREEZE;
	return WEIR_OBSERVE;
}

/* Why nothing is stopped although the host would not mind; -1: would be. */
static inline __attribute__((always_inline)) int
weir_excuse(const struct weir_question *q, __u8 mode)
{
	if (q->host.lapse_ns <= q->now_ns)
		return WEIR_BY_LAPSE;
	if (mode != WEIR_BLOCK)
		return WEIR_BY_MODE;
	if (!(q->key.flags & WEIR_KEY_ENFORCE))
		return WEIR_BY_EVIDENCE;
	if (!(q->rule.flags & WEIR_RULE_ENFORCE))
		return WEIR_BY_CLASS;
	return -1;
}

/* Why it is not stopped after all; -1: it is. */
static inline __attribute__((always_inline)) int
weir_restraint(const struct weir_question *q)
{
	if (!q->host.enforce)
		return WEIR_BY_FLAG;
	if (q->host.armed_ns <= q->now_ns)
		return WEIR_BY_DISARMED;
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
	a.mode = weir_mode_at(&q->rule, q->now_ns);
	why = weir_excuse(q, a.mode);
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
