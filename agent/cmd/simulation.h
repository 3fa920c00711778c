/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One rehearsal on this host; private to the simulate*.c files.
 */
#ifndef WEIR_CMD_SIMULATION_H
#define WEIR_CMD_SIMULATION_H

#include "base/buf.h"
#include "cmd/protection.h"
#include "cmd/sources.h"
#include "inventory/installed.h"
#include "policy/rehearse.h"

#define DAMAGED_TOLD 5

/* Days of the years that a date may have, a bit each. */
#define DAY_FIRST 10957 /* 2000-01-01 */
#define DAY_CNT 73049

struct gate_seen {
	bool is_known;
	uint8_t strength; /* as last proven, else as last recorded */
	bool is_proven;
};

/* What the journal holds and what it lacks. */
struct coverage {
	int64_t first_ms, last_ms; /* 0: nothing */
	uint64_t lines, records, unlisted, without_unit;
	uint64_t damaged;
	char *damaged_at[DAMAGED_TOLD]; /* "file:line: why" */
	uint32_t told;
	int err; /* the journal as a whole */
	uint64_t lost, lost_times;     /* records that the kernel had no room for */
	uint64_t missing, gaps;	       /* lines that could not be written */
	uint64_t absences;
	int64_t absent_ms; /* without an agent */
	struct gate_seen gates[WEIR_HOOK_MAX];
	uint64_t days[DAY_CNT / 64 + 1];
};

struct scanned_unit {
	char *product, *name, *path; /* path: of what it starts, or NULL */
};

/* What the last inventory says. */
struct inventory {
	int err; /* -ENOENT: there is none */
	char why[512];
	int64_t time_s;
	bool is_complete;
	struct rehearsal running;
	struct scanned_unit *units;
	uint32_t unit_cnt;
};

struct weak_gate {
	enum weir_hook hook;
	enum weir_strength required;
	bool is_known, is_weak;
	uint8_t strength;
};

struct simulation {
	const char *journal, *scan, *state;
	int64_t since_ms, at_s; /* at_s INT64_MIN: the end of what is recorded */
	struct sources sources;
	struct coverage coverage;
	struct rehearsal past;
	struct inventory inventory;
	struct compiled *compiled;
	struct protection protection; /* as the agent last wrote it */
	struct known known;
	struct installed before, installed; /* as the agent has them; as they would be */
	bool is_counted;
	uint32_t *uids; /* by exemption */
	bool *is_void;
	uint8_t *withheld; /* enum withheld by product: applied; lent to the policy */
	uint32_t held_cnt; /* of them */
	bool guard_unknown;
	struct weak_gate gates[WEIR_HOOK_MAX];
	uint32_t gate_cnt;
	const struct scanned_unit **never_seen;
	uint32_t never_cnt;
	char **doubts;
	uint32_t doubt_cnt;
};

/* simulate_journal.c: reads all of it. 0 or -ENOMEM; what fails is in coverage. */
int simulate_journal(struct simulation *s);
uint32_t coverage_days(const struct coverage *c);	    /* from first to last */
uint32_t coverage_days_with_events(const struct coverage *c);
void coverage_exit(struct coverage *c);

/* simulate_scan.c: 0 or -ENOMEM; what fails is in inventory. */
int simulate_scan(struct simulation *s);
void inventory_exit(struct inventory *i);

/*
 * simulate_host.c: the policy on this host, judged. 0, -EINVAL with @d filled
 * (the policy is refused), or -errno.
 */
int simulate_host(struct simulation *s, struct diag *d);

/* simulate_doubts.c: all that cannot be told, as sentences. 0 or -ENOMEM. */
int simulate_doubts(struct simulation *s);

/*
 * simulate_held.c: which products stay below offline, whatever is recorded, since
 * the policy names nothing that would protect in their place. 0 or -ENOMEM.
 */
int simulate_held(struct simulation *s);

/* "12: examplewall/agent and 1 other security product: held below offline, since ..." */
void held_text(const struct rule *rule, struct buf *out);

/* Is it of a security product, as written, with nothing in its place? */
bool held_is(const struct rule *rule);

/* What the agent last knew of the successor: "holds"; NULL: nothing. */
const char *held_stage(const struct simulation *s, const struct rule *rule);

/* "412 execs, 3 connections"; "nothing". */
void simulate_stopped(const uint64_t *stopped, struct buf *out);

void simulate_text(const struct simulation *s, struct buf *out);
void simulate_json(const struct simulation *s, struct buf *out);

#endif /* WEIR_CMD_SIMULATION_H */
