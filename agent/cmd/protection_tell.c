// SPDX-License-Identifier: GPL-2.0-only
/*
 * What protection does, in words: events, and the status.
 */
#include "cmd/protection_tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "cmd/remarks.h"
#include "out/text.h"
#include "policy/calendar.h"

void protection_tell_stage(struct agent *a, const struct succession *s, uint8_t before)
{
	char text[512];

	if (s->state.stage == SUCCESSOR_WAITED)
		snprintf(text, sizeof(text), "%s (line %u): %s is missing for %" PRId64
			 " s: the step is taken back", s->name, s->rule->line, s->unit,
			 s->rule->successor.absent_s);
	else if (s->state.stage == SUCCESSOR_HOLDS && before == SUCCESSOR_WAITED)
		snprintf(text, sizeof(text), "%s (line %u): the successor %s holds", s->name,
			 s->rule->line, s->unit);
	else
		snprintf(text, sizeof(text), "%s (line %u): the successor %s %s", s->name,
			 s->rule->line, s->unit,
			 s->state.stage == SUCCESSOR_HOLDS ? "is back" : "is missing");
	agent_note(a, EVENT_STEP_HELD, NULL, text, NULL);
}

static void add_who(const struct agent *a, const struct succession *s, struct buf *out)
{
	uint32_t others = 0;
	const char *first = NULL;

	for (uint32_t i = 0; i < a->now->stakes.cnt; i++) {
		const struct stake *k = &a->now->stakes.list[i];

		if (k->rule->line != s->rule->line || k->succession == UINT32_MAX)
			continue;
		if (first)
			others++;
		else
			first = a->now->sources.catalog->products[k->product].id;
	}
	buf_addf(out, "%s (line %u): %s", s->name, s->rule->line, first ? first : "?");
	if (others)
		buf_addf(out, " and %u other%s", others, others == 1 ? "" : "s");
}

static void add_state(const struct succession *s, struct buf *out)
{
	if (!s->seen.is_known)
		buf_add_str(out, "systemd has not said what it does");
	else if (!s->seen.is_active)
		buf_add_str(out, "it is not active");
	else if (!s->seen.is_connected)
		buf_addf(out, "it is active for %" PRId64 " s and not connected",
			 s->seen.active_s);
	else
		buf_addf(out, "it is active for %" PRId64 " s", s->seen.active_s);
}

static void add_held(const struct agent *a, const struct succession *s, uint8_t why,
		     struct buf *out)
{
	add_who(a, s, out);
	if (why == WITHHELD_UNSAID) {
		buf_add_str(out, " held below offline: nothing is named that protects instead; "
				 "write \"successor\" or \"without-protection\" into the rule");
		return;
	}
	buf_add_str(out, " held below offline until ");
	remark_successor(&s->rule->successor, out);
	buf_add_str(out, "; ");
	add_state(s, out);
}

/* Of the rule: what holds up a step whose moment has come. */
static uint8_t held_by(const struct succession *s, int64_t now_s)
{
	const struct phase *phase = calendar_phase(s->rule, now_s);

	if (!phase || phase->mode < WEIR_OFFLINE || s->rule->without_protection)
		return WITHHELD_NOT;
	if (!s->unit)
		return WITHHELD_UNSAID;
	return successor_holds(&s->state) ? WITHHELD_NOT : WITHHELD_SUCCESSOR;
}

void protection_tell_held(struct agent *a, struct succession *s)
{
	uint8_t why = held_by(s, phases_clock(a->offset_ns));
	CLEANUP(buf_free) struct buf text = { 0 };

	/* Not before it is known what the successor does. */
	if (why == s->told || (why == WITHHELD_SUCCESSOR && !a->protection.is_answered))
		return;
	if (why != WITHHELD_NOT) {
		add_held(a, s, why, &text);
	} else {
		add_who(a, s, &text);
		buf_add_str(&text, " no longer held");
	}
	s->told = why;
	agent_note(a, EVENT_STEP_HELD, NULL, buf_str(&text), NULL);
	fprintf(stderr, "weir: %s\n", buf_str(&text));
}

static void add_cut(const struct agent *a, const struct cut *c, struct buf *out)
{
	buf_addf(out, "%s: %s runs through its interface ",
		 a->now->sources.catalog->products[c->product].id, c->way);
	text_escaped(out, c->interface, strlen(c->interface));
}

void protection_tell_cut(struct agent *a, const struct stake *k, struct cutting *of,
		     const struct cut *c)
{
	uint8_t why = c && k->cuts && !of->is_taken ? WITHHELD_NETWORK : WITHHELD_NOT;
	CLEANUP(buf_free) struct buf text = { 0 };

	if (c && !k->cuts && !of->is_warned) {
		add_cut(a, c, &text);
		buf_add_str(&text, ", and it is not known whether it cuts the network as it ends");
		of->is_warned = true;
	} else if (why != of->told && why) {
		add_cut(a, c, &text);
		buf_add_str(&text, ", which it cuts as it ends: held below offline; take it down "
				   "by its own means, or write \"without-network\" into the rule");
	} else if (why != of->told) {
		buf_addf(&text, "%s: the network no longer runs through it", of->product);
	}
	of->told = why;
	if (!text.len)
		return;
	agent_note(a, EVENT_STEP_HELD, NULL, buf_str(&text), NULL);
	fprintf(stderr, "weir: %s\n", buf_str(&text));
}

void protection_tell_open(struct agent *a, const struct succession *s, const char *what)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	add_who(a, s, &text);
	buf_addf(&text, " %s; ", what);
	if (s->rule->without_protection)
		buf_addf(&text, "without-protection: %s", s->rule->without_protection);
	else
		buf_addf(&text, "successor %s", s->unit ? s->unit : "not named");
	buf_addf(&text, "; %" PRId64 " min without protection, %" PRId64 " min in all",
		 (s->count.looked_s - s->opened_s) / 60, s->count.total_s / 60);
	agent_note(a, EVENT_UNPROTECTED, NULL, buf_str(&text), NULL);
}

void protection_tell_over(struct agent *a, const struct succession *s, int64_t now_s)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	buf_addf(&text, "%s: the policy does not stop it any more; %" PRId64
		 " min without protection, %" PRId64 " min in all", s->name,
		 (now_s - s->opened_s) / 60, s->count.total_s / 60);
	agent_note(a, EVENT_UNPROTECTED, NULL, buf_str(&text), NULL);
}

/* --- status --- */

static void add_succession(const struct agent *a, const struct succession *s, struct jout *j)
{
	uint8_t why = held_by(s, phases_clock(a->offset_ns));
	CLEANUP(buf_free) struct buf text = { 0 };

	jout_object(j);
	jout_add_str(j, "rule", s->name);
	jout_add_u64(j, "line", s->rule->line);
	jout_add_str(j, "successor", s->unit);
	jout_add_str(j, "without_protection", s->rule->without_protection);
	if (s->unit) {
		jout_add_str(j, "stage", successor_stage_name(s->state.stage));
		jout_add_bool(j, "active", s->seen.is_active);
		jout_add_u64(j, "active_s", (uint64_t)s->seen.active_s);
		jout_add_bool(j, "connected", s->seen.is_connected);
	}
	jout_add_bool(j, "held", why != WITHHELD_NOT);
	if (why != WITHHELD_NOT) {
		add_held(a, s, why, &text);
		jout_add_str(j, "why", buf_str(&text));
	}
	jout_add_bool(j, "unprotected", s->count.is_open);
	jout_add_u64(j, "unprotected_min", (uint64_t)s->count.total_s / 60);
	jout_add_u64(j, "unprotected_s", (uint64_t)s->count.total_s);
	jout_end(j);
}

void protection_status(const struct agent *a, struct jout *j)
{
	const struct protection *p = &a->protection;
	CLEANUP(buf_free) struct buf text = { 0 };

	jout_add_array(j, "protection");
	for (uint32_t i = 0; i < p->cnt; i++)
		if (p->list[i].rule)
			add_succession(a, &p->list[i], j);
	jout_end(j);
	jout_add_array(j, "cuts");
	for (uint32_t i = 0; i < a->now->stakes.cuts.cnt; i++) {
		const struct cut *c = &a->now->stakes.cuts.list[i];
		const struct product *product = &a->now->sources.catalog->products[c->product];

		buf_clear(&text);
		add_cut(a, c, &text);
		jout_object(j);
		jout_add_str(j, "product", product->id);
		jout_add_str(j, "interface", c->interface);
		jout_add_bool(j, "held", a->now->stakes.withheld[c->product] == WITHHELD_NETWORK);
		jout_add_str(j, "why", buf_str(&text));
		jout_end(j);
	}
	jout_end(j);
}
