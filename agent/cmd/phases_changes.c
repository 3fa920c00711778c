// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which changes of a rule's mode are to be told: those since the last look, by
 * the calendar, and what of them the journal has already.
 */
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/phases.h"
#include "policy/decide.h"

#define DAY_S 86400

/* Changes by hours that are told one by one after an absence; nightly, a month of them. */
#define TOLD_MAX 64

/* How far back these are counted: a clock that was at 1970 was not there all the time. */
#define COUNTED_S (400LL * DAY_S)

struct telling {
	const struct policy *policy;
	struct phase_seen *seen;
	int64_t since, now_s; /* hours are looked at between these */
	phases_fn fn;
	void *ctx;
	uint32_t left_out; /* since the last that was told */
	struct change last; /* of these */
};

/* Before t->since there are only phases. */
static bool next_change(const struct telling *t, int64_t at, struct change *ret)
{
	const struct rule *rule = t->seen->rule;
	const struct phase *next;

	while (at < t->since) {
		next = calendar_next_phase(rule, at);
		if (!next || next->begins > t->since) {
			at = t->since;
			break;
		}
		at = next->begins;
		*ret = (struct change){ at, calendar_mode(t->policy, rule, at - 1),
					calendar_mode(t->policy, rule, at), false, next };
		if (ret->from != ret->to)
			return true;
	}
	return calendar_next(t->policy, rule, at, t->now_s + 1, ret);
}

/* Told before a clock was set back, and over again before anybody looked. */
static bool was_told(const struct telling *t, const struct change *c)
{
	return c->is_window && c->at <= t->seen->until_s && t->now_s - c->at > PHASES_LATE_S;
}

static void say(struct telling *t, struct change c, const char *why, uint32_t left_out)
{
	/* What was told is what was: each goes on from there. */
	if (t->seen->mode != c.to)
		c.from = t->seen->mode;
	t->fn(t->ctx, t->seen, &c, why, left_out);
	t->seen->mode = c.to;
}

static void say_left_out(struct telling *t)
{
	if (t->left_out)
		say(t, t->last, "hours of only-during", t->left_out);
	t->left_out = 0;
}

static const char *why_of(const struct change *c)
{
	if (c->is_window)
		return c->to == c->phase->mode ? "hours of only-during begin" :
						 "hours of only-during end";
	return "phase begins";
}

static bool has_hours(const struct rule *rule, int64_t before)
{
	for (uint32_t i = 0; i < rule->phase_cnt; i++)
		if (rule->phases[i].only_during && rule->phases[i].begins < before)
			return true;
	return false;
}

/* Hours that nobody counts, when the rest begins. */
static void begin_rest(struct telling *t, int64_t at, bool *is_begun)
{
	struct change c = { .at = t->since, .is_window = true,
			    .to = calendar_mode(t->policy, t->seen->rule, t->since) };

	if (*is_begun || at <= t->since)
		return;
	*is_begun = true;
	c.from = t->seen->mode;
	if (t->since > t->seen->told_s && has_hours(t->seen->rule, t->since))
		say(t, c, "hours of only-during", LEFT_OUT_MANY);
}

bool phases_changes(const struct policy *p, struct phase_seen *s, int64_t now_s, phases_fn fn,
		    void *ctx)
{
	struct telling t = { .policy = p, .seen = s, .now_s = now_s, .fn = fn, .ctx = ctx,
			     .since = now_s - COUNTED_S };
	uint32_t hours = 0, cnt = 0;
	bool is_begun = false;
	struct change c;
	int64_t at;

	if (t.since < s->told_s)
		t.since = s->told_s;
	for (at = s->told_s; next_change(&t, at, &c); at = c.at)
		hours += c.is_window && !was_told(&t, &c);
	for (at = s->told_s; next_change(&t, at, &c); at = c.at) {
		begin_rest(&t, c.at, &is_begun);
		cnt++;
		if (was_told(&t, &c))
			continue;
		if (c.is_window && hours-- > TOLD_MAX) {
			t.left_out++;
			t.last = c;
			continue;
		}
		say_left_out(&t);
		say(&t, c, why_of(&c), 0);
	}
	begin_rest(&t, now_s + 1, &is_begun);
	/* Hours that were told long ago are here again. */
	c = (struct change){ .at = now_s, .from = s->mode, .is_window = true,
			     .to = calendar_mode(p, s->rule, now_s) };
	if (cnt && c.from != c.to)
		say(&t, c, "hours of only-during, once more", 0);
	return cnt;
}

uint8_t phases_days_before(int64_t left_s)
{
	static const uint8_t days[] = { 1, 7, 30 };

	for (size_t i = 0; i < ARRAY_SIZE(days); i++)
		if (left_s <= days[i] * DAY_S)
			return days[i];
	return 0;
}

/* --- what the journal has --- */

static const struct rule *rule_at(const struct policy *p, json_int_t line)
{
	for (uint32_t i = 0; i < p->rule_cnt; i++)
		if (p->rules[i].line == line)
			return &p->rules[i];
	return NULL;
}

static struct phase_seen *seen_of(struct phases *ph, const struct rule *rule)
{
	char name[RULE_NAME_MAX];

	rule_name(rule, name, sizeof(name));
	for (uint32_t i = 0; i < ph->cnt; i++)
		if (!strcmp(ph->list[i].name, name))
			return &ph->list[i];
	return NULL;
}

static void recall_change(struct phase_seen *s, int64_t at, const char *to)
{
	for (int m = 0; m < WEIR_MODE_MAX; m++)
		if (!strcmp(mode_name(m), to))
			s->mode = (uint8_t)m;
	if (s->told_s < at)
		s->told_s = at;
	if (s->until_s < at)
		s->until_s = at;
}

void phases_recall(struct phases *ph, const struct policy *p, const char *line, size_t len)
{
	json_auto_t *all = NULL;
	const char *code = NULL, *to = NULL;
	json_int_t at, number, when = 0, serial = 0;
	struct phase_seen *s;
	const struct rule *rule;

	/* Nearly all lines are about something else. */
	if (!memmem(line, len, "\"phase", 6))
		return;
	all = json_loadb(line, len, 0, NULL);
	if (!all || json_unpack(all, "{s:I, s:{s:s}, s:{s:I, s:{s:s, s:I, s:I}}}", "time", &when,
				"metadata", "event_code", &code, "unmapped", "serial", &serial,
				"phase", "to", &to, "at", &at, "line", &number))
		return;
	rule = serial == p->serial && serial == ph->serial ? rule_at(p, number) : NULL;
	s = rule ? seen_of(ph, rule) : NULL;
	if (s && !strcmp(code, "phase")) {
		recall_change(s, at / 1000, to);
	} else if (s && !strcmp(code, "phase-ahead")) {
		s->warned_at = at / 1000;
		s->warned_days = phases_days_before((at - when) / 1000);
	}
}
