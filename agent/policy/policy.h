/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy: what the host's owner wants done about the catalogue.
 *
 * Read whole by the strict reader or not at all. Pure: bytes in, structs out;
 * the catalogue it refers to must be sealed and outlive it. Modes, times and
 * verdict words are those of include/weir/verdict.h.
 */
#ifndef WEIR_POLICY_POLICY_H
#define WEIR_POLICY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/verdict.h>

#include "base/diag.h"
#include "base/hours.h"
#include "catalog/catalog.h"

enum rule_level { RULE_DIRECTIVE, RULE_VENDOR, RULE_CLASS, RULE_PRODUCT, RULE_LEVEL_MAX };
enum argv_mode { ARGV_REDACTED, ARGV_NONE, ARGV_FULL };

/* Why a phase begins here when it does, beyond its date. */
#define PHASE_HOURS 1u	  /* waited for switch-in */
#define PHASE_BLACKOUT 2u /* a blackout put it off */
#define PHASE_ROLLOUT 4u  /* a later part of the rollout, or no part at all */
#define PHASE_SPREAD 8u	  /* others with the same label go first */
#define PHASE_JITTER 16u
#define PHASE_REACHED 32u /* it had begun before, whatever the clock says now */
#define PHASE_NOBODY 64u  /* shared out by machine-id, and there is none */

struct phase {
	uint8_t mode;	   /* enum weir_mode */
	uint8_t otherwise; /* the mode outside of only_during */
	uint8_t percent;   /* of the part of the rollout that has this host; 0: no rollout */
	uint8_t why;	   /* PHASE_* */
	uint32_t slot;	   /* how many with the same label go first */
	uint32_t delay_s;  /* of jitter */
	int64_t from;	   /* seconds since the epoch; INT64_MIN: from the start */
	/* The moment on this host; INT64_MAX: never. No date: INT64_MIN. */
	int64_t begins;
	const char *switch_in;	 /* as written, NULL: at any hour */
	const char *only_during; /* as written, NULL: at all hours */
	struct hours during;	 /* the same */
};

/* [start, end), seconds since the epoch. */
struct interval {
	int64_t start, end;
};

struct allowance { /* rule.allow: an address that stays reachable */
	const char *to;
	const struct port_range *ports;
	uint32_t port_cnt;
	const char *why;
};

/* What becomes of what runs of a product when its mode becomes block. */
enum on_switch { ON_SWITCH_LEAVE, ON_SWITCH_STOP_UNIT, ON_SWITCH_REFUSE_RESTART, ON_SWITCH_MAX };

/* What protects the host in the place of a security product. */
struct successor {
	const char *unit; /* NULL: none is named */
	int64_t active_s; /* for so long before a step is taken */
	int64_t absent_s; /* for longer than this, and the step is taken back */
	/* It is connected to one of these; none: nobody asks. */
	const struct allowance *to;
	uint32_t to_cnt;
};

struct rule {
	uint8_t level;	    /* enum rule_level */
	const char *target; /* id of a vendor, product, class or directive */
	const char *vendor; /* of a directive's share: the one it is about */
	uint32_t line;	    /* in the policy file */
	const struct phase *phases; /* one with INT64_MIN for a plain mode */
	uint32_t phase_cnt;
	const struct allowance *allow;
	uint32_t allow_cnt;
	/* No step upwards is taken in these; sorted, apart from each other. */
	const struct interval *blackout;
	uint32_t blackout_cnt;
	const char *const *hosts; /* as written, NULL-terminated; NULL: all */
	bool here;		  /* is policy_context.host one of hosts? */
	uint16_t share;		  /* of this host in a rollout, of 10,000 */
	const char *spread_by;	  /* a label; NULL: all hosts go together */
	const char *cluster;	  /* this host's value of it; NULL: it has none */
	uint32_t cluster_cnt;	  /* hosts with that value */
	uint8_t on_switch;	  /* enum on_switch */
	struct successor successor;
	const char *without_protection; /* why none is needed; NULL: it is */
	const char *without_network; /* why a product that cuts it may go; NULL: it may not */
	/* Security products that it takes to offline or beyond, and one of them. */
	uint32_t security_cnt;
	const char *security_product;
};

struct exemption {
	const char *id, *product, *reason, *owner, *approver, *ticket;
	const char *const *hosts; /* NULL-terminated patterns; NULL: all */
	const char *path; /* this file, or all below with a "/"; NULL: all of the product */
	const char *user; /* by name or number; NULL: everybody */
	int64_t until;	    /* seconds since the epoch, the first moment after */
	uint32_t product_at; /* index in the catalogue */
	uint32_t line;
	uint8_t cap; /* enum weir_mode: no rule goes beyond; default observe */
	bool here;   /* is policy_context.host one of hosts? */
};

struct policy {
	const char *name, *file, *zone;
	int64_t serial;
	bool enforce;
	bool record_all;
	int64_t record_until;	 /* seconds since the epoch */
	uint8_t require_exec;	 /* enum weir_strength: CAN_DENY or CAN_KILL */
	uint8_t require_connect; /* CAN_DENY */
	uint8_t require_load;	 /* CAN_DENY */
	bool deny_unhashable;
	bool repeats_each; /* identical refusals are not folded into one event */
	uint8_t arguments; /* enum argv_mode */
	int64_t lapse_s;   /* default 30 days */
	int64_t catalog_serial; /* the catalogue's that the owner has looked at; 0: any */
	int64_t observe_s; /* what a later one adds is watched for so long; 0: until it is pinned */
	int64_t younger_s; /* a bundle has to be younger for a step up; 0: any age will do */
	bool unsigned_accepted; /* also for what blocks security products */
	int64_t held_s; /* no step up from then on, by the caller's account; 0: never held */
	/*
	 * By product, enum withheld: which stay below offline, by the caller's
	 * account, who owns it. NULL: nobody has looked, and none does.
	 */
	const uint8_t *withheld;
	/* policy_context.zone_time, for windows that come again; NULL: UTC. */
	int64_t (*zone_time)(const char *zone, int year, int mon, int day, int hour,
			     int min, int sec);
	/*
	 * Those written, then one per vendor of each directive. A written rule
	 * about a directive decides through its shares only, which have vendor
	 * set; its own entry is there for display.
	 */
	const struct rule *rules;
	uint32_t rule_cnt;
	const struct exemption *exemptions;
	uint32_t exemption_cnt;
	struct policy_store *store; /* private */
};

struct policy_context {
	const struct catalog *catalog;
	/* The host's name; NULL: only what is for all hosts applies. */
	const char *host;
	/* What tells it from all others, for rollouts; NULL: no part of one but 100 %. */
	const char *machine_id;
	/* Does the zone database know @zone? NULL: every name is taken. */
	bool (*zone_exists)(const char *zone);
	/* Local time in @zone to seconds since the epoch; NULL: taken as UTC. */
	int64_t (*zone_time)(const char *zone, int year, int mon, int day, int hour,
			     int min, int sec);
};

/* 0 and *ret the caller's for policy_free(), or -EINVAL with @d filled. */
int policy_parse(const struct policy_context *ctx, const char *file,
		 const char *text, size_t len, struct policy **ret,
		 struct diag *d);

/*
 * Exemptions of @p from a file of their own, for the policy of that name. 0, or
 * -EINVAL with @d filled and @p as it was.
 */
int policy_add_grants(const struct policy_context *ctx, const char *file, const char *text,
		      size_t len, struct policy *p, struct diag *d);
struct policy *policy_free(struct policy *p); /* returns NULL; takes NULL */
void policy_freep(struct policy **p);

/*
 * The rule that decides about @product (index in the catalogue) on this host:
 * product beats class beats vendor beats directive. NULL: none, the product is
 * not watched.
 */
const struct rule *policy_rule_for(const struct policy *p, const struct catalog *c,
				   uint32_t product);

/* May @rule enforce on products of @class? (design: classes come with the data) */
bool policy_class_enforced(const struct rule *rule, enum product_class class);

#endif /* WEIR_POLICY_POLICY_H */
