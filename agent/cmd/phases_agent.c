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

#define NS_PER_S 1000000000LL
#define DAY_S 86400
#define HOUR_S 3600

/* Changes told one by one after an absence; of nightly windows a month of them. */
#define TOLD_MAX 64

/* Rules shown in the status. */
#define SHOWN_MAX 64

/* Later than this is late: the timer's period, and some. */
#define LATE_S 60

/* The moment by the clock that the table was made with: the kernel's own. */
static int64_t table_time(const struct agent *a)
{
	return ((int64_t)arming_now_ns() + a->offset_ns) / NS_PER_S;
}

void agent_hold_phases(struct agent *a, const struct policy *p)
{
	int64_t table_s = INT64_MIN;
	int err = 0;

	if (!a->phases.is_read)
		err = phases_read(PHASES_FILE, &a->phases);
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

static void note(struct agent *a, const struct phase_seen *s, const struct change *c,
		 const char *why)
{
	const struct policy *p = a->now->sources.policy;
	struct event_note n = { .phase = { .at_s = c->at, .from = c->from, .to = c->to,
					   .line = s->rule->line } };
	CLEANUP(buf_free) struct buf text = { 0 };
	char when[64];

	phases_time(p, c->at, when, sizeof(when));
	add_who(s, &text);
	buf_addf(&text, "%s -> %s at %s", mode_name(c->from), mode_name(c->to), when);
	buf_addf(&text, "%s%s", *why ? ", " : "", why);
	if (a->phases.now_s - c->at > LATE_S)
		buf_add_str(&text, ", told late");
	agent_note(a, EVENT_PHASE, &n, buf_str(&text), NULL);
}

static const char *why_of(const struct change *c)
{
	if (c->is_window)
		return c->to == c->phase->mode ? "hours of only-during begin" :
						 "hours of only-during end";
	return "phase begins";
}

/* All changes up to now, one by one; of very many the last. */
static bool tell_changes(struct agent *a, struct phase_seen *s)
{
	const struct policy *p = a->now->sources.policy;
	int64_t end = a->phases.now_s + 1, at = s->told_s;
	uint32_t cnt = 0, skipped = 0;
	struct change c;

	while (calendar_next(p, s->rule, at, end, &c)) {
		at = c.at;
		cnt++;
	}
	for (at = s->told_s; calendar_next(p, s->rule, at, end, &c); at = c.at) {
		if (cnt - skipped > TOLD_MAX) {
			skipped++;
			continue;
		}
		/* What was told is what was: the first goes on from there. */
		if (c.from != s->mode && !skipped)
			c.from = s->mode;
		note(a, s, &c, why_of(&c));
		s->mode = c.to;
	}
	return cnt;
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
			note(a, s, &c, s->is_by_policy ? "by the policy" : "by its hours");
		s->mode = mode;
	} else if (!tell_changes(a, s)) {
		/* Within the second in which the kernel takes the step it is not told yet. */
		if (mode != s->mode && calendar_mode(p, s->rule, a->phases.now_s) != s->mode) {
			note(a, s, &c, "by the clock of the kernel");
			s->mode = mode;
		}
	}
	s->is_behind = false;
	s->is_by_policy = false;
	if (s->told_s < a->phases.now_s)
		s->told_s = a->phases.now_s;
	a->phases.is_dirty = true;
}

static void note_reached(struct agent *a, struct phase_seen *s)
{
	int64_t held_s = a->now->sources.policy->held_s, now = a->phases.now_s;
	const struct phase *phase = calendar_phase(s->rule, is_held(a, now) ? held_s : now);

	if (!phase || (phase->begins == INT64_MIN && !(phase->why & PHASE_REACHED)) ||
	    (s->has_reached && phase->mode <= s->reached))
		return;
	s->has_reached = true;
	s->reached = phase->mode;
	s->reached_from = phase->from;
	a->phases.is_dirty = true;
}

/* --- warnings --- */

static uint8_t days_before(int64_t left_s)
{
	static const uint8_t days[] = { 1, 7, 30 };

	for (size_t i = 0; i < ARRAY_SIZE(days); i++)
		if (left_s <= days[i] * DAY_S)
			return days[i];
	return 0;
}

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
	days = days_before(next->begins - a->phases.now_s);
	if (!days || (s->warned_at == next->begins && s->warned_days <= days))
		return;
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
	int err;

	a->phases.now_s = table_time(a);
	for (uint32_t i = 0; i < a->phases.cnt; i++) {
		tell(a, &a->phases.list[i]);
		note_reached(a, &a->phases.list[i]);
		warn(a, &a->phases.list[i]);
	}
	if (a->phases.is_dirty) {
		a->phases.is_dirty = false;
		err = phases_write(PHASES_FILE, &a->phases);
		if (err)
			fprintf(stderr, "weir: %s: %s: what was reached is not remembered\n",
				PHASES_FILE, strerror(-err));
	}
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
