// SPDX-License-Identifier: GPL-2.0-only
/*
 * An account for programs: the same facts as in words. Every key is there in
 * each object, null where it does not apply.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "cmd/account.h"
#include "event/event.h"
#include "out/scan.h"
#include "policy/decide.h"

static void add_time(struct jout *j, const char *key, int64_t at)
{
	struct buf text = { 0 };

	scan_time(&text, at);
	jout_add_str(j, key, buf_str(&text));
	buf_free(&text);
}

/* Where JSON cannot hold the bytes, they follow in hexadecimal. */
static void add_path(struct jout *j, const char *key, const char *key_hex, const char *path)
{
	jout_key(j, key);
	if (jout_str(j, path) || !path)
		return;
	jout_key(j, key_hex);
	jout_hex(j, path, strlen(path));
}

static void add_subject(struct jout *j, const struct subject *s)
{
	bool is_file = s->kind == SUBJECT_PATH || s->kind == SUBJECT_PID;

	add_path(j, "asked", "asked_hex", s->asked);
	jout_add_str(j, "kind", subject_kind_name(s->kind));
	add_path(j, "path", "path_hex", s->path);
	jout_add_str(j, "link", s->link);
	jout_key(j, "pid");
	if (s->kind == SUBJECT_PID)
		jout_u64(j, s->pid);
	else
		jout_null(j);
	jout_add_str(j, "comm", *s->comm ? s->comm : NULL);
	jout_key(j, "deleted");
	if (is_file)
		jout_bool(j, s->is_deleted);
	else
		jout_null(j);
	jout_key(j, "port");
	if (s->facts.port)
		jout_u64(j, s->facts.port);
	else
		jout_null(j);
	jout_add_str(j, "unread", s->err ? strerror(-s->err) : NULL);
}

static void add_product(struct jout *j, const struct account *a)
{
	const struct product *p = a->product;

	jout_key(j, "product");
	if (!p) {
		jout_null(j);
		return;
	}
	jout_object(j);
	jout_add_str(j, "id", p->id);
	jout_add_str(j, "name", p->name);
	jout_add_str(j, "vendor", a->sources->catalog->vendors[p->vendor].id);
	jout_add_str(j, "class", product_class_name(p->class));
	jout_add_bool(j, "security_product", p->security_product);
	jout_end(j);
}

static void add_hit(struct jout *j, const struct catalog *c, const struct indicator *ind)
{
	const struct product *p = &c->products[ind->product];

	jout_object(j);
	jout_add_str(j, "kind", indicator_kind_name(ind->kind));
	jout_add_str(j, "value", ind->value);
	jout_add_str(j, "family", family_name(indicator_family_of(ind->kind)));
	jout_add_str(j, "confidence", confidence_name(ind->confidence));
	jout_add_bool(j, "sufficient", ind->sufficient);
	jout_add_str(j, "product", p->confusable ? p->name : p->id);
	jout_add_bool(j, "confusable", p->confusable);
	jout_add_str(j, "file", indicator_file(c, ind));
	jout_add_u64(j, "line", ind->line);
	jout_end(j);
}

static void add_evidence(struct jout *j, const struct account *a)
{
	const struct catalog *c = a->sources->catalog;
	const struct evidence *e = a->evidence;

	jout_add_array(j, "evidence");
	for (uint32_t i = 0; i < a->match.hit_cnt; i++)
		add_hit(j, c, &c->indicators[a->match.hits[i]]);
	jout_end(j);
	jout_add_array(j, "families");
	for (unsigned int i = 0; e && i < FAMILY_MAX; i++)
		if (e->families & 1u << i)
			jout_str(j, family_name(i));
	jout_end(j);
	jout_add_str(j, "cleared_by", e && e->cleared_by != MATCH_NONE ?
					      c->products[e->cleared_by].name : NULL);
}

/* Families that would make a finding of what is none, unless it is cleared. */
static void add_missing(struct jout *j, const struct account *a)
{
	const struct evidence *e = a->evidence;

	jout_add_array(j, "missing");
	for (unsigned int i = 0; e && i < FAMILY_MAX; i++)
		if (!a->is_finding && e->cleared_by == MATCH_NONE && !(e->families & 1u << i))
			jout_str(j, family_name(i));
	jout_end(j);
}

static void add_package(struct jout *j, const struct account *a)
{
	const struct presence *p = &a->subject->presence;
	const struct catalog *c = a->sources->catalog;

	jout_key(j, "package");
	if (!p->version) {
		jout_null(j);
		return;
	}
	jout_object(j);
	jout_add_str(j, "manager", p->manager);
	jout_add_str(j, "version", p->version);
	jout_add_str(j, "made_by", p->vendor);
	jout_add_bool(j, "removed", p->is_removed);
	jout_add_u64(j, "files", p->file_cnt);
	jout_add_u64(j, "listed_files", p->listed_cnt);
	jout_add_array(j, "listed");
	for (uint32_t i = 0; i < p->told_cnt; i++) {
		jout_object(j);
		add_path(j, "path", "path_hex", p->files[i].path);
		jout_add_str(j, "product", c->products[p->files[i].product].id);
		jout_end(j);
	}
	jout_end(j);
	jout_end(j);
}

/* Of a name: the things there are by it. */
static void add_here(struct jout *j, const struct account *a)
{
	const struct presence *p = &a->subject->presence;
	struct thing **things = NULL;
	uint32_t cnt = 0;

	if (p->look.findings)
		things = findings_things(p->look.findings, &cnt);
	jout_add_array(j, "here");
	for (uint32_t i = 0; i < cnt; i++) {
		jout_object(j);
		jout_add_str(j, "kind", trace_kind_name(things[i]->kind));
		add_path(j, "where", "where_hex", things[i]->where);
		add_path(j, "path", "path_hex", things[i]->path);
		jout_add_str(j, "version", things[i]->version);
		jout_end(j);
	}
	jout_end(j);
	add_package(j, a);
}

static void add_policy(struct jout *j, const struct policy *p)
{
	jout_key(j, "policy");
	if (!p) {
		jout_null(j);
		return;
	}
	jout_object(j);
	jout_add_str(j, "name", p->name);
	jout_add_str(j, "file", p->file);
	jout_key(j, "serial");
	jout_i64(j, p->serial);
	jout_add_bool(j, "enforce", p->enforce);
	jout_end(j);
}

static void add_phases(struct jout *j, const struct rule *rule)
{
	jout_add_array(j, "phases");
	for (uint32_t i = 0; i < rule->phase_cnt; i++) {
		const struct phase *p = &rule->phases[i];

		jout_object(j);
		jout_add_str(j, "mode", mode_name(p->mode));
		if (p->only_during) {
			jout_add_str(j, "only_during", p->only_during);
			jout_add_str(j, "otherwise", mode_name(p->otherwise));
		}
		if (p->begins == INT64_MAX)
			jout_add_bool(j, "never_here", true);
		if (p->begins == INT64_MIN || p->begins == INT64_MAX)
			jout_add_str(j, "from", NULL);
		else
			add_time(j, "from", p->begins);
		jout_end(j);
	}
	jout_end(j);
}

static void add_rule(struct jout *j, const struct account *a)
{
	const struct rule *rule = a->rule;
	struct buf text = { 0 };

	jout_key(j, "rule");
	if (!rule) {
		jout_null(j);
		return;
	}
	jout_object(j);
	jout_add_str(j, "level", rule_level_name(rule->level));
	jout_add_str(j, "target", rule->target);
	jout_add_str(j, "file", a->sources->policy->file);
	jout_add_u64(j, "line", rule->line);
	jout_add_bool(j, "enforces_class", policy_class_enforced(rule, a->product->class));
	account_class_reason(a, &text);
	jout_add_str(j, "why_not_class", text.len ? buf_str(&text) : NULL);
	buf_free(&text);
	jout_add_str(j, "mode", mode_name(a->answer.mode));
	add_phases(j, rule);
	jout_end(j);
}

/* What the kernel would say, armed and with a gate that can deny. */
static void add_result(struct jout *j, const struct account *a)
{
	struct buf text = { 0 };

	jout_key(j, "result");
	if (!a->rule || (!a->is_finding && !a->subject->product)) {
		jout_null(j);
		return;
	}
	account_reason(a, &text);
	jout_object(j);
	jout_add_str(j, "verdict",
		     a->answer.verdict == WEIR_DENY && !a->allowance ? "deny" : "allow");
	jout_add_bool(j, "would", a->answer.would && !a->allowance);
	jout_add_str(j, "reason", a->allowance ? "allow" : reason_name(a->answer.reason));
	jout_add_str(j, "text", buf_str(&text));
	jout_add_bool(j, "kernel_key", a->key != NULL);
	jout_end(j);
	buf_free(&text);
}

static void add_guard(struct jout *j, const struct account *a)
{
	jout_key(j, "guard");
	if (a->guarded) {
		jout_object(j);
		jout_add_str(j, "path", a->guarded->path);
		jout_add_str(j, "why", a->guarded->why);
		jout_end(j);
	} else {
		jout_null(j);
	}
	jout_add_str(j, "guard_error", a->guard_err ? strerror(-a->guard_err) : NULL);
}

void account_json(const struct account *a, struct buf *out)
{
	const struct subject *s = a->subject;
	struct jout j = jout_to(out);

	jout_object(&j);
	add_subject(&j, s);
	jout_add_bool(&j, "listed", account_is_listed(a));
	jout_add_bool(&j, "finding", a->is_finding && (s->kind != SUBJECT_NAME || a->is_here));
	jout_add_str(&j, "vendor", s->vendor ? s->vendor->id : NULL);
	jout_add_str(&j, "directive", s->directive ? s->directive->id : NULL);
	add_product(&j, a);
	jout_add_str(&j, "harmless", a->harmless ? a->harmless->name : NULL);
	add_evidence(&j, a);
	add_missing(&j, a);
	add_here(&j, a);
	add_policy(&j, a->sources->policy);
	add_rule(&j, a);
	jout_add_str(&j, "exemption", a->exemption ? a->exemption->id : NULL);
	add_result(&j, a);
	add_guard(&j, a);
	jout_end(&j);
	jout_close(&j);
}
