/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The agent at run time: what `weir run` holds, and the parts that work on it.
 *
 * Nothing here is on the path of an exec or a connect: the kernel has decided
 * by the time a record arrives. What the agent does is bring tables in, bring
 * records out, and say what is the case.
 */
#ifndef WEIR_CMD_AGENT_H
#define WEIR_CMD_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "cmd/arming.h"
#include "cmd/at_switch.h"
#include "cmd/backoff.h"
#include "cmd/boots.h"
#include "cmd/feeder.h"
#include "cmd/fold.h"
#include "cmd/holds.h"
#include "cmd/phases.h"
#include "cmd/plan.h"
#include "cmd/protection.h"
#include "cmd/requests.h"
#include "cmd/sources.h"
#include "cmd/units.h"
#include "cmd/written.h"
#include "cmd/trusted.h"
#include "event/event.h"
#include "inventory/host.h"
#include "inventory/identify.h"
#include "journal/journal.h"
#include "match/match.h"
#include "out/ocsf.h"
#include "policy/decide.h"
#include "sense/gates.h"
#include "sense/resume.h"
#include "sense/table.h"

#define AGENT_SOCKET "/run/weir/control.sock"
#define AGENT_LOCK "/run/weir/lock"

struct run_options {
	const char *policy, *catalog, *journal, *canary;
	const char *trust; /* directory of keys for bundles; NULL: the default */
	int64_t duration_s; /* 0: until told to stop */
	bool confirmed;	    /* arm without asking: tests, provisioning */
	bool json;
	bool color;
	bool replace; /* an agent that runs is ended first */
	bool by_module;	/* the kernel module is the gate */
	bool trusted_files; /* refuse what others than root can write */
};

/* One policy with all that follows from it; replaced whole. */
struct regime {
	struct sources sources;
	bool is_lent; /* sources, index and expectation are another regime's */
	struct trusted trusted;
	struct match_index *index;
	struct expectation *expectation;
	struct plan *plan;
	struct table *table;
	struct stakes stakes;
	uint64_t since_ns; /* CLOCK_BOOTTIME of the switch */
	uint64_t *exempt_seen; /* by exemption: its uses as last read */
};

struct counters {
	uint64_t records, denials, bad_records, missing, identified, keys_added;
	uint64_t keys_refused; /* listed, but no room in the table */
	struct weir_losses lost; /* as last reported */
};

struct agent {
	const struct run_options *opts;
	struct gates *gates;
	struct regime *now, *before; /* before: still named by late records */
	struct journal *journal;
	struct ocsf *ocsf;
	struct host host;
	struct identify *identify;
	struct resume resume;
	uint64_t *read[WEIR_RING_MAX]; /* as resume.last, but not yet written down */
	struct written written; /* by the agent before, and not noted */
	/*
	 * Inodes of our own and of the first process's. A unit's walls give us one of
	 * our own, in which every path to a file is what it is on the host.
	 */
	uint32_t mnt_ns, host_mnt_ns;
	struct counters count;
	struct buf line, text;
	struct match match; /* scratch */
	uint64_t note_seq;
	uint64_t started_ns;
	int64_t wanted_serial; /* of a policy that was refused; 0: none */
	char refusal[600];
	bool is_box_read; /* what an agent before left unread is */
	bool is_stale; /* what is in force could not be worked out anew */
	uint64_t skips;	   /* of gates, as last told */
	int64_t offset_ns; /* of the clocks when the policy's dates were worked out */
	uint64_t clock_retry_ns; /* no new attempt at that before */
	struct known known; /* what only the inventory can tell */
	struct installed installed; /* what freezes let run */
	struct fold_slot folds[FOLD_SLOTS];
	struct exempt_uses uses;
	int64_t exempt_looked_s; /* up to when ends were told */
	struct feeder feeder;
	struct {
		uint64_t told_ns, untold;
	} faults; /* of the parser */
	struct phases phases;
	struct protection protection;
	struct at_switch at_switch;
	struct boots boots;
	struct backoff backoff;
	struct units units;
	struct hold_seen *holds;
	uint32_t hold_cnt;
	uint64_t holds_ino; /* of the file they were last read from */
	struct timespec holds_mtime;
	int root_fd;
	enum armed armed; /* as last seen */
	struct {
		uint64_t looked_ns;
		enum pins_state state; /* as last seen */
		bool gave_up;
	} pins;
};

/* load.c: 0, or -errno with @d; what was in force stays so. */
int agent_load(struct agent *a, struct diag *d);

/*
 * The same from what is in force: its dates by the clock as it is now, its
 * files as they are now. No file of a policy or catalogue is read, so nobody's
 * half-made edit comes into force by the way.
 */
int agent_load_again(struct agent *a, struct diag *d);
struct regime *regime_free(const struct gates *g, struct regime *r);

/* The table outlives an absent agent by the policy's lapse, from now on. */
void agent_touch_lapse(struct agent *a);

/*
 * drain.c: where the agent before left off. 0, or -errno of the journal: then a
 * batch may be told twice.
 */
int agent_resume(struct agent *a);

/* drain.c: one record, as the kernel made it, to the journal; @ctx: the agent. */
void agent_take_record(void *ctx, const void *bytes, size_t len);

/* box.c: the same with what the kernel module has kept; true if there was any. */
bool agent_drain_box(struct agent *a);

/* drain.c: everything in the rings to the journal; true if there was any. */
bool agent_drain(struct agent *a);

/* What was published reaches the disk. */
void agent_write_down(struct agent *a);

/* Writes a record's event to the journal, and to whoever reads along. */
void agent_publish(struct agent *a, const struct event *ev);

/* Reports losses that the kernel counted since the last time. */
void agent_report_losses(struct agent *a);

/* Answers of the identifier: keys for next time. */
void agent_take_identified(struct agent *a);

/* faults.c: a file that the parser failed on; one event in ten seconds, with their number. */
void agent_note_fault(struct agent *a, const struct identify_answer *answer);

/* On a timer: those that no event has told of yet. */
void agent_report_faults(struct agent *a);

/* After a load: is a file of the guard's closure among them? */
void agent_note_guard(struct agent *a);

/* Writes a note of the agent's own; @text and @path may be NULL. */
void agent_note(struct agent *a, enum event_kind kind, struct event_note *note,
		const char *text, const char *path);

/* "blocked exec of ..." and the like go here when nobody reads JSON. */
void agent_say(struct agent *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* loop.c: what was loaded, and who vouches for it. */
void agent_note_policy(struct agent *a);

/* loop.c: the policy is read anew, or only worked out anew; what came of it is told. */
void agent_reload(struct agent *a);
int agent_refill(struct agent *a, const char *why);

/* loop.c: until told to stop. 0 or -errno. */
int agent_loop(struct agent *a, int listen_fd);

/* Freezes whose date has come keep the sets that they began with, from then on. */
void agent_watch_freeze(struct agent *a);

/* pins_agent.c: a few times a second: pins that vanish are told, and put back. */
void agent_watch_pins(struct agent *a);

/* On a timer: what a set of programs and tables before ours left goes. */
void agent_settle(struct agent *a);

/* Notes when the arm state has changed since the last look. */
void agent_watch_arm(struct agent *a);

/* control.c: one JSON document about everything, for `weir status`. */
void agent_status(struct agent *a, struct buf *out);

int control_listen(void);
void control_serve(struct agent *a, int listen_fd);

/* Is everything in place that the policy asks for? @why says what is not. */
bool agent_is_ready(const struct agent *a, char *why, size_t size);

#endif /* WEIR_CMD_AGENT_H */
