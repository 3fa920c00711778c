/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy while it is read: private to agent/policy.
 *
 * Dates wait for the zone and rules for each other, since keys may come in
 * any order; both are settled when the whole file has been read. Drafts live
 * in an arena that is dropped then.
 */
#ifndef WEIR_POLICY_DRAFT_H
#define WEIR_POLICY_DRAFT_H

#include "base/arena.h"
#include "base/hours.h"
#include "base/index.h"
#include "base/scalar.h"
#include "policy/policy.h"

struct policy_store {
	struct arena arena;
	struct index by_target; /* id and enum rule_level to a rule */
};

struct phase_draft {
	struct phase p;
	struct date from;
	struct hours hours;
	struct mark at, from_at;
	bool has_from;
};

struct rule_draft {
	struct rule r;
	struct mark at; /* of the target */
	struct phase_draft phase[WEIR_MODE_MAX]; /* modes grow: no more fit */
	struct arena_list allow;		 /* struct allowance */
};

struct exemption_draft {
	struct exemption e;
	struct date until;
	struct arena_list hosts; /* texts */
};

struct named { /* a directive that the policy lists */
	const char *id;
	struct mark at;
};

struct policy_draft {
	struct policy p;
	const struct policy_context *ctx;
	struct arena scratch;
	struct arena_list directives; /* struct named */
	struct arena_list rules;      /* struct rule_draft */
	struct arena_list exemptions; /* struct exemption_draft */
	struct date record_until;
};

static inline struct policy_draft *draft_of(const struct reader *r)
{
	return r->ctx;
}

extern const struct schema rule_schema;	     /* struct rule_draft */
extern const struct schema exemption_schema; /* struct exemption_draft */

/* A mode by its name into a uint8_t, for tables. */
int read_mode(struct reader *r, const struct scalar *s, void *into);

/* "unknown WHAT "id"; did you mean ...?" at @at. Returns -EINVAL. */
int complain_unknown(struct reader *r, struct mark at, const char *what,
		     const char *id);

/* The start of a date and, of a day as a whole, its end, in the policy's zone. */
int64_t zone_start(const struct policy_draft *d, const struct date *date);
int64_t zone_end(const struct policy_draft *d, const struct date *date);

/* The first moment of @hours that is not before @from (of @date). */
int64_t zone_next(const struct policy_draft *d, const struct date *date,
		  int64_t from, const struct hours *hours);

/* Once all is read: dates, final arrays, conflicts, shares of directives. */
int rules_settle(struct reader *r);
int exemptions_settle(struct reader *r);
int targets_settle(struct reader *r, struct arena_list *rules);

#endif /* WEIR_POLICY_DRAFT_H */
