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
#include "policy/calendar.h"
#include "policy/policy.h"

#define PHASES_FILE "/var/lib/weir/phases.json"

/* A change told later than this is told late: the timer's period, and some. */
#define PHASES_LATE_S 60

/* A phase of a rule, as it was under the policy that was in force. */
struct phase_mark {
	bool is_there, is_reached;
	int64_t from, begins; /* as in struct phase; what only was reached has no moment */
};

/* One rule that decides about some product here. */
struct phase_seen {
	char *name;		 /* "product examplewall/agent" */
	const struct rule *rule; /* of the policy in force; NULL: only remembered */
	uint32_t product, product_cnt; /* one that it decides about, and how many */
	uint8_t mode;		 /* as last told */
	bool is_behind;		 /* changes may have come that nobody told of */
	bool is_by_policy;	 /* the mode is another by the policy, not by the calendar */
	int64_t told_s;		 /* until when changes were told */
	int64_t until_s;	 /* the same, before any clock was set back */
	struct phase_mark marks[WEIR_MODE_MAX]; /* by mode: each phase has another */
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
	int64_t held_s;	 /* no step is taken from then on; 0: never held */
	/*
	 * A place in the journal: what lies behind it may have been told without
	 * being in here yet. Set before anything is told, void once both agree.
	 */
	bool is_telling;
	uint64_t file, bytes;
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

/* Now, by a clock that was this far ahead of CLOCK_BOOTTIME. */
int64_t phases_clock(int64_t offset_ns);

/*
 * What was reached before has begun, though the clock is only at @now_s: what
 * was remembered, and what had its turn by @table_s, the time that a table of
 * this boot would have; INT64_MIN: there is none. Under a higher serial than
 * that of then a phase has to be the same, and no later, to have been reached:
 * whoever wrote it may lower what they like, a clock may not. Returns how many
 * rules that is about.
 */
uint32_t phases_hold(const struct phases *ph, const struct policy *p, int64_t table_s,
		     int64_t now_s);

/* The rules of @p that decide about something; what is remembered of them stays. */
int phases_take(struct phases *ph, const struct policy *p, const struct catalog *c,
		int64_t now_s);

/* What is in force is at @at: its phases until then were reached. True: that is news. */
bool phases_reach(struct phase_seen *s, int64_t at);

/*
 * phases_changes.c: everything of @s that is to be told at @now_s, in its order;
 * s->mode is then as told. Hours of which there are very many, or that are long
 * over, are left out, all in one: @left_out is their number, or LEFT_OUT_MANY. A
 * phase never is. Hours that a clock set back brings again are told as they come,
 * and not once more when nobody was there. Returns whether there was any change.
 */
#define LEFT_OUT_MANY UINT32_MAX
typedef void (*phases_fn)(void *ctx, const struct phase_seen *s, const struct change *c,
			  const char *why, uint32_t left_out);
bool phases_changes(const struct policy *p, struct phase_seen *s, int64_t now_s, phases_fn fn,
		    void *ctx);

/* A line of the journal behind ph->bytes: what it tells of @p was told. */
void phases_recall(struct phases *ph, const struct policy *p, const char *line, size_t len);

/* How many days ahead a step is warned of that is @left_s ahead; 0: not yet. */
uint8_t phases_days_before(int64_t left_s);

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
