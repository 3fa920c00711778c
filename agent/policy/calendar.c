// SPDX-License-Identifier: GPL-2.0-only
#include "policy/calendar.h"

#include "policy/draft.h"

#define DAY_S 86400

/* Windows are worked out this far; a table holds less, an agent comes by sooner. */
#define HORIZON_S (400LL * DAY_S)

static uint32_t begun_by(const struct rule *rule, int64_t at)
{
	uint32_t n = rule->phase_cnt;

	while (n && rule->phases[n - 1].begins > at)
		n--;
	return n;
}

const struct phase *calendar_phase(const struct rule *rule, int64_t at)
{
	uint32_t n = begun_by(rule, at);

	return n ? &rule->phases[n - 1] : NULL;
}

const struct phase *calendar_next_phase(const struct rule *rule, int64_t after)
{
	const struct phase *best = NULL;

	/* Of two that begin at once, or out of turn, the later one decides. */
	for (uint32_t i = begun_by(rule, after); i < rule->phase_cnt; i++)
		if (!best || rule->phases[i].begins <= best->begins)
			best = &rule->phases[i];
	return best && best->begins != INT64_MAX ? best : NULL;
}

/* Windows are shorter than two days, and zones are within one of UTC. */
static int64_t first_day(int64_t at)
{
	return (at >= 0 ? at : at - DAY_S + 1) / DAY_S - 2;
}

/* The window that @at is in, or the next; windows neither overlap nor go back. */
static bool window_after(const struct policy *p, const struct phase *phase, int64_t at,
			 struct interval *ret)
{
	int64_t day = first_day(at);

	/* One a week at the least, and a change of clocks swallows one a year. */
	for (int i = 0; i < 18; i++)
		if (zone_window(p, &phase->during, day + i, ret) && ret->end > at)
			return true;
	return false;
}

static bool is_open(const struct policy *p, const struct rule *rule, const struct phase *phase,
		    int64_t at)
{
	struct interval w;

	return window_after(p, phase, at, &w) && blackout_after(rule, w.start) <= at;
}

static uint8_t mode_of(const struct policy *p, const struct rule *rule,
		       const struct phase *phase, int64_t at)
{
	if (!phase)
		return WEIR_OBSERVE;
	return !phase->only_during || is_open(p, rule, phase, at) ? phase->mode :
								    phase->otherwise;
}

uint8_t calendar_mode(const struct policy *p, const struct rule *rule, int64_t at)
{
	return mode_of(p, rule, calendar_phase(rule, at), at);
}

/* The next moment after @at at which a window of @phase opens or closes. */
static int64_t next_edge(const struct policy *p, const struct rule *rule,
			 const struct phase *phase, int64_t at)
{
	struct interval w;

	if (!window_after(p, phase, at, &w))
		return INT64_MAX;
	w.start = blackout_after(rule, w.start);
	return w.start > at && w.start < w.end ? w.start : w.end;
}

bool calendar_next(const struct policy *p, const struct rule *rule, int64_t after,
		   int64_t before, struct change *ret)
{
	const struct phase *phase = calendar_phase(rule, after), *next;
	uint8_t was = mode_of(p, rule, phase, after), mode = was;
	int64_t at = after;

	while (mode == was) {
		bool is_window = phase && phase->only_during;
		int64_t edge = is_window ? next_edge(p, rule, phase, at) : INT64_MAX;

		next = calendar_next_phase(rule, at);
		if (next && next->begins <= edge) {
			is_window = false;
			edge = next->begins;
			phase = next;
		}
		if (edge >= before)
			return false;
		at = edge;
		mode = mode_of(p, rule, phase, at);
		*ret = (struct change){ at, was, mode, is_window, phase };
	}
	return true;
}

/* --- as many as fit --- */

struct steps {
	struct change *list;
	uint32_t cnt, max; /* what later phases need is not in max */
	int64_t reach;
};

static void reach_to(struct steps *s, int64_t at)
{
	if (at < s->reach)
		s->reach = at;
}

static void add_step(struct steps *s, struct change c)
{
	if (s->cnt)
		c.from = s->list[s->cnt - 1].to;
	s->list[s->cnt++] = c;
}

/*
 * A phase from @at on, until @end, when another begins. Windows come in pairs,
 * an opening with its closing: the table must never end inside of one.
 */
static void add_phase(struct steps *s, const struct policy *p, const struct rule *rule,
		      const struct phase *phase, int64_t at, int64_t end, int64_t horizon)
{
	struct change c = { .at = at, .to = mode_of(p, rule, phase, at), .phase = phase };
	int64_t limit = end < horizon ? end : horizon;

	if (!phase->only_during) {
		add_step(s, c);
		return;
	}
	if (c.to == phase->mode && (s->max - s->cnt < 2 || at >= horizon)) {
		c.to = phase->otherwise;
		reach_to(s, at);
		add_step(s, c);
		return;
	}
	add_step(s, c);
	while (calendar_next(p, rule, c.at, limit, &c)) {
		if (s->max - s->cnt < (c.to == phase->mode ? 2 : 1)) {
			reach_to(s, c.at);
			return;
		}
		add_step(s, c);
	}
	if (limit == end)
		return;
	if (s->list[s->cnt - 1].to == phase->mode)
		add_step(s, (struct change){ .at = limit, .to = phase->otherwise,
					     .is_window = true, .phase = phase });
	reach_to(s, limit);
}

uint32_t calendar_steps(const struct policy *p, const struct rule *rule, int64_t now,
			struct change *steps, uint32_t max, int64_t *ret_reach)
{
	const struct phase *phase = calendar_phase(rule, now), *next;
	struct steps s = { .list = steps, .max = max, .reach = INT64_MAX };
	int64_t at = now, begins[WEIR_MODE_MAX];
	uint32_t later = 0;

	for (next = calendar_next_phase(rule, at); next; at = next->begins,
	     next = calendar_next_phase(rule, at))
		begins[later++] = next->begins;
	s.max -= later;
	at = now;
	if (!phase)
		add_step(&s, (struct change){ .at = now });
	for (uint32_t i = 0; i <= later; i++) {
		if (i) {
			at = begins[i - 1];
			phase = calendar_phase(rule, at);
			s.max++;
		}
		if (phase)
			add_phase(&s, p, rule, phase, at, i < later ? begins[i] : INT64_MAX,
				  now + HORIZON_S);
	}
	*ret_reach = s.reach;
	return s.cnt;
}

bool calendar_reached(const struct rule *rule, uint8_t mode, int64_t from, int64_t now)
{
	uint32_t i = 0;

	while (i < rule->phase_cnt &&
	       (rule->phases[i].mode != mode || rule->phases[i].from != from))
		i++;
	if (i < begun_by(rule, now) || i == rule->phase_cnt)
		return false;
	for (i++; i-- > 0;) {
		/* In the policy's own memory, which is not const. */
		struct phase *phase = (struct phase *)(uintptr_t)&rule->phases[i];

		if (phase->begins <= now)
			continue;
		phase->begins = INT64_MIN;
		phase->why = PHASE_REACHED;
		phase->delay_s = 0;
	}
	return true;
}
