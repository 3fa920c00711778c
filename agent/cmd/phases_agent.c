// SPDX-License-Identifier: GPL-2.0-only
/*
 * Phases while the agent runs: what the kernel has done is told, what is coming
 * is warned of, and a table whose windows run out is made anew.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "cmd/phases.h"
#include "policy/calendar.h"

#define DAY_S 86400
#define HOUR_S 3600

/* Rules shown in the status. */
#define SHOWN_MAX 64

/* The moment by the clock that the table was made with: the kernel's own. */
static int64_t table_time(const struct agent *a)
{
	return phases_clock(a->offset_ns);
}

struct recalling {
	struct phases *phases;
	const struct policy *policy;
};

static void take_line(void *ctx, const char *line, size_t len)
{
	const struct recalling *r = ctx;

	phases_recall(r->phases, r->policy, line, len);
}

/* The agent before did not live to write down what it had told. */
static void recall(struct agent *a, const struct policy *p)
{
	struct phases *ph = &a->phases;
	struct recalling r = { ph, p };

	if (!ph->is_telling || strcmp(ph->policy, p->name) != 0)
		return;
	ph->is_telling = false;
	(void)journal_behind(a->journal, ph->file, ph->bytes, take_line, &r);
}

void agent_hold_phases(struct agent *a, const struct policy *p)
{
	int64_t table_s = INT64_MIN;
	int err = 0;

	if (!a->phases.is_read) {
		err = phases_read(PHASES_FILE, &a->phases);
		recall(a, p);
	}
	a->phases.is_read = true;
	if (err && err != -ENOENT)
		fprintf(stderr, "weir: %s: %s: phases are where the clock says\n", PHASES_FILE,
			err == -EINVAL ? "damaged" : strerror(-err));
	/* Only ahead of the clock: behind it the clock says more. */
	(void)phases_table_time(&a->phases, &table_s);
	phases_hold(&a->phases, p, table_s, time(NULL));
}

void agent_take_phases(struct agent *a)
{
	const struct sources *s = &a->now->sources;
	int err = phases_take(&a->phases, s->policy, s->catalog, table_time(a));

	if (!err) {
		a->phases.offset_ns = a->offset_ns;
		snprintf(a->phases.boot_id, sizeof(a->phases.boot_id), "%s", a->host.boot_id);
		return;
	}
	fprintf(stderr, "weir: phases: %s: steps are taken and not told\n", strerror(-err));
	/* Not what belongs to a policy that is going. */
	phases_exit(&a->phases);
}

/* --- changes --- */

static uint8_t mode_now(const struct agent *a, const struct phase_seen *s)
{
	/* What is withheld from one product is no step of the rule's. */
	if (a->now->stakes.withheld[s->product])
		return calendar_mode(a->now->sources.policy, s->rule, table_time(a));
	return weir_mode_at(&a->now->plan->compiled->rules[s->product + 1], arming_now_ns());
}

static void add_who(const struct phase_seen *s, struct buf *b)
{
	buf_addf(b, "%s (line %u, %u product%s): ", s->name, s->rule->line, s->product_cnt,
		 s->product_cnt == 1 ? "" : "s");
}

static void write_state(struct agent *a)
{
	int err = phases_write(PHASES_FILE, &a->phases);

	if (err)
		fprintf(stderr, "weir: %s: %s: what was reached is not remembered\n", PHASES_FILE,
			strerror(-err));
}

/*
 * Whoever is killed between an event and the state that says it was told must be
 * followed by one who can see which of them there is.
 */
static void begin_telling(struct agent *a)
{
	struct phases *ph = &a->phases;

	ph->is_dirty = true;
	if (ph->is_telling)
		return;
	agent_write_down(a);
	journal_position(a->journal, &ph->file, &ph->bytes);
	ph->is_telling = true;
	write_state(a);
}

/* While the journal cannot be written nothing of it is told, and the state stays as it was. */
static void end_telling(struct agent *a)
{
	agent_write_down(a);
	if (a->phases.is_telling && journal_trouble(a->journal))
		return;
	a->phases.is_dirty = false;
	a->phases.is_telling = false;
	write_state(a);
}

static void note(void *ctx, const struct phase_seen *s, const struct change *c, const char *why,
		 uint32_t left_out)
{
	struct agent *a = ctx;
	const struct policy *p = a->now->sources.policy;
	struct event_note n = { .phase = { .at_s = c->at, .from = c->from, .to = c->to,
					   .line = s->rule->line } };
	CLEANUP(buf_free) struct buf text = { 0 };
	char when[64];

	begin_telling(a);
	phases_time(p, c->at, when, sizeof(when));
	add_who(s, &text);
	buf_addf(&text, "%s -> %s %s %s", mode_name(c->from), mode_name(c->to),
		 left_out ? "until" : "at", when);
	buf_addf(&text, "%s%s", *why ? ", " : "", why);
	if (left_out == LEFT_OUT_MANY)
		buf_add_str(&text, ", too long ago to be told one by one");
	else if (left_out)
		buf_addf(&text, ", %u change%s not told one by one", left_out,
			 left_out == 1 ? "" : "s");
	else if (a->phases.now_s - c->at > PHASES_LATE_S)
		buf_add_str(&text, ", told late");
	agent_note(a, EVENT_PHASE, &n, buf_str(&text), NULL);
}

/* Steps that are held are in the calendar and not in the table. */
static bool is_held(const struct agent *a, int64_t at)
{
	int64_t held_s = a->now->sources.policy->held_s;

	return held_s && at >= held_s;
}

static void tell(struct agent *a, struct phase_seen *s)
{
	const struct policy *p = a->now->sources.policy;
	uint8_t mode = mode_now(a, s);
	struct change c = { .at = a->phases.now_s, .from = s->mode, .to = mode };

	if (mode == s->mode && !s->is_behind) {
		s->is_by_policy = false;
		return;
	}
	if (s->is_by_policy || is_held(a, c.at)) {
		if (mode != s->mode)
			note(a, s, &c, s->is_by_policy ? "by the policy" : "by its hours", 0);
		s->mode = mode;
	} else if (!phases_changes(p, s, a->phases.now_s, note, a)) {
		/* Within the second in which the kernel takes the step it is not told yet. */
		if (mode != s->mode && calendar_mode(p, s->rule, a->phases.now_s) != s->mode) {
			note(a, s, &c, "by the clock of the kernel", 0);
			s->mode = mode;
		}
	}
	s->is_behind = false;
	s->is_by_policy = false;
	if (s->told_s < a->phases.now_s)
		s->told_s = a->phases.now_s;
	if (s->until_s < s->told_s)
		s->until_s = s->told_s;
	a->phases.is_dirty = true;
}

static void note_reached(struct agent *a, struct phase_seen *s)
{
	int64_t held_s = a->now->sources.policy->held_s, now = a->phases.now_s;

	a->phases.is_dirty |= phases_reach(s, is_held(a, now) ? held_s : now);
}

/* --- warnings --- */

static void add_left(struct buf *b, int64_t left_s)
{
	if (left_s >= 2 * DAY_S)
		buf_addf(b, "%" PRId64 " days", left_s / DAY_S);
	else
		buf_addf(b, "%" PRId64 " h %" PRId64 " min", left_s / HOUR_S, left_s / 60 % 60);
}

/* Once each 30, 7 and 1 days ahead; who comes late is told the nearest. */
static void warn(struct agent *a, struct phase_seen *s)
{
	const struct policy *p = a->now->sources.policy;
	const struct phase *next = calendar_next_phase(s->rule, a->phases.now_s);
	struct event_note n = { .phase = { .from = s->mode, .line = s->rule->line } };
	CLEANUP(buf_free) struct buf text = { 0 };
	char when[64];
	uint8_t days;

	if (!next || next->mode <= s->mode || is_held(a, next->begins))
		return;
	days = phases_days_before(next->begins - a->phases.now_s);
	if (!days || (s->warned_at == next->begins && s->warned_days <= days))
		return;
	begin_telling(a);
	n.phase.at_s = next->begins;
	n.phase.to = next->mode;
	phases_time(p, next->begins, when, sizeof(when));
	add_who(s, &text);
	buf_addf(&text, "%s -> %s in ", mode_name(s->mode), mode_name(next->mode));
	add_left(&text, next->begins - a->phases.now_s);
	buf_addf(&text, ", at %s", when);
	agent_note(a, EVENT_PHASE_AHEAD, &n, buf_str(&text), NULL);
	s->warned_at = next->begins;
	s->warned_days = days;
	a->phases.is_dirty = true;
}

/* --- the table --- */

/* Windows are few in a table: half way through a new one is made. */
static void fill_up(struct agent *a)
{
	int64_t reach = a->now->plan->compiled->reach_s, now = a->phases.now_s;

	if (reach == INT64_MAX || now < a->phases.retry_s ||
	    now - a->phases.taken_s < (reach - a->phases.taken_s) / 2)
		return;
	agent_refill(a, "its windows run out");
	a->phases.retry_s = now + HOUR_S;
}

void agent_watch_phases(struct agent *a)
{
	a->phases.now_s = table_time(a);
	for (uint32_t i = 0; i < a->phases.cnt; i++) {
		tell(a, &a->phases.list[i]);
		note_reached(a, &a->phases.list[i]);
		warn(a, &a->phases.list[i]);
	}
	if (a->phases.is_dirty)
		end_telling(a);
	fill_up(a);
}

static void add_next(const struct agent *a, const struct phase_seen *s, struct jout *j)
{
	const struct policy *p = a->now->sources.policy;
	int64_t now_s = a->phases.now_s;
	const struct phase *next = calendar_next_phase(s->rule, now_s);
	char when[64];

	if (!next || is_held(a, next->begins))
		return;
	phases_time(p, next->begins, when, sizeof(when));
	jout_add_object(j, "next");
	jout_add_str(j, "mode", mode_name(next->mode));
	jout_add_str(j, "at", when);
	jout_add_u64(j, "left_s", (uint64_t)(next->begins - now_s));
	jout_end(j);
}

void phases_status(const struct agent *a, struct jout *j)
{
	const struct compiled *t = a->now->plan->compiled;
	const struct policy *p = a->now->sources.policy;
	bool is_offline = false;
	char when[64];

	jout_add_array(j, "phases");
	for (uint32_t i = 0; i < a->phases.cnt; i++) {
		const struct phase_seen *s = &a->phases.list[i];
		uint8_t mode = mode_now(a, s);

		is_offline |= mode == WEIR_OFFLINE && t->rules[s->product + 1].flags;
		if (i >= SHOWN_MAX)
			continue;
		jout_object(j);
		jout_add_str(j, "rule", s->name);
		jout_add_u64(j, "line", s->rule->line);
		jout_add_u64(j, "products", s->product_cnt);
		jout_add_str(j, "mode", mode_name(mode));
		add_next(a, s, j);
		jout_end(j);
	}
	jout_end(j);
	jout_add_bool(j, "offline", is_offline);
	if (t->reach_s == INT64_MAX)
		return;
	phases_time(p, t->reach_s, when, sizeof(when));
	jout_add_object(j, "windows");
	jout_add_str(j, "reach", when);
	jout_add_bool(j, "lapse_first", t->reach_s - a->phases.taken_s >= p->lapse_s);
	jout_end(j);
}
