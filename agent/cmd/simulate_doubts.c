// SPDX-License-Identifier: GPL-2.0-only
/*
 * What cannot be told, and why: each a sentence, in an order that is always the
 * same, for the text and for JSON alike.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/simulation.h"
#include "event/event.h"
#include "policy/protection.h"

/* Units named in one sentence. */
#define NAMED 8

struct list {
	struct simulation *s;
	int err;
};

__attribute__((format(printf, 2, 3))) static void add(struct list *l, const char *fmt, ...)
{
	struct simulation *s = l->s;
	char **more = reallocarray(s->doubts, s->doubt_cnt + 1UL, sizeof(*more));
	va_list ap;
	int len;

	if (more)
		s->doubts = more;
	va_start(ap, fmt);
	len = more ? vasprintf(&more[s->doubt_cnt], fmt, ap) : -1;
	va_end(ap);
	if (len < 0)
		l->err = -ENOMEM;
	else
		s->doubt_cnt++;
}

static const char *plural(uint64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

#define N(n, what) (unsigned long long)(n), plural(n, what, what "s")

static void add_journal(struct list *l)
{
	const struct coverage *c = &l->s->coverage;

	if (c->err)
		add(l, "the journal in %s could not be read: %s", l->s->journal,
		    strerror(-c->err));
	else if (!c->lines)
		add(l, "the journal in %s is empty: nothing was rehearsed", l->s->journal);
	if (c->damaged)
		add(l, "%llu damaged %s of the journal, such as %s", N(c->damaged, "line"),
		    c->told ? c->damaged_at[0] : "?");
	if (c->lost_times)
		add(l, "%llu %s lost in the kernel for want of room, told %llu %s",
		    N(c->lost, "record"), N(c->lost_times, "time"));
	if (c->gaps)
		add(l, "%llu %s could not be written to the journal, in %llu %s",
		    N(c->missing, "line"), N(c->gaps, "gap"));
	if (c->absences)
		add(l, "%llu %s of the agent, %lld min in all: what ran then may not be known",
		    N(c->absences, "absence"), (long long)((c->absent_ms + 59999) / 60000));
	if (l->s->past.uncounted)
		add(l, "%llu %s of too many kinds to keep apart",
		    N(l->s->past.uncounted, "record"));
}

static void add_acts(struct list *l, const struct rehearsal *x, const char *what)
{
	static const char *const why[DOUBT_CNT] = {
		"of products that this catalogue does not have",
		"what they were recognised by is no file's, or not in this catalogue",
		"of products that get frozen, and nobody has counted what is installed",
		"where they went is not recorded",
	};

	for (unsigned int bit = 0; bit < DOUBT_CNT; bit++) {
		uint64_t cnt = 0;

		for (uint32_t i = 0; i < x->cnt; i++)
			cnt += x->acts[i].doubts & 1u << bit ? x->acts[i].cnt : 0;
		if (cnt)
			add(l, "%llu %s%s: %s", (unsigned long long)cnt, what, cnt == 1 ? "" : "s",
			    why[bit]);
	}
	if (x->is_cut)
		add(l, "steps of the policy beyond the next %d", REHEARSE_MOMENTS_MAX);
}

static void add_gates(struct list *l)
{
	for (uint32_t i = 0; i < l->s->gate_cnt; i++) {
		const struct weak_gate *g = &l->s->gates[i];

		if (!g->is_known)
			add(l, "what the %s gate of this host can do: the journal has no proof",
			    hook_name(g->hook));
		else if (g->is_weak)
			add(l, "the %s gate of this host is proven to %s, the policy requires %s",
			    hook_name(g->hook), strength_name(g->strength),
			    strength_name(g->required));
	}
}

static void add_never_seen(struct list *l)
{
	const struct simulation *s = l->s;
	CLEANUP(buf_free) struct buf names = { 0 };

	for (uint32_t i = 0; i < s->never_cnt && i < NAMED; i++)
		buf_addf(&names, "%s%s", i ? ", " : "", s->never_seen[i]->name);
	if (s->never_cnt > NAMED)
		buf_addf(&names, " and %u more", s->never_cnt - NAMED);
	if (s->never_cnt)
		add(l, "%u %s never seen running, so not rehearsed: %s", s->never_cnt,
		    plural(s->never_cnt, "unit", "units"), buf_str(&names));
}

static void add_inventory(struct list *l)
{
	const struct inventory *i = &l->s->inventory;

	if (i->err)
		add(l, "what runs now, for want of an inventory: %s: %s", l->s->scan, i->why);
	else if (!i->is_complete)
		add(l, "what runs now may be more: the inventory %s is not complete", l->s->scan);
	if (l->s->guard_unknown)
		add(l, "whether the policy meets the guard: the guard could not be built");
}

static void add_users(struct list *l)
{
	const struct simulation *s = l->s;

	for (uint32_t i = 0; i < s->compiled->exemption_cnt; i++) {
		const struct exemption_key *e = &s->compiled->exemptions[i];

		if (s->is_void[i])
			add(l, "exemption %s covers nobody: no user %s on this host",
			    s->sources.policy->exemptions[e->index].id, e->user);
	}
}

/* A step that waits for something is rehearsed as if that were there. */
static void add_protection(struct list *l)
{
	const struct policy *p = l->s->sources.policy;
	CLEANUP(buf_free) struct buf text = { 0 };

	for (uint32_t i = 0; i < p->rule_cnt; i++) {
		const struct rule *rule = &p->rules[i];
		const char *stage;

		if (rule->vendor || rule->without_protection || !rule->security_cnt ||
		    !rule->successor.unit)
			continue;
		stage = held_stage(l->s, rule);
		buf_clear(&text);
		held_text(rule, &text);
		add(l, "%s: rehearsed as if it were there; %s%s", buf_str(&text),
		    stage ? "the agent last had it as " : "no agent has looked yet",
		    stage ? stage : "");
	}
}

/* Routes are of this moment, and would not be the same in another rehearsal. */
static void add_cuts(struct list *l)
{
	const struct policy *p = l->s->sources.policy;
	const struct catalog *c = l->s->sources.catalog;

	for (uint32_t i = 0; i < c->product_cnt; i++) {
		const struct rule *rule = policy_rule_for(p, c, i);

		if (rule && c->products[i].fails_closed == 1 &&
		    protection_may_cut(rule, &c->products[i]))
			add(l, "line %u: %s cuts the network as it ends: held below offline while "
			       "the network runs through it, rehearsed as if it did not",
			    rule->line, c->products[i].id);
	}
}

int simulate_doubts(struct simulation *s)
{
	struct list l = { .s = s };

	add_journal(&l);
	add_acts(&l, &s->past, "record");
	add_inventory(&l);
	add_acts(&l, &s->inventory.running, "running thing");
	add_never_seen(&l);
	add_gates(&l);
	add_users(&l);
	add_protection(&l);
	add_cuts(&l);
	return l.err;
}
