// SPDX-License-Identifier: GPL-2.0-only
/*
 * The answer for people, at 80 columns: the sum in the first line, then whom it
 * stops, what runs now, what it leaves alone and why, and what is uncertain.
 */
#include <string.h>

#include "cmd/simulation.h"
#include "event/event.h"
#include "out/scan.h"
#include "out/text.h"
#include "out/wrap.h"
#include "policy/decide.h"

/* Rows of one product; the rest is a number. */
#define ROWS_TOLD 25

#define INDENT 27

static const char *const things[WEIR_HOOK_MAX] = {
	[WEIR_HOOK_EXEC] = "exec",
	[WEIR_HOOK_LOAD] = "load",
	[WEIR_HOOK_MODULE] = "module",
	[WEIR_HOOK_CONNECT] = "connection",
};

void simulate_stopped(const uint64_t *stopped, struct buf *out)
{
	bool any = false;

	for (int i = 0; i < WEIR_HOOK_MAX; i++) {
		if (!stopped[i])
			continue;
		buf_addf(out, "%s%llu %s%s", any ? ", " : "", (unsigned long long)stopped[i],
			 things[i], stopped[i] == 1 ? "" : "s");
		any = true;
	}
	if (!any)
		buf_add_str(out, "nothing");
}

static bool stops(const struct rehearse_moment *m)
{
	return m->stopped[0] || m->stopped[1] || m->stopped[2] || m->stopped[3];
}

static void add_count(struct buf *out, uint32_t n, const char *what)
{
	buf_addf(out, "%u %s%s", n, what, n == 1 ? "" : "s");
}

static void add_whos(struct buf *out, const struct rehearse_moment *m)
{
	if (m->units)
		add_count(out, m->units, "unit");
	if (m->units && m->users)
		buf_add_str(out, " and ");
	if (m->users)
		add_count(out, m->users, "user");
}

static const struct rehearse_moment *first_that_stops(const struct rehearsal *x)
{
	for (uint32_t i = 0; i < x->moment_cnt; i++)
		if (stops(&x->moments[i]))
			return &x->moments[i];
	return NULL;
}

static void add_sum(const struct simulation *s, struct buf *out)
{
	const struct rehearse_moment *m = first_that_stops(&s->past);
	uint32_t days = coverage_days(&s->coverage);
	bool is_later = m && m->at_s > s->at_s;

	buf_add_str(out, "would have stopped ");
	if (is_later) {
		buf_add_str(out, "nothing yet; from ");
		scan_time(out, m->at_s);
		buf_add_str(out, " on ");
	}
	if (m) {
		simulate_stopped(m->stopped, out);
		buf_add_str(out, " of ");
		add_whos(out, m);
	} else {
		buf_add_str(out, "nothing");
	}
	if (days) {
		buf_add_str(out, " in ");
		add_count(out, days, "day");
	}
	if (s->held_cnt)
		buf_addf(out, "; %u security product%s below offline", s->held_cnt,
			 s->held_cnt == 1 ? " is held" : "s are held");
	if (s->doubt_cnt)
		buf_addf(out, "; %u thing%s cannot be told", s->doubt_cnt,
			 s->doubt_cnt == 1 ? "" : "s");
}

/* @text at column 0, broken and escaped. */
static void add_paragraph(struct buf *out, size_t indent, struct buf *text)
{
	const char *line = buf_str(text);
	size_t blanks = strspn(line, " ");

	buf_add(out, line, blanks);
	wrap_text(out, blanks, indent, line + blanks);
	buf_clear(text);
}

static void add_frame(const struct simulation *s, struct buf *out)
{
	const struct policy *p = s->sources.policy;
	struct buf text = { 0 };

	buf_addf(&text, "policy %s, serial %lld, as of ", p->name, (long long)p->serial);
	scan_time(&text, s->at_s);
	buf_addf(&text, ", as if it were armed and every gate could deny%s",
		 p->enforce ? "" : "; it says enforce: false, so in truth nothing is stopped");
	add_paragraph(out, 2, &text);
	if (s->coverage.last_ms) {
		buf_add_str(&text, "journal from ");
		scan_time(&text, s->coverage.first_ms / 1000);
		buf_add_str(&text, " to ");
		scan_time(&text, s->coverage.last_ms / 1000);
		buf_addf(&text, ", %u with events of %u days, %llu records of listed software",
			 coverage_days_with_events(&s->coverage), coverage_days(&s->coverage),
			 (unsigned long long)s->coverage.records);
		add_paragraph(out, 2, &text);
	}
	buf_free(&text);
}

/* It is no doubt: the policy says so, and it was rehearsed so. */
static void add_held(const struct simulation *s, struct buf *out)
{
	const struct policy *p = s->sources.policy;
	struct buf text = { 0 };

	if (s->held_cnt)
		buf_add_str(out, "\nheld\n");
	for (uint32_t i = 0; s->held_cnt && i < p->rule_cnt; i++) {
		if (!held_is(&p->rules[i]))
			continue;
		buf_add_str(out, "  - ");
		held_text(&p->rules[i], &text);
		wrap_text(out, 4, 4, buf_str(&text));
		buf_clear(&text);
	}
	buf_free(&text);
}

static bool is_alike(const struct rehearse_moment *a, const struct rehearse_moment *b)
{
	return !memcmp(a->stopped, b->stopped, sizeof(a->stopped)) && a->units == b->units &&
	       a->users == b->users;
}

/* Only steps at which something changes. */
static void add_phases(const struct rehearsal *x, struct buf *out)
{
	bool any = false;

	for (uint32_t i = 1; i < x->moment_cnt; i++) {
		const struct rehearse_moment *m = &x->moments[i];
		struct buf text = { 0 };

		if (is_alike(m, m - 1))
			continue;
		if (!any)
			buf_add_str(out, "\nlater\n");
		any = true;
		buf_add_str(&text, "  ");
		scan_time(&text, m->at_s);
		buf_add_str(&text, "  ");
		simulate_stopped(m->stopped, &text);
		if (stops(m))
			buf_add_str(&text, " of ");
		add_whos(&text, m);
		buf_add_char(&text, '\n');
		buf_add(out, text.data, text.len);
		buf_free(&text);
	}
}

static void add_escaped(struct buf *out, const char *s)
{
	text_escaped(out, s, strlen(s));
}

static void add_who(const struct rehearsal *x, const struct rehearse_act *a, struct buf *out)
{
	const struct rehearse_who *who = &x->whos[a->who];

	if (who->unit)
		add_escaped(out, who->unit);
	else if (who->uid == UINT32_MAX)
		buf_add_str(out, "somebody");
	else
		buf_addf(out, "uid %u", who->uid);
	if (a->first.user_unit) {
		buf_add_str(out, ", ");
		add_escaped(out, a->first.user_unit);
	}
}

static void add_address(const struct rehearse_record *r, struct buf *out)
{
	bool is_six = strchr(r->ip, ':') != NULL;

	buf_add_str(out, is_six ? "[" : "");
	add_escaped(out, r->ip);
	buf_add_str(out, is_six ? "]" : "");
	if (!r->is_portless)
		buf_addf(out, ":%u", r->port);
}

static void add_what(const struct rehearsal *x, const struct rehearse_act *a, const char *by,
		     struct buf *out)
{
	const struct rehearse_record *r = &a->first;

	add_who(x, a, out);
	if (r->by) {
		buf_addf(out, ", %s ", by);
		add_escaped(out, r->by);
	}
	buf_add_str(out, ": ");
	if (r->hook == WEIR_HOOK_CONNECT && r->ip)
		add_address(r, out);
	else if (r->path)
		add_escaped(out, r->path);
	else
		buf_add_str(out, "a file without a path");
}

static void add_begin(const struct rehearse_act *a, struct buf *out)
{
	if (act_is_stopped(a))
		return;
	buf_add_str(out, " (from ");
	scan_time(out, a->begins_s);
	buf_addf(out, ", %s)", mode_name(a->begins_mode));
}

static void add_row(const struct rehearsal *x, const struct rehearse_act *a, uint64_t cnt,
		    int64_t last_ms, struct buf *out)
{
	struct buf text = { 0 }, time = { 0 };

	scan_time(&time, last_ms / 1000);
	/* "2026-11-25T10:00:00Z" without its seconds. */
	buf_addf(out, "%8llu  %.10s %.5s", (unsigned long long)cnt, buf_str(&time),
		 buf_str(&time) + 11);
	buf_addf(&text, "%s by ", things[a->first.hook]);
	add_what(x, a, a->first.hook == WEIR_HOOK_EXEC ? "started by" : "process", &text);
	add_begin(a, &text);
	buf_add_char(out, ' ');
	wrap_text(out, INDENT, INDENT, buf_str(&text));
	buf_free(&text);
	buf_free(&time);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Of one file several versions, or several indicators: one row. */
static bool is_one_row(const struct rehearse_act *a, const struct rehearse_act *b)
{
	const struct rehearse_record *r = &a->first, *o = &b->first;

	return a->who == b->who && r->hook == o->hook && r->port == o->port &&
	       a->begins_s == b->begins_s && same_text(r->product, o->product) &&
	       same_text(r->by, o->by) && same_text(r->path, o->path) &&
	       same_text(r->ip, o->ip) && same_text(r->user_unit, o->user_unit);
}

static bool is_ever_stopped(const struct rehearse_act *a)
{
	return a->begins_s != INT64_MAX;
}

static uint32_t add_rows(const struct rehearsal *x, uint32_t from, uint32_t to, struct buf *out)
{
	uint32_t rows = 0, i, k;

	for (i = from; i < to; i = k) {
		uint64_t cnt = x->acts[i].cnt;
		int64_t last_ms = x->acts[i].last_ms;

		for (k = i + 1; k < to && is_one_row(&x->acts[i], &x->acts[k]); k++) {
			cnt += x->acts[k].cnt;
			if (x->acts[k].last_ms > last_ms)
				last_ms = x->acts[k].last_ms;
		}
		if (is_ever_stopped(&x->acts[i]) && rows++ < ROWS_TOLD)
			add_row(x, &x->acts[i], cnt, last_ms, out);
	}
	return rows;
}

static void add_product(const struct simulation *s, uint32_t from, uint32_t to, struct buf *out)
{
	const struct rehearsal *x = &s->past;
	const struct rule *rule = NULL;
	bool any = false;
	uint32_t rows;

	for (uint32_t i = from; i < to; i++) {
		any |= is_ever_stopped(&x->acts[i]);
		if (x->acts[i].rule)
			rule = policy_rule_for(s->sources.policy, s->sources.catalog,
					       x->acts[i].rule - 1);
	}
	if (!any)
		return;
	buf_add_char(out, '\n');
	add_escaped(out, x->acts[from].first.product);
	if (rule)
		buf_addf(out, ", rule on line %u", rule->line);
	buf_add_str(out, "\n   times  last (UTC)        of whom, started by what: what\n");
	rows = add_rows(x, from, to, out);
	if (rows > ROWS_TOLD)
		buf_addf(out, "%8s  and %u rows more: see --json\n", "", rows - ROWS_TOLD);
}

static void add_products(const struct simulation *s, struct buf *out)
{
	const struct rehearsal *x = &s->past;
	uint32_t i, k;

	for (i = 0; i < x->cnt; i = k) {
		for (k = i + 1; k < x->cnt; k++)
			if (!same_text(x->acts[i].first.product, x->acts[k].first.product))
				break;
		add_product(s, i, k, out);
	}
}

static void add_meets(const struct rehearse_act *a, struct buf *out)
{
	const char *next = a->first.hook == WEIR_HOOK_CONNECT ? "next connect" : "next start";

	if (act_is_stopped(a)) {
		buf_addf(out, ": %s stopped", next);
	} else if (is_ever_stopped(a)) {
		buf_addf(out, ": %s stopped from ", next);
		scan_time(out, a->begins_s);
		buf_add_str(out, " on");
	} else {
		buf_addf(out, ": goes on (%s)", reason_text(a->now.reason));
	}
}

static void add_running(const struct simulation *s, struct buf *out)
{
	const struct rehearsal *x = &s->inventory.running;
	struct buf text = { 0 };

	if (!x->cnt)
		return;
	buf_add_str(out, "\nrunning at ");
	scan_time(out, s->inventory.time_s);
	buf_add_str(out, ", by the last inventory; none of it is ended\n");
	for (uint32_t i = 0; i < x->cnt && i < ROWS_TOLD; i++) {
		const struct rehearse_act *a = &x->acts[i];

		buf_addf(&text, "%5llu %s%s of ", (unsigned long long)a->cnt,
			 a->first.hook == WEIR_HOOK_CONNECT ? "connection" : "process",
			 a->cnt == 1 ? "" : a->first.hook == WEIR_HOOK_CONNECT ? "s" : "es");
		add_escaped(&text, a->first.product);
		buf_add_str(&text, ", ");
		add_what(x, a, "user", &text);
		add_meets(a, &text);
		add_paragraph(out, 6, &text);
	}
	if (x->cnt > ROWS_TOLD)
		buf_addf(out, "  and %u more: see --json\n", x->cnt - ROWS_TOLD);
	buf_free(&text);
}

/* What is never stopped, by why it is not now. */
static void add_spared(const struct simulation *s, struct buf *out)
{
	uint64_t cnt[WEIR_REASON_MAX] = { 0 };
	bool any = false;

	for (uint32_t i = 0; i < s->past.cnt; i++)
		if (!is_ever_stopped(&s->past.acts[i]))
			cnt[s->past.acts[i].now.reason] += s->past.acts[i].cnt;
	for (int i = 0; i < WEIR_REASON_MAX; i++) {
		if (!cnt[i])
			continue;
		buf_add_str(out, any ? "" : "\nnot stopped\n");
		any = true;
		buf_addf(out, "%8llu  %s\n", (unsigned long long)cnt[i], reason_text(i));
	}
}

static void add_doubts(const struct simulation *s, struct buf *out)
{
	struct buf text = { 0 };

	if (s->doubt_cnt)
		buf_add_str(out, "\ncannot be told\n");
	for (uint32_t i = 0; i < s->doubt_cnt; i++) {
		buf_add_str(out, "  - ");
		add_escaped(&text, s->doubts[i]);
		wrap_text(out, 4, 4, buf_str(&text));
		buf_clear(&text);
	}
	buf_free(&text);
}

void simulate_text(const struct simulation *s, struct buf *out)
{
	struct buf text = { 0 };

	add_sum(s, &text);
	buf_add(out, text.data, text.len);
	buf_add_char(out, '\n');
	buf_free(&text);
	add_frame(s, out);
	add_held(s, out);
	add_phases(&s->past, out);
	add_products(s, out);
	add_running(s, out);
	add_spared(s, out);
	add_doubts(s, out);
}
