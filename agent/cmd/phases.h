/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Phases of the policy in force: what each rule has reached, and who was told.
 *
 * The kernel takes the steps by itself, at moments on a clock that nobody can
 * set. Here is remembered, across agents and boots, how far each rule has come:
 * a clock that is behind when the next agent works out its table lowers
 * nothing. And each change of a mode is told once, with its time, also one
 * that came while no agent was there to tell it.
 */
#ifndef WEIR_CMD_PHASES_H
#define WEIR_CMD_PHASES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "policy/policy.h"

#define PHASES_FILE "/var/lib/weir/phases.json"

/* One rule that decides about some product here. */
struct phase_seen {
	char *name;		 /* "product examplewall/agent" */
	const struct rule *rule; /* of the policy in force; NULL: only remembered */
	uint32_t product, product_cnt; /* one that it decides about, and how many */
	uint8_t mode;		 /* as last told */
	bool is_behind;		 /* changes may have come that nobody told of */
	bool is_by_policy;	 /* the mode is another by the policy, not by the calendar */
	int64_t told_s;		 /* until when changes were told */
	bool has_reached;	 /* a phase that a clock set back could lower */
	uint8_t reached;	 /* mode of the highest such phase that has begun */
	int64_t reached_from;	 /* and its date, as in struct phase */
	int64_t warned_at;	 /* of which step, and how many days before it */
	uint8_t warned_days;
};

struct phases {
	char policy[65];
	int64_t serial;
	struct phase_seen *list;
	uint32_t cnt;
	char boot_id[37]; /* in which the table was made */
	int64_t offset_ns; /* of the clocks then, see host_boot_offset_ns() */
	int64_t now_s;	 /* as the table in force has it: no setting of clocks moves it */
	int64_t taken_s; /* when the table was made */
	int64_t retry_s; /* no attempt to fill it up before */
	bool is_read, is_dirty;
};

/*
 * What was remembered. 0, -ENOENT: nothing yet, -EINVAL: damaged; then phases
 * are where the clock says. To be given to phases_exit().
 */
int phases_read(const char *path, struct phases *ret);
int phases_write(const char *path, const struct phases *ph);
void phases_exit(struct phases *ph);

/*
 * Now, by the clock that the table of this boot was made with: seconds since the
 * epoch. 0, or -ESTALE: that was another boot.
 */
int phases_table_time(const struct phases *ph, int64_t *ret);

/*
 * What @p, of the same serial or an older one, had reached has begun, though
 * the clock is only at @now_s: what was remembered, and what had its turn by
 * @table_s, the time that a table of this boot would have; INT64_MIN: there is
 * none. Returns how many rules that is about.
 */
uint32_t phases_hold(const struct phases *ph, const struct policy *p, int64_t table_s,
		     int64_t now_s);

/* The rules of @p that decide about something; what is remembered of them stays. */
int phases_take(struct phases *ph, const struct policy *p, const struct catalog *c,
		int64_t now_s);

/* "2026-12-01 00:00 +08:00" in the policy's zone. */
void phases_time(const struct policy *p, int64_t at, char *out, size_t size);

struct agent;

/* phases_agent.c: before a table is made, and when it is in force. */
void agent_hold_phases(struct agent *a, const struct policy *p);
void agent_take_phases(struct agent *a);

/* On a timer: changes told, warnings before them, the table filled up. */
void agent_watch_phases(struct agent *a);
void phases_status(const struct agent *a, struct jout *j);

#endif /* WEIR_CMD_PHASES_H */
