// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "base/json.h"
#include "cmd/simulation.h"
#include "event/event.h"
#include "out/scan.h"
#include "policy/decide.h"
#include "policy/protection.h"

static void add_time(struct jout *j, const char *key, int64_t at_s)
{
	struct buf text = { 0 };

	scan_time(&text, at_s);
	jout_add_str(j, key, buf_str(&text));
	buf_free(&text);
}

static void add_null(struct jout *j, const char *key)
{
	jout_key(j, key);
	jout_null(j);
}

static void add_number(struct jout *j, const char *key, bool is_known, uint64_t n)
{
	if (is_known)
		jout_add_u64(j, key, n);
	else
		add_null(j, key);
}

static void add_stopped(struct jout *j, const uint64_t *stopped)
{
	jout_add_object(j, "stopped");
	jout_add_u64(j, "exec", stopped[WEIR_HOOK_EXEC]);
	jout_add_u64(j, "load", stopped[WEIR_HOOK_LOAD]);
	jout_add_u64(j, "module", stopped[WEIR_HOOK_MODULE]);
	jout_add_u64(j, "connect", stopped[WEIR_HOOK_CONNECT]);
	jout_end(j);
}

static void add_moment(struct jout *j, const struct rehearse_moment *m)
{
	add_stopped(j, m->stopped);
	jout_add_u64(j, "units", m->units);
	jout_add_u64(j, "users", m->users);
	jout_add_u64(j, "products", m->products);
}

static void add_head(struct jout *j, const struct simulation *s)
{
	const struct policy *p = s->sources.policy;

	jout_key(j, "weir_simulate");
	jout_u64(j, 1);
	jout_add_object(j, "policy");
	jout_add_str(j, "name", p->name);
	jout_add_str(j, "file", p->file);
	jout_key(j, "serial");
	jout_i64(j, p->serial);
	jout_add_bool(j, "enforce", p->enforce);
	jout_end(j);
	add_time(j, "at", s->at_s);
	jout_add_object(j, "summary");
	add_moment(j, &s->past.moments[0]);
	jout_add_u64(j, "days", coverage_days(&s->coverage));
	jout_add_u64(j, "doubts", s->doubt_cnt);
	jout_end(j);
	jout_add_array(j, "phases");
	for (uint32_t i = 0; i < s->past.moment_cnt; i++) {
		jout_object(j);
		add_time(j, "at", s->past.moments[i].at_s);
		add_moment(j, &s->past.moments[i]);
		jout_end(j);
	}
	jout_end(j);
}

static void add_journal(struct jout *j, const struct simulation *s)
{
	const struct coverage *c = &s->coverage;

	jout_add_object(j, "journal");
	jout_add_str(j, "dir", s->journal);
	if (c->last_ms) {
		add_time(j, "first", c->first_ms / 1000);
		add_time(j, "last", c->last_ms / 1000);
	} else {
		add_null(j, "first");
		add_null(j, "last");
	}
	jout_add_u64(j, "days", coverage_days(c));
	jout_add_u64(j, "days_with_events", coverage_days_with_events(c));
	jout_add_u64(j, "lines", c->lines);
	jout_add_u64(j, "records", c->records);
	jout_add_u64(j, "unlisted", c->unlisted);
	jout_add_u64(j, "without_unit", c->without_unit);
	jout_add_u64(j, "damaged", c->damaged);
	jout_add_array(j, "damaged_at");
	for (uint32_t i = 0; i < c->told; i++)
		jout_str(j, c->damaged_at[i]);
	jout_end(j);
	jout_add_u64(j, "lost", c->lost);
	jout_add_u64(j, "missing", c->missing);
	jout_add_u64(j, "absences", c->absences);
	jout_add_u64(j, "absent_s", (uint64_t)c->absent_ms / 1000);
	jout_end(j);
}

/* Where JSON cannot hold the bytes, they follow in hexadecimal. */
static void add_bytes(struct jout *j, const char *key, const char *key_hex, const char *text)
{
	jout_key(j, key);
	if (jout_str(j, text) || !text)
		return;
	jout_key(j, key_hex);
	jout_hex(j, text, strlen(text));
}

static void add_what(struct jout *j, const struct rehearse_record *r)
{
	jout_add_str(j, "product", r->product);
	jout_add_str(j, "hook", hook_name(r->hook));
	jout_add_str(j, "unit", r->unit);
	jout_add_str(j, "user_unit", r->user_unit);
	add_number(j, "uid", r->uid != UINT32_MAX, r->uid);
	add_bytes(j, "by", "by_hex", r->by);
	add_bytes(j, "path", "path_hex", r->path);
	jout_add_str(j, "ip", r->ip);
	add_number(j, "port", r->ip && !r->is_portless, r->port);
	add_number(j, "protocol", r->ip, r->protocol);
}

static void add_doubts(struct jout *j, uint32_t doubts)
{
	static const char *const names[DOUBT_CNT] = { "product", "evidence", "freeze", "address" };

	jout_add_array(j, "doubts");
	for (unsigned int i = 0; i < DOUBT_CNT; i++)
		if (doubts & 1u << i)
			jout_str(j, names[i]);
	jout_end(j);
}

static void add_answer(struct jout *j, const struct simulation *s, const struct rehearse_act *a)
{
	const struct sources *src = &s->sources;
	const struct rule *rule =
		a->rule ? policy_rule_for(src->policy, src->catalog, a->rule - 1) : NULL;

	jout_add_bool(j, "stopped", act_is_stopped(a));
	if (a->begins_s != INT64_MAX)
		add_time(j, "begins", a->begins_s);
	else
		add_null(j, "begins");
	jout_add_str(j, "reason", reason_name(a->now.reason));
	jout_add_str(j, "mode", mode_name(a->now.mode));
	jout_add_str(j, "exemption", a->exemption ? a->exemption->id : NULL);
	add_number(j, "rule", rule, rule ? rule->line : 0);
	jout_key(j, "evidence");
	if (a->indicator) {
		jout_object(j);
		jout_add_str(j, "kind", indicator_kind_name(a->indicator->kind));
		jout_add_str(j, "value", a->indicator->value);
		jout_end(j);
	} else {
		jout_null(j);
	}
	add_doubts(j, a->doubts);
}

static void add_acts(struct jout *j, const char *key, const struct simulation *s,
		     const struct rehearsal *x)
{
	jout_add_array(j, key);
	for (uint32_t i = 0; i < x->cnt; i++) {
		const struct rehearse_act *a = &x->acts[i];

		jout_object(j);
		add_what(j, &a->first);
		jout_add_u64(j, "count", a->cnt);
		add_time(j, "first", a->first_ms / 1000);
		add_time(j, "last", a->last_ms / 1000);
		add_answer(j, s, a);
		jout_end(j);
	}
	jout_end(j);
}

static void add_gates(struct jout *j, const struct simulation *s)
{
	jout_add_array(j, "gates");
	for (uint32_t i = 0; i < s->gate_cnt; i++) {
		const struct weak_gate *g = &s->gates[i];

		jout_object(j);
		jout_add_str(j, "hook", hook_name(g->hook));
		jout_add_str(j, "proven", g->is_known ? strength_name(g->strength) : NULL);
		jout_add_str(j, "required", strength_name(g->required));
		jout_add_bool(j, "weak", g->is_weak);
		jout_end(j);
	}
	jout_end(j);
}

static void add_held(struct jout *j, const struct simulation *s)
{
	const struct catalog *c = s->sources.catalog;

	jout_add_array(j, "held");
	for (uint32_t i = 0; i < c->product_cnt; i++) {
		if (!s->withheld[i])
			continue;
		jout_object(j);
		jout_add_str(j, "product", c->products[i].id);
		jout_add_u64(j, "rule", policy_rule_for(s->sources.policy, c, i)->line);
		jout_add_str(j, "why", withheld_name(s->withheld[i]));
		jout_end(j);
	}
	jout_end(j);
}

static void add_tail(struct jout *j, const struct simulation *s)
{
	jout_add_array(j, "never_seen");
	for (uint32_t i = 0; i < s->never_cnt; i++) {
		jout_object(j);
		jout_add_str(j, "product", s->never_seen[i]->product);
		jout_add_str(j, "unit", s->never_seen[i]->name);
		jout_end(j);
	}
	jout_end(j);
	jout_add_array(j, "doubts");
	for (uint32_t i = 0; i < s->doubt_cnt; i++)
		jout_str(j, s->doubts[i]);
	jout_end(j);
}

void simulate_json(const struct simulation *s, struct buf *out)
{
	struct jout j = jout_to(out);

	jout_object(&j);
	add_head(&j, s);
	add_journal(&j, s);
	add_acts(&j, "acts", s, &s->past);
	add_acts(&j, "running", s, &s->inventory.running);
	add_gates(&j, s);
	add_held(&j, s);
	add_tail(&j, s);
	jout_end(&j);
	jout_close(&j);
	buf_add_char(out, '\n');
}
