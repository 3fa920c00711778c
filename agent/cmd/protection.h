/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protection while the agent runs: may a security product, or one that cuts the
 * network as it ends, take a step to offline or beyond?
 *
 * Which may not is worked out before each table is made; when that changes the
 * table is made anew. A step that depends on something is left out of the table
 * until its moment, so that the kernel never takes it by itself: with no agent
 * there it is not taken. One that was taken stays, whatever becomes of the agent.
 * What is remembered outlives agent and boot: that a successor has held, and the
 * time without protection.
 */
#ifndef WEIR_CMD_PROTECTION_H
#define WEIR_CMD_PROTECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "cmd/cuts.h"
#include "cmd/errand.h"
#include "cmd/sources.h"
#include "policy/protection.h"
#include "policy/successor.h"

#define PROTECTION_FILE "/var/lib/weir/protection.json"

/* Products that may cut the network, for `weir arm`, which needs no agent. */
#define PROTECTION_CUTS "/run/weir/fails-closed"

/* A rule with security products, by its name: "product examplewall/agent". */
struct succession {
	char *name;
	char *unit;		 /* that the state is about; NULL: none is named */
	const struct rule *rule; /* of the policy in force; NULL: only remembered */
	struct successor_state state;
	struct successor_seen seen;
	struct unprotected count;
	int64_t opened_s, reminded_s; /* of the time without protection at hand */
	uint8_t told; /* enum withheld, that its step is held or not */
};

/* A product that may cut the network. */
struct cutting {
	char *product;
	bool is_taken; /* the step is in force, and stays so whatever the routes are */
	uint8_t told;  /* enum withheld */
	bool is_warned;
};

struct protection {
	struct succession *list;
	uint32_t cnt;
	struct cutting *cutting;
	uint32_t cutting_cnt;
	char boot_id[37]; /* that the moments are of */
	struct errand ask; /* about the units of successors */
	uint32_t asked_cnt;
	uint64_t ask_ns, look_ns, retry_ns, write_ns;
	bool is_read, is_dirty;
	bool is_answered; /* systemd has been asked once, whatever it said */
};

/* A product that a rule takes to offline or beyond, and that depends on something. */
struct stake {
	uint32_t product;
	const struct rule *rule;
	uint32_t succession; /* in struct protection; UINT32_MAX: none */
	bool may_cut, cuts;  /* for all that is known; for certain */
	bool is_here;	     /* something of it is on this host */
};

/* Those of one policy, and what became of them in its table. */
struct stakes {
	struct stake *list;
	uint32_t cnt;
	uint8_t *withheld; /* by product */
	struct cuts cuts;  /* as last found */
};

void stakes_exit(struct stakes *s);

struct agent;
struct regime;

/* Before a table is made: which products of @r are withheld. 0 or -ENOMEM. */
int agent_withhold(struct agent *a, struct regime *r);

/* Its table is in force. */
void agent_take_protection(struct agent *a);

/* Every second. */
void agent_watch_protection(struct agent *a);
void protection_status(const struct agent *a, struct jout *j);
void protection_end(struct protection *p);

/* What is remembered. 0, -ENOENT, -EINVAL: damaged, then nothing is. */
int protection_read(const char *path, struct protection *ret);
int protection_write(const char *path, const struct protection *p);

/* That of @name, made when there is none; NULL: no memory. */
struct succession *protection_of(struct protection *p, const char *name);
struct cutting *protection_cutting(struct protection *p, const char *product);

/* Seconds of the boot's clock for @boot_id: what was of another boot is set right. */
void protection_boot(struct protection *p, const char *boot_id, int64_t now_s);

/*
 * The rules of @s are those in force. What is asked about units is asked anew: the
 * answer to the old question names none.
 */
void protection_take(struct protection *p, const struct stakes *s);

/* Nobody counts any more, at @now_s. True: it was a time without protection. */
bool protection_close(struct succession *s, int64_t now_s);

/* Why @k is withheld at @now_s; @p as it stands, @cuts as last found. */
enum withheld protection_judge(const struct protection *p, const struct stake *k,
			       const struct catalog *c, const struct cuts *cuts, int64_t now_s);

#endif /* WEIR_CMD_PROTECTION_H */
