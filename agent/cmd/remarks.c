// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/remarks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/outlook.h"
#include "cmd/phases.h"
#include "event/event.h"
#include "policy/calendar.h"

/* Of the steps of a table: what the kernel keeps, less the one that never begins. */
#define STEPS (WEIR_STEPS_MAX - 1)

static void add_time(const struct policy *p, int64_t at, struct buf *out)
{
	char when[64];

	phases_time(p, at, when, sizeof(when));
	buf_add_str(out, when);
}

void remark_phase(const struct policy *p, const struct phase *phase, struct buf *out)
{
	buf_add_str(out, mode_name(phase->mode));
	if (phase->why & PHASE_REACHED) {
		buf_add_str(out, " (reached)");
	} else if (phase->begins == INT64_MAX) {
		buf_addf(out, " not on this host (rollout %u%%)", phase->percent);
	} else if (phase->begins != INT64_MIN) {
		buf_add_str(out, " from ");
		add_time(p, phase->begins, out);
	}
	if (phase->only_during)
		buf_addf(out, ", only during \"%s\", else %s", phase->only_during,
			 mode_name(phase->otherwise));
}

static void add_rollout(const struct rule *rule, const struct phase *phase, struct buf *out)
{
	if (!phase->percent)
		return;
	if (rule->share == UINT16_MAX)
		buf_addf(out, "; rollout %u%%", phase->percent);
	else
		buf_addf(out, "; rollout %u%%, this host%s is at %u.%02u%%", phase->percent,
			 rule->cluster ? "'s cluster" : "", rule->share / 100, rule->share % 100);
}

void remark_why(const struct policy *p, const struct rule *rule, const struct phase *phase,
		struct buf *out)
{
	if (phase->from == INT64_MIN) {
		buf_add_str(out, "phase");
	} else {
		buf_add_str(out, "phase from ");
		add_time(p, phase->from, out);
	}
	if (phase->why & PHASE_REACHED) {
		buf_add_str(out, "; reached, whatever the clock says");
		return;
	}
	add_rollout(rule, phase, out);
	if (rule->spread_by && rule->cluster)
		buf_addf(out, "; %s %s, turn %u of %u", rule->spread_by, rule->cluster,
			 phase->slot + 1, rule->cluster_cnt);
	if (phase->why & PHASE_BLACKOUT)
		buf_add_str(out, "; put off by a blackout");
	if (phase->switch_in)
		buf_addf(out, "; switch-in \"%s\"", phase->switch_in);
	if (phase->why & PHASE_JITTER)
		buf_addf(out, "; jitter %u min %u s", phase->delay_s / 60, phase->delay_s % 60);
}

/* --- of a rule --- */

struct saying {
	const struct policy *p;
	const struct rule *rule;
	remark_fn say;
	void *ctx;
	struct buf text;
};

static void say(struct saying *x)
{
	x->say(x->ctx, x->rule->line, buf_str(&x->text));
	buf_clear(&x->text);
}

static void say_hosts(struct saying *x)
{
	if (!x->rule->hosts)
		return;
	buf_add_str(&x->text, "only on hosts");
	for (const char *const *h = x->rule->hosts; *h; h++)
		buf_addf(&x->text, "%s %s", h == x->rule->hosts ? "" : ",", *h);
	buf_addf(&x->text, "; this one is%s among them", x->rule->here ? "" : " not");
	say(x);
}

static bool is_plain(const struct rule *rule, const struct phase *phase)
{
	return !phase->only_during && !phase->switch_in && !phase->percent && !phase->why &&
	       (!rule->spread_by || phase->begins == INT64_MIN);
}

static void say_phases(struct saying *x)
{
	for (uint32_t i = 0; i < x->rule->phase_cnt; i++) {
		const struct phase *phase = &x->rule->phases[i];

		if (is_plain(x->rule, phase))
			continue;
		remark_phase(x->p, phase, &x->text);
		if (phase->begins != INT64_MIN && phase->begins != INT64_MAX) {
			buf_add_str(&x->text, " (");
			remark_why(x->p, x->rule, phase, &x->text);
			buf_add_char(&x->text, ')');
		}
		say(x);
	}
}

static void say_alone(struct saying *x)
{
	if (x->rule->spread_by && !x->rule->cluster) {
		buf_addf(&x->text, "this host has no label \"%s\" and waits for nobody",
			 x->rule->spread_by);
		say(x);
	}
}

/* Does a table made now reach as far as it may be left alone? */
static void say_reach(struct saying *x, int64_t now_s)
{
	struct change steps[STEPS];
	int64_t reach;

	calendar_steps(x->p, x->rule, now_s, steps, STEPS, &reach);
	if (reach == INT64_MAX || reach - now_s >= x->p->lapse_s)
		return;
	buf_addf(&x->text, "the kernel holds the windows of %" PRId64 " days ahead, and \"lapse\" "
		 "is %" PRId64 " days: without an agent the mode is otherwise after that",
		 (reach - now_s) / 86400, x->p->lapse_s / 86400);
	say(x);
}

static bool has_offline(const struct rule *rule)
{
	for (uint32_t i = 0; i < rule->phase_cnt; i++)
		if (rule->phases[i].mode == WEIR_OFFLINE ||
		    (rule->phases[i].only_during && rule->phases[i].otherwise == WEIR_OFFLINE))
			return true;
	return false;
}

void remarks(const struct policy *p, int64_t now_s, remark_fn fn, void *ctx)
{
	struct saying x = { .p = p, .say = fn, .ctx = ctx };
	bool is_offline = false;

	for (uint32_t i = 0; i < p->rule_cnt; i++) {
		x.rule = &p->rules[i];
		/* Shares are what a directive's rule comes to, not what is written. */
		if (x.rule->vendor)
			continue;
		say_hosts(&x);
		say_phases(&x);
		say_alone(&x);
		say_reach(&x, now_s);
		is_offline |= has_offline(x.rule);
	}
	if (is_offline)
		fn(ctx, 0, "offline: " OUTLOOK_OFFLINE);
	buf_free(&x.text);
}
