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

#define UNSAID -1 /* of what a phase takes from its rule, a rule from the policy */

struct stage { /* a part of a rollout */
	uint8_t percent; /* of all hosts, with those before */
	bool has_from;
	struct date from;
	struct mark at, from_at;
};

struct rollout_draft {
	struct arena_list stages; /* struct stage, growing */
};

struct phase_draft {
	struct phase p;
	struct date from;
	struct hours hours;
	struct mark at, from_at, only_at;
	struct rollout_draft rollout;
	int64_t jitter_s;
	bool has_from;
};

struct blackout { /* whole days, both in it */
	struct date first, last;
};

struct successor_draft {
	struct successor s;
	struct arena_list to; /* struct allowance */
};

struct rule_draft {
	struct rule r;
	struct mark at; /* of the target */
	struct mark hosts_at, spread_at;
	struct phase_draft phase[WEIR_MODE_MAX]; /* modes grow: no more fit */
	struct arena_list allow;		 /* struct allowance */
	struct arena_list hosts;		 /* struct named */
	struct arena_list blackouts;		 /* struct blackout */
	struct arena_list patterns; /* texts: hosts with the groups' in their place */
	struct rollout_draft rollout;
	struct successor_draft successor;
	int64_t jitter_s;
	uint32_t slot;
};

struct exemption_draft {
	struct exemption e;
	struct date until;
	struct arena_list hosts; /* texts */
};

struct named { /* a directive that the policy lists, a host or group of a rule */
	const char *id;
	struct mark at;
};

struct group {
	const char *name;
	struct mark at;
	struct arena_list patterns; /* texts */
};

struct label { /* of a host */
	const char *host, *name, *value;
};

struct policy_draft {
	struct policy p;
	const struct policy_context *ctx;
	struct arena scratch;
	struct arena_list directives; /* struct named */
	struct arena_list rules;      /* struct rule_draft */
	struct arena_list exemptions; /* struct exemption_draft */
	struct arena_list blackouts;  /* struct blackout */
	struct arena_list groups;     /* struct group */
	struct arena_list labels;     /* struct label */
	const char *labelled;	      /* the host whose labels are being read */
	struct index hosts;	      /* names in labels, to find one that comes twice */
	int64_t jitter_s;
	struct date record_until;
};

static inline struct policy_draft *draft_of(const struct reader *r)
{
	return r->ctx;
}

extern const struct schema rule_schema;	     /* struct rule_draft */
extern const struct schema exemption_schema; /* struct exemption_draft */
extern const struct schema allowance_schema; /* into an arena_list */
extern const struct schema successor_schema; /* struct successor_draft */
extern const struct schema phase_schema;     /* struct phase_draft, into an arena_list */
extern const struct schema stage_schema;     /* struct stage, into a struct rollout_draft */
extern const struct schema group_schema;     /* groups of struct policy_draft */
extern const struct schema label_schema;     /* labels of struct policy_draft */

const char *mode_word(uint8_t mode);

/* A mode by its name into a uint8_t, for tables. */
int read_mode(struct reader *r, const struct scalar *s, void *into);

/* Hours, "5%", a time like 30m, days of a blackout; @into is named by each. */
int read_percent(struct reader *r, const struct scalar *s, void *into); /* struct rollout_draft */
int read_jitter(struct reader *r, const struct scalar *s, void *into); /* int64_t */
int read_blackout(struct reader *r, const struct scalar *s, void *into); /* list of blackouts */
int read_on_switch(struct reader *r, const struct scalar *s, void *into); /* uint8_t */
int read_rule_host(struct reader *r, const struct scalar *s, void *into); /* list of named */

/* "unknown WHAT "id"; did you mean ...?" at @at. Returns -EINVAL. */
int complain_unknown(struct reader *r, struct mark at, const char *what,
		     const char *id);

/* The start of a date and, of a day as a whole, its end, in the policy's zone. */
int64_t zone_start(const struct policy_draft *d, const struct date *date);
int64_t zone_end(const struct policy_draft *d, const struct date *date);

/* The moment when the clock shows @minute of local @day (since 1970-01-01), or more. */
int64_t zone_minute(const struct policy *p, int64_t day, int minute);

/*
 * The window of @hours that opens on local @day. False: none does, or the hour
 * that a change of clocks leaves out has swallowed it.
 */
bool zone_window(const struct policy *p, const struct hours *hours, int64_t day,
		 struct interval *ret);

/* The first moment from @at on that no blackout of @rule has. */
int64_t blackout_after(const struct rule *rule, int64_t at);

/* The beginning of the first blackout after @at; INT64_MAX: none comes. */
int64_t blackout_next(const struct rule *rule, int64_t at);

/* Once all is read: dates, final arrays, conflicts, shares of directives. */
int rules_settle(struct reader *r);
int hosts_settle(struct reader *r);  /* groups in their places, who is here */
int phases_settle(struct reader *r, struct rule_draft *rule); /* when each begins */
int blackouts_settle(struct reader *r, struct rule_draft *rule);

/* May both lists name one host? @ret: the two patterns that do. */
bool hosts_overlap(const struct rule_draft *a, const struct rule_draft *b,
		   const char *ret[2]);

/* This host's part of a rollout of @rule, of 10,000; UINT16_MAX: no telling. */
uint16_t share_of(const struct policy_context *ctx, const struct rule *rule);

/* A number of @range for this host and @rule, the same at any time. */
uint32_t jitter_of(const struct policy_context *ctx, const struct rule *rule, uint32_t range);
int exemptions_settle(struct reader *r);

/* Once it is known which rule decides about what: who takes protection away. */
void protection_settle(struct policy_draft *d, struct rule *rules);
int targets_settle(struct reader *r, struct arena_list *rules);

#endif /* WEIR_POLICY_DRAFT_H */
