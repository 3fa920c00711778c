// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thousand random schedules against the words of weir-policy(5), read by a
 * slow evaluator: it walks the year in quarters of an hour, looks at the clock
 * on the wall, and knows nothing of the calendar's arithmetic. What is compared
 * is the calendar's answer, and that of the kernel's function on the steps.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "clock.h"
#include "fixture.h"
#include "policy/calendar.h"
#include "policy/compile.h"
#include "tap.h"

#define SCHEDULES 1000
#define INSTANTS 200

#define CELL_S 900
#define YEAR_S 1924905600 /* 2030-12-31T00:00:00Z, a Tuesday */
#define CELLS (550 * 96)
#define NEVER INT64_MAX

static const char *const modes[] = { "observe", "freeze", "offline", "block" };
static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

static uint64_t seed = 20310101;

static uint32_t pick(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed >> 33) % below;
}

/* --- what is drawn --- */

struct wish {
	uint8_t mode, otherwise;
	bool has_from, has_hours, recurs;
	int64_t from_local; /* what the clock shows, or UTC when is_utc */
	bool is_utc;
	uint8_t days;
	int start, end; /* minutes; end may be the next day's */
	int64_t jitter_s;
};

struct blackout_wish {
	int64_t first, last; /* days */
};

struct schedule {
	const struct clock_zone *zone;
	struct wish phase[4];
	int phase_cnt;
	struct blackout_wish blackout[5];
	int blackout_cnt, of_policy;
	int slot; /* hosts before this one */
	int percent; /* 0: no rollout */
	int64_t jitter_s, policy_jitter_s;
};

static void draw_hours(struct wish *w)
{
	do {
		w->days = (uint8_t)(1 + pick(127));
		w->start = (int)pick(96) * 15;
		w->end = (int)pick(97) * 15;
	} while (w->start == w->end);
	if (pick(8) == 0) {
		w->start = 0;
		w->end = 1440;
	}
	if (w->end < w->start)
		w->end += 1440;
}

/* Near a change of clocks as often as not. */
static int64_t draw_day(const struct clock_zone *z)
{
	int64_t at = z->change[1 + pick(2)].at;

	if (at != INT64_MAX && pick(2))
		return at / 86400 - 4 + (int64_t)pick(8);
	return YEAR_S / 86400 + 20 + (int64_t)pick(330);
}

static void draw_phase(struct schedule *s, int64_t *day, bool may_recur)
{
	struct wish *w = &s->phase[s->phase_cnt], *before = s->phase_cnt ? w - 1 : NULL;

	*w = (struct wish){ .jitter_s = -1 };
	w->mode = (uint8_t)(before ? before->mode + 1u + pick(3u - before->mode) : pick(4));
	w->has_from = before || pick(3);
	*day += 3 + pick(pick(2) ? 5 : 40);
	w->from_local = *day * 86400 + (pick(2) ? (int64_t)pick(96) * CELL_S : 0);
	w->is_utc = w->has_from && w->from_local % 86400 && pick(2);
	if (may_recur && w->mode > (before ? before->mode : 0) && pick(2)) {
		w->recurs = true;
		w->otherwise = (uint8_t)(before ? before->mode : 0);
		w->otherwise += (uint8_t)pick(w->mode - w->otherwise);
		draw_hours(w);
	} else if (w->has_from && pick(2)) {
		w->has_hours = true;
		draw_hours(w);
	}
	if (w->has_from && !w->recurs && pick(4) == 0)
		w->jitter_s = 60 * (1 + pick(600));
	s->phase_cnt++;
}

static void draw(struct schedule *s)
{
	bool may_recur = pick(2);
	int64_t day;

	*s = (struct schedule){ .zone = &clock_zones[pick(CLOCK_ZONES)], .jitter_s = -1 };
	day = draw_day(s->zone);
	s->blackout_cnt = (int)pick(5);
	s->of_policy = (int)pick((uint32_t)s->blackout_cnt + 1);
	for (int i = 0; i < s->blackout_cnt; i++) {
		s->blackout[i].first = day - 5 + (int64_t)pick(40);
		s->blackout[i].last = s->blackout[i].first + (int64_t)pick(12);
	}
	do
		draw_phase(s, &day, may_recur);
	while (s->phase[s->phase_cnt - 1].mode < WEIR_BLOCK && pick(4));
	if (!may_recur)
		s->slot = (int)pick(3);
	if (pick(3) == 0)
		s->percent = 1 + (int)pick(100);
	if (pick(3) == 0)
		s->policy_jitter_s = 60 * (1 + pick(120));
	if (pick(4) == 0)
		s->jitter_s = 60 * (1 + pick(300));
}

/* --- as a policy --- */

static void add_day(struct buf *b, int64_t day)
{
	struct date d;

	date_from_days(day, &d);
	buf_addf(b, "%04d-%02d-%02d", d.year, d.mon, d.day);
}

static void add_blackouts(struct buf *b, const struct schedule *s, int from, int to)
{
	for (int i = from; i < to; i++) {
		buf_add_str(b, i > from ? ", " : "");
		add_day(b, s->blackout[i].first);
		if (s->blackout[i].last == s->blackout[i].first)
			continue;
		buf_add_char(b, '/');
		add_day(b, s->blackout[i].last);
	}
}

static void add_from(struct buf *b, const struct schedule *s, const struct wish *w)
{
	int64_t of_day = w->from_local % 86400;

	buf_add_str(b, ", from: ");
	add_day(b, w->from_local / 86400);
	/* A time without offset cannot be written: an offset that fits the date. */
	if (of_day)
		buf_addf(b, "T%02d:%02d:00Z", (int)of_day / 3600, (int)of_day / 60 % 60);
	(void)s;
}

static void add_hours(struct buf *b, const char *key, const struct wish *w)
{
	const char *between = "";

	buf_addf(b, ", %s: \"", key);
	for (int i = 0; i < 7; i++) {
		if (!(w->days & 1u << i))
			continue;
		buf_addf(b, "%s%s", between, days[i]);
		between = ",";
	}
	buf_addf(b, " %02d:%02d-%02d:%02d\"", w->start / 60, w->start % 60,
		 w->end > 1440 ? (w->end - 1440) / 60 : w->end / 60, w->end % 60);
}

static bool is_dated(const struct schedule *s)
{
	for (int i = 0; i < s->phase_cnt; i++)
		if (s->phase[i].has_from)
			return true;
	return false;
}

static bool recurs(const struct schedule *s)
{
	for (int i = 0; i < s->phase_cnt; i++)
		if (s->phase[i].recurs)
			return true;
	return false;
}

static void write_policy(struct schedule *s, struct buf *b)
{
	buf_addf(b, "policy: p\nserial: 1\nzone: %s\n", s->zone->name);
	if (s->of_policy) {
		buf_add_str(b, "blackout: [");
		add_blackouts(b, s, 0, s->of_policy);
		buf_add_str(b, "]\n");
	}
	if (s->policy_jitter_s)
		buf_addf(b, "jitter: %dm\n", (int)(s->policy_jitter_s / 60));
	buf_add_str(b, "labels: {a: {c: x}, b: {c: y}, db-0: {c: x}, db-1: {c: x}}\n");
	buf_add_str(b, "rules:\n- vendor: examplewall\n");
	if (s->blackout_cnt > s->of_policy && (is_dated(s) || recurs(s))) {
		buf_add_str(b, "  blackout: [");
		add_blackouts(b, s, s->of_policy, s->blackout_cnt);
		buf_add_str(b, "]\n");
	} else {
		s->blackout_cnt = s->of_policy;
	}
	if (!is_dated(s)) {
		s->jitter_s = -1;
		s->slot = 0;
	}
	if (s->jitter_s > 0)
		buf_addf(b, "  jitter: %dm\n", (int)(s->jitter_s / 60));
	if (s->percent)
		buf_addf(b, "  rollout: %d%%\n", s->percent);
	if (s->slot)
		buf_add_str(b, "  spread-by: c\n");
	buf_add_str(b, "  phases:\n");
	for (int i = 0; i < s->phase_cnt; i++) {
		const struct wish *w = &s->phase[i];

		buf_addf(b, "  - {mode: %s", modes[w->mode]);
		if (w->has_from)
			add_from(b, s, w);
		if (w->has_hours)
			add_hours(b, "switch-in", w);
		if (w->recurs) {
			add_hours(b, "only-during", w);
			buf_addf(b, ", otherwise: %s", modes[w->otherwise]);
		}
		if (w->jitter_s > 0)
			buf_addf(b, ", jitter: %dm", (int)(w->jitter_s / 60));
		buf_add_str(b, "}\n");
	}
}

/* --- the wall --- */

/* The most that the clock has shown so far: a time has come when it is here. */
static int64_t shown[CELLS];
static bool is_black[CELLS];

static int64_t cell_time(int c)
{
	return YEAR_S + (int64_t)c * CELL_S;
}

static void walk(const struct schedule *s)
{
	for (int c = 0; c < CELLS; c++) {
		int64_t now = clock_shows(s->zone, cell_time(c));

		shown[c] = c && shown[c - 1] > now ? shown[c - 1] : now;
		is_black[c] = false;
		for (int i = 0; i < s->blackout_cnt; i++)
			is_black[c] |= shown[c] / 86400 >= s->blackout[i].first &&
				       shown[c] / 86400 <= s->blackout[i].last;
	}
}

static bool has_day(const struct wish *w, int64_t day)
{
	return w->days & 1u << (day + 3) % 7;
}

/* The day whose window the cell is in; -1: it is in none. */
static int64_t window_at(const struct wish *w, int c)
{
	int64_t day = shown[c] / 86400;
	int64_t minute = shown[c] % 86400 / 60;

	if (has_day(w, day) && minute >= w->start && minute < w->end)
		return day;
	if (has_day(w, day - 1) && minute + 1440 < w->end)
		return day - 1;
	return -1;
}

/* When phase @i begins on this host, but for its delay, and how long it may wait. */
static int64_t begin_of(const struct schedule *s, int i, int share, int64_t *room)
{
	const struct wish *w = &s->phase[i];
	int64_t turn = -1, at = NEVER;
	int ahead = s->slot, c = 0;

	*room = 0;
	if (s->percent && w->mode && share >= s->percent * 100)
		return NEVER;
	if (!w->has_from)
		return INT64_MIN;
	if (w->from_local % 86400) /* has an offset */
		while (cell_time(c) < w->from_local)
			c++;
	else
		while (shown[c] < w->from_local)
			c++;
	for (; c < CELLS && at == NEVER; c++) {
		if (w->has_hours) {
			int64_t day = window_at(w, c);

			if (day < 0 || is_black[c] || day == turn)
				continue;
			turn = day;
		} else if (is_black[c]) {
			continue;
		}
		if (!ahead--)
			at = cell_time(c);
		else if (!w->has_hours)
			c += 95; /* a day later */
	}
	if (at == NEVER)
		return NEVER;
	for (c--; c < CELLS && !is_black[c] && (!w->has_hours || window_at(w, c) == turn); c++)
		*room += CELL_S;
	return at;
}

/* Is the window that @at lies in open by then? */
static bool is_open(const struct wish *w, int64_t at)
{
	int c = (int)((at - YEAR_S) / CELL_S);
	int64_t day = window_at(w, c);

	/* Back through the window to where a step could be taken. */
	for (; day >= 0 && c >= 0 && window_at(w, c) == day; c--)
		if (!is_black[c])
			return true;
	return false;
}

static uint8_t mode_at(const struct schedule *s, const int64_t *begins, int64_t at)
{
	int i = s->phase_cnt - 1;

	while (i >= 0 && begins[i] > at)
		i--;
	if (i < 0)
		return WEIR_OBSERVE;
	return !s->phase[i].recurs || is_open(&s->phase[i], at) ? s->phase[i].mode :
								   s->phase[i].otherwise;
}

/* --- both --- */

struct tally {
	unsigned int refused, begins, delays, modes, steps, beyond, changes, cut;
};

static int64_t jitter_for(const struct schedule *s, const struct wish *w)
{
	if (w->recurs || !w->has_from)
		return 0;
	return w->jitter_s > 0 ? w->jitter_s : s->jitter_s > 0 ? s->jitter_s : s->policy_jitter_s;
}

/* The delay is the policy's own draw; that it fits is asked here. */
static void compare_begins(const struct schedule *s, const struct rule *rule, int64_t *begins,
			   struct tally *t)
{
	for (int i = 0; i < s->phase_cnt; i++) {
		const struct phase *p = &rule->phases[i];
		int64_t room, max = jitter_for(s, &s->phase[i]);

		begins[i] = begin_of(s, i, rule->share, &room);
		if (max > room)
			max = room;
		t->delays += p->delay_s && p->delay_s >= max;
		if (begins[i] != NEVER && begins[i] != INT64_MIN)
			begins[i] += p->delay_s;
		t->begins += begins[i] != p->begins;
	}
}

static void compare_modes(const struct schedule *s, const struct catalog *c,
			  const struct policy *p, const int64_t *begins, struct tally *t)
{
	/* Not the last months: what begins then may lie beyond the walk. */
	int64_t middle = begins[s->phase_cnt - 1], now;
	CLEANUP(compiled_freep) struct compiled *k = NULL;
	const uint64_t boot = 1000000000ULL * (1 + pick(1000000));
	struct diag d;

	if (middle == NEVER || middle == INT64_MIN || pick(2))
		middle = begins[0] == NEVER || begins[0] == INT64_MIN ? YEAR_S + 200 * 86400LL :
									 begins[0];
	now = middle - 86400 * (int64_t)pick(30);
	if (compile(c, p, now, boot, &k, &d)) {
		t->refused++;
		return;
	}
	t->cut += k->reach_s != INT64_MAX;
	for (int i = 0; i < INSTANTS; i++) {
		int64_t at = middle - 40 * 86400 + (int64_t)pick(90 * 86400);
		uint8_t want, got;

		if (at < YEAR_S || at >= cell_time(CELLS))
			continue;
		want = mode_at(s, begins, at);
		t->modes += calendar_mode(p, &p->rules[0], at) != want;
		if (at < now)
			continue;
		got = weir_mode_at(&k->rules[1], boot + (uint64_t)(at - now) * 1000000000ULL);
		if (at < k->reach_s)
			t->steps += got != want;
		else
			t->beyond += got > want;
	}
}

/* Each change is one: the mode before and after are as the evaluator has them. */
static void compare_changes(const struct schedule *s, const struct policy *p,
			    const int64_t *begins, struct tally *t)
{
	int64_t at = YEAR_S + 86400 * (int64_t)pick(300), end = at + 40 * 86400;
	struct change c;

	for (int i = 0; i < 100 && calendar_next(p, &p->rules[0], at, end, &c); i++) {
		t->changes += c.from == c.to || mode_at(s, begins, c.at) != c.to ||
			      mode_at(s, begins, c.at - 1) != c.from ||
			      mode_at(s, begins, at + (c.at - 1 - at) / 2) != c.from;
		at = c.at;
	}
}

static void run(const struct catalog *c, struct tally *t)
{
	CLEANUP(policy_freep) struct policy *p = NULL;
	CLEANUP(buf_free) struct buf text = { 0 };
	struct policy_context ctx = { .catalog = c,
				      .machine_id = "0123456789abcdef0123456789abcdef",
				      .zone_exists = clock_zone_exists,
				      .zone_time = clock_time };
	static const char *const hosts[] = { "a", "db-0", "db-1" };
	struct tally before = *t;
	struct schedule s;
	int64_t begins[4];
	struct diag d;

	draw(&s);
	write_policy(&s, &text);
	ctx.host = hosts[s.slot];
	if (policy_parse(&ctx, "p", buf_str(&text), text.len, &p, &d)) {
		printf("# refused, %u:%u: %s\n%s\n", d.line, d.col, d.text, buf_str(&text));
		t->refused++;
		return;
	}
	walk(&s);
	compare_begins(&s, &p->rules[0], begins, t);
	compare_modes(&s, c, p, begins, t);
	compare_changes(&s, p, begins, t);
	before.cut = t->cut;
	if (memcmp(&before, t, sizeof(before)) != 0 && tap_count < 5)
		printf("# differs (slot %d):\n%s\n", s.slot, buf_str(&text));
}

int main(void)
{
	CLEANUP(catalog_freep) struct catalog *c = fixture_catalog();
	const char *many = getenv("WEIR_SCHEDULES");
	long cnt = many ? strtol(many, NULL, 10) : SCHEDULES;
	struct tally t = { 0 };

	for (long i = 0; c && i < cnt; i++)
		run(c, &t);
	ok(c && !t.refused, "%ld random schedules are taken", cnt);
	ok(!t.begins, "phases begin when the manual says (%u not)", t.begins);
	ok(!t.delays, "no delay leaves its window or its measure (%u do)", t.delays);
	ok(!t.modes, "the mode at any moment is as the manual says (%u not)", t.modes);
	ok(!t.steps, "and so it is by the kernel's steps (%u not)", t.steps);
	ok(!t.beyond, "beyond their reach it is never higher (%u times)", t.beyond);
	ok(!t.changes, "every change is one, and none is left out (%u not)", t.changes);
	ok(t.cut > cnt / 20, "and %u of the tables did not reach all the way", t.cut);
	return tap_done();
}
