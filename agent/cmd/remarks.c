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

/* "2 h": in the largest unit that leaves nothing over. */
static void add_span(struct buf *out, int64_t s)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = { { "d", 86400 }, { "h", 3600 }, { "min", 60 }, { "s", 1 } };
	size_t i = 0;

	while (units[i].seconds > 1 && (!s || s % units[i].seconds))
		i++;
	buf_addf(out, "%" PRId64 " %s", s / units[i].seconds, units[i].name);
}

void remark_successor(const struct successor *s, struct buf *out)
{
	buf_addf(out, "%s active for ", s->unit);
	add_span(out, s->active_s);
	for (uint32_t i = 0; i < s->to_cnt; i++)
		buf_addf(out, "%s%s", i ? " or " : " and connected to ", s->to[i].to);
}

void remark_protection(const struct rule *rule, struct buf *out)
{
	uint32_t others = rule->security_cnt - 1;

	if (!rule->security_cnt)
		return;
	buf_add_str(out, rule->security_product);
	if (others)
		buf_addf(out, " and %u other security product%s", others, others == 1 ? "" : "s");
	if (rule->without_protection) {
		buf_addf(out, ": from offline on without protection: %s",
			 rule->without_protection);
	} else if (rule->successor.unit) {
		buf_add_str(out, ": offline and beyond only with ");
		remark_successor(&rule->successor, out);
		buf_add_str(out, "; taken back when it is missing for ");
		add_span(out, rule->successor.absent_s);
	} else {
		buf_add_str(out, ": held below offline, since the rule has neither \"successor\" "
				 "nor \"without-protection\"");
	}
}

static void say_protection(struct saying *x)
{
	remark_protection(x->rule, &x->text);
	if (x->text.len)
		say(x);
}

static void say_switch(struct saying *x)
{
	static const char *const words[] = {
		[ON_SWITCH_STOP_UNIT] = "at the switch to block: units of it are stopped and "
					"masked until it is no longer blocked",
		[ON_SWITCH_REFUSE_RESTART] = "at the switch to block: units of it are masked, "
					     "what runs goes on",
	};

	if (!words[x->rule->on_switch])
		return;
	buf_add_str(&x->text, words[x->rule->on_switch]);
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
		say_protection(&x);
		say_switch(&x);
		is_offline |= has_offline(x.rule);
	}
	if (is_offline)
		fn(ctx, 0, "offline: " OUTLOOK_OFFLINE);
	buf_free(&x.text);
}
