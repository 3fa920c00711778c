/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decision: what became of an event, under which rule, and why in words.
 *
 * The kernel has decided already; nothing here can change that. This names
 * the product and the rule behind its numbers and says what happened in the
 * words that people and auditors read. Only a deny, or a kill that the policy
 * allowed, is ever called blocked. Pure: the clock is an argument.
 */
#ifndef WEIR_POLICY_DECIDE_H
#define WEIR_POLICY_DECIDE_H

#include "base/buf.h"
#include "event/event.h"
#include "match/match.h"
#include "policy/policy.h"

enum outcome {
	OUTCOME_NOTE,	     /* the agent about itself */
	OUTCOME_CANARY,	     /* the agent's proof of a gate */
	OUTCOME_UNLISTED,    /* nobody asked for it: `record: all` */
	OUTCOME_SEEN,	     /* listed; no rule stops it */
	OUTCOME_ALLOWED,     /* listed; the guard, an exemption, a freeze or a window lets it */
	OUTCOME_WOULD_BLOCK, /* a rule stops it; enforce is false or not armed */
	OUTCOME_WEAK,	     /* a rule stops it; the gate can only watch */
	OUTCOME_BLOCKED,     /* denied */
	OUTCOME_KILLED,
	OUTCOME_SLIPPED, /* got past a gate that should deny */
	OUTCOME_MAX,
};

/* What the kernel's numbers refer to. */
struct decide_context {
	const struct policy *policy;   /* NULL: none loaded yet */
	const struct catalog *catalog; /* NULL: none loaded yet */
	uint64_t generation; /* of the table made from both; 0: trust any record */
	int64_t now_s;	     /* wall clock */
};

struct decision {
	enum outcome outcome;
	enum weir_reason reason;
	/* Borrowed from the context and the match; NULL: none. */
	const struct policy *policy;
	const struct catalog *catalog;
	const struct match *found;
	const struct product *product;
	const struct rule *rule;
	const struct indicator *indicator; /* the evidence the kernel went by */
	const struct exemption *exemption;
	uint8_t mode;	  /* enum weir_mode */
	uint8_t hook;	  /* enum weir_hook */
	bool is_stale;	  /* of a table that was replaced since: names unknown */
	bool found_later; /* no key yet: user space recognised it */
	uint64_t generation;
};

/* @found: what user space recognised, or NULL when it did not look. */
struct decision decide(const struct decide_context *ctx, const struct event *ev,
		       const struct match *found);

/* One sentence: "blocked: rule at line 9 (product examplewall/agent, block)". */
void decision_text(const struct decision *d, struct buf *out);

/* "blocked", "would-block": a stable word for the journal. */
const char *outcome_name(enum outcome outcome);

/* The reason alone: "enforce is false". */
const char *reason_text(enum weir_reason reason);

/* A stable word for it: "flag". */
const char *reason_name(enum weir_reason reason);

const char *rule_level_name(enum rule_level level);

/* What a rule is remembered by: "product examplewall/agent". */
#define RULE_NAME_MAX 160
void rule_name(const struct rule *rule, char *out, size_t size);
const char *confidence_name(enum confidence confidence);

#endif /* WEIR_POLICY_DECIDE_H */
