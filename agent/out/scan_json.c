// SPDX-License-Identifier: GPL-2.0-only
#include "out/scan_json.h"

#include <string.h>

#include "base/json.h"
#include "event/event.h"
#include "policy/decide.h"

/* As many hits of one thing as finding.c keeps. */
#define HITS_MAX 512

/* Where JSON cannot hold the bytes, they follow in hexadecimal. */
static void add_bytes(struct jout *j, const char *key, const char *key_hex, const char *text)
{
	jout_key(j, key);
	if (jout_str(j, text) || !text)
		return;
	jout_key(j, key_hex);
	jout_hex(j, text, strlen(text));
}

static void add_time(struct jout *j, const char *key, int64_t at_s)
{
	struct buf text = { 0 };

	jout_key(j, key);
	if (at_s) {
		scan_time(&text, at_s);
		jout_str(j, buf_str(&text));
	} else {
		jout_null(j);
	}
	buf_free(&text);
}

/* @list ends with NULL, or is NULL. */
static void add_list(struct jout *j, const char *key, const char *const *list)
{
	jout_add_array(j, key);
	for (; list && *list; list++)
		jout_str(j, *list);
	jout_end(j);
}

static void add_families(struct jout *j, uint8_t families)
{
	jout_add_array(j, "families");
	for (unsigned int i = 0; i < FAMILY_MAX; i++)
		if (families & 1u << i)
			jout_str(j, family_name(i));
	jout_end(j);
}

static void add_head(struct jout *j, const struct scan_report *r)
{
	const struct catalog *c = r->catalog;
	uint32_t vendors = 0, products = 0;

	jout_key(j, "weir_scan");
	jout_u64(j, 1);
	jout_add_str(j, "version", r->version);
	add_time(j, "time", r->time_s);
	jout_add_object(j, "host");
	jout_add_str(j, "name", r->host.name);
	jout_add_str(j, "machine_id", r->host.machine_id);
	jout_add_str(j, "os", r->host.os);
	jout_add_str(j, "kernel", r->host.kernel);
	jout_add_str(j, "arch", r->host.arch);
	jout_end(j);
	add_bytes(j, "root", "root_hex", r->root);
	jout_key(j, "only");
	if (r->only) {
		jout_array(j);
		for (const char *const *name = r->only; *name; name++)
			jout_str(j, *name);
		jout_end(j);
	} else {
		jout_null(j);
	}
	jout_add_bool(j, "complete", scan_is_complete(r));
	for (uint32_t i = 0; i < c->vendor_cnt; i++)
		vendors += !c->vendors[i].confusables;
	for (uint32_t i = 0; i < c->product_cnt; i++)
		products += !c->products[i].confusable;
	jout_add_object(j, "catalog");
	add_bytes(j, "dir", "dir_hex", r->catalog_dir);
	jout_add_u64(j, "vendors", vendors);
	jout_add_u64(j, "products", products);
	jout_add_u64(j, "indicators", c->indicator_cnt);
	jout_end(j);
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
	add_bytes(j, "file", "file_hex", p->file);
	jout_key(j, "serial");
	jout_i64(j, p->serial);
	jout_add_bool(j, "enforce", p->enforce);
	jout_end(j);
}

static void add_summary(struct jout *j, const struct scan_report *r)
{
	struct scan_summary s;

	scan_summarize(r, &s);
	jout_add_object(j, "summary");
	jout_add_u64(j, "products", s.products);
	jout_add_u64(j, "vendors", s.vendors);
	for (unsigned int i = STATE_MAX; i-- > 0;) {
		jout_key(j, finding_state_name(i));
		jout_u64(j, s.by_state[i]);
	}
	jout_add_u64(j, "cleared", r->findings->cleared_cnt);
	jout_add_u64(j, "weak", r->findings->weak_cnt);
	jout_add_u64(j, "traces", r->findings->seen);
	jout_end(j);
}

static void add_hit(struct jout *j, const struct catalog *c, const struct indicator *ind)
{
	jout_object(j);
	jout_add_str(j, "kind", indicator_kind_name(ind->kind));
	jout_add_str(j, "value", ind->value);
	jout_add_str(j, "family", family_name(indicator_family_of(ind->kind)));
	jout_add_str(j, "confidence", confidence_name(ind->confidence));
	jout_add_bool(j, "sufficient", ind->sufficient);
	jout_add_str(j, "source", ind->source);
	jout_add_str(j, "note", ind->note);
	jout_add_str(j, "file", indicator_file(c, ind));
	jout_add_u64(j, "line", ind->line);
	jout_end(j);
}

static void add_flags(struct jout *j, uint32_t flags)
{
	jout_add_array(j, "flags");
	for (unsigned int i = 0; i < FINDING_FLAG_CNT; i++)
		if (flags & 1u << i)
			jout_str(j, finding_flag_name(i));
	jout_end(j);
}

static void add_starters(struct jout *j, const struct thing *t)
{
	const char *const *list = t->started_by.item;

	jout_add_array(j, "started_by");
	for (uint32_t i = 0; i < t->started_by.cnt; i++)
		jout_str(j, list[i]);
	jout_end(j);
}

static void add_circumstances(struct jout *j, const struct thing *t)
{
	add_flags(j, t->flags);
	add_bytes(j, "version", "version_hex", t->version);
	add_bytes(j, "package", "package_hex", t->package);
	jout_key(j, "owned");
	if (t->package || t->flags & TRACE_UNOWNED)
		jout_bool(j, t->package);
	else
		jout_null(j);
	add_bytes(j, "container", "container_hex", t->container);
	add_bytes(j, "user", "user_hex", t->user);
	add_bytes(j, "detail", "detail_hex", t->detail);
	add_time(j, "changed", t->changed);
	add_starters(j, t);
	jout_key(j, "pid");
	if (t->pid)
		jout_u64(j, t->pid);
	else
		jout_null(j);
}

/* The members of a thing; @product: whose evidence it is. */
static void add_thing(struct jout *j, const struct catalog *c, const struct finding_row *row,
		      uint32_t product)
{
	const struct thing *t = row->thing;
	uint32_t hits[HITS_MAX], cnt;

	jout_add_str(j, "kind", trace_kind_name(t->kind));
	add_bytes(j, "where", "where_hex", t->where);
	add_bytes(j, "path", "path_hex", t->path);
	jout_add_str(j, "state", finding_state_name(row->state));
	add_circumstances(j, t);
	jout_add_bool(j, "alone", row->is_alone);
	jout_add_bool(j, "sufficient", row->is_sufficient);
	jout_add_str(j, "confidence", confidence_name(row->confidence));
	add_families(j, row->families);
	add_time(j, "first_seen", row->first_seen);
	jout_add_array(j, "evidence");
	cnt = thing_hits_of(t, c, product, hits, HITS_MAX);
	for (uint32_t i = 0; i < cnt; i++)
		add_hit(j, c, &c->indicators[hits[i]]);
	jout_end(j);
}

static void add_directives(struct jout *j, const struct scan_report *r, uint32_t vendor)
{
	jout_add_array(j, "directives");
	for (uint32_t i = 0; i < r->catalog->directive_cnt; i++) {
		const struct directive *d = &r->catalog->directives[i];
		const char *status = scan_status_in(r, d, vendor);

		if (!status)
			continue;
		jout_object(j);
		jout_add_str(j, "id", d->id);
		jout_add_str(j, "status", status);
		jout_end(j);
	}
	jout_end(j);
}

static void add_outlook(struct jout *j, const struct scan_outlook *o)
{
	struct buf text = { 0 };

	jout_key(j, "policy");
	if (!o) {
		jout_null(j);
		return;
	}
	jout_object(j);
	jout_add_str(j, "rule", o->rule ? o->rule->target : NULL);
	jout_key(j, "line");
	if (o->rule)
		jout_u64(j, o->rule->line);
	else
		jout_null(j);
	jout_add_str(j, "level", o->rule ? rule_level_name(o->rule->level) : NULL);
	jout_add_str(j, "mode", o->rule ? mode_name(o->mode) : NULL);
	jout_add_str(j, "exemption", o->exemption ? o->exemption->id : NULL);
	jout_add_bool(j, "would", o->would);
	jout_add_str(j, "reason", o->rule ? reason_name(o->reason) : NULL);
	scan_outlook_text(o, &text);
	jout_add_str(j, "text", buf_str(&text));
	jout_end(j);
	buf_free(&text);
}

static void add_removal(struct jout *j, const struct product *p)
{
	jout_add_object(j, "remove");
	jout_add_str(j, "cmd", p->remove_cmd);
	add_list(j, "paths", p->remove_paths);
	jout_add_str(j, "note", p->remove_note);
	jout_end(j);
	jout_add_object(j, "risk");
	jout_key(j, "fails_closed");
	if (p->fails_closed < 0)
		jout_null(j);
	else
		jout_bool(j, p->fails_closed);
	jout_add_bool(j, "login_path", p->login_path);
	add_list(j, "restarts", p->restarts);
	jout_add_str(j, "note", p->risk_note);
	jout_end(j);
}

static void add_rows(struct jout *j, const struct scan_report *r, const struct finding *item)
{
	jout_add_array(j, "pids");
	for (uint32_t i = 0; i < item->row_cnt; i++)
		if (item->rows[i].thing->kind == TRACE_PROCESS && item->rows[i].thing->pid)
			jout_u64(j, item->rows[i].thing->pid);
	jout_end(j);
	jout_add_u64(j, "more", item->more);
	jout_add_array(j, "things");
	for (uint32_t i = 0; i < item->row_cnt; i++) {
		jout_object(j);
		add_thing(j, r->catalog, &item->rows[i], item->product);
		jout_end(j);
	}
	jout_end(j);
}

static void add_product(struct jout *j, const struct scan_report *r, uint32_t at)
{
	const struct finding *item = &r->findings->items[at];
	const struct product *p = &r->catalog->products[item->product];
	const struct vendor *v = &r->catalog->vendors[p->vendor];

	jout_object(j);
	jout_add_str(j, "id", p->id);
	jout_add_str(j, "name", p->name ? p->name : v->name);
	jout_add_str(j, "vendor", v->id);
	jout_add_str(j, "vendor_name", v->name);
	jout_add_str(j, "class", product_class_name(p->class));
	jout_add_bool(j, "security_product", p->security_product);
	jout_add_str(j, "state", finding_state_name(item->state));
	add_bytes(j, "version", "version_hex", item->version);
	jout_add_str(j, "confidence", confidence_name(item->confidence));
	jout_add_bool(j, "sufficient", item->is_sufficient);
	jout_add_bool(j, "combined", item->is_combined);
	jout_add_bool(j, "enforceable", item->may_enforce);
	add_families(j, item->families);
	add_time(j, "first_seen", item->first_seen);
	add_time(j, "last_seen", item->last_seen);
	add_directives(j, r, p->vendor);
	add_outlook(j, r->outlooks ? &r->outlooks[at] : NULL);
	add_removal(j, p);
	add_rows(j, r, item);
	jout_end(j);
}

static void add_cleared_by(struct jout *j, const struct catalog *c, uint32_t product)
{
	const struct product *p;

	jout_key(j, "cleared_by");
	if (product == MATCH_NONE) {
		jout_null(j);
		return;
	}
	p = &c->products[product];
	jout_object(j);
	jout_add_str(j, "name", p->name);
	jout_add_str(j, "class", product_class_name(p->class));
	jout_add_str(j, "why", p->note);
	jout_add_str(j, "file", c->vendors[p->vendor].file);
	jout_end(j);
}

static void add_suspicions(struct jout *j, const struct scan_report *r, const char *key,
			   const struct suspicion *list, uint32_t cnt)
{
	const struct catalog *c = r->catalog;

	jout_key(j, key);
	if (!r->shows_all) {
		jout_null(j);
		return;
	}
	jout_array(j);
	for (uint32_t i = 0; i < cnt; i++) {
		const struct suspicion *s = &list[i];

		jout_object(j);
		jout_add_str(j, "product",
			     s->product == MATCH_NONE ? NULL : c->products[s->product].id);
		add_cleared_by(j, c, s->cleared_by);
		add_thing(j, c, &s->row, s->product == MATCH_NONE ? s->cleared_by : s->product);
		jout_end(j);
	}
	jout_end(j);
}

static void add_tail(struct jout *j, const struct scan_report *r)
{
	jout_add_array(j, "gone");
	for (uint32_t i = 0; i < r->gone_cnt; i++) {
		jout_object(j);
		jout_add_str(j, "id", r->gone[i].product);
		add_time(j, "first_seen", r->gone[i].first_seen);
		add_time(j, "last_seen", r->gone[i].last_seen);
		jout_end(j);
	}
	jout_end(j);
	jout_add_array(j, "unread");
	for (uint32_t i = 0; i < r->unread_cnt; i++) {
		jout_object(j);
		add_bytes(j, "what", "what_hex", r->unread[i].what);
		jout_add_str(j, "error", strerror(-r->unread[i].err));
		jout_end(j);
	}
	jout_end(j);
	jout_add_u64(j, "unread_more", r->unread_more);
}

void scan_json(const struct scan_report *r, struct buf *out)
{
	const struct findings *f = r->findings;
	struct jout j = jout_to(out);

	jout_object(&j);
	add_head(&j, r);
	add_policy(&j, r->policy);
	add_summary(&j, r);
	jout_add_array(&j, "products");
	for (uint32_t i = 0; i < f->cnt; i++)
		add_product(&j, r, i);
	jout_end(&j);
	add_suspicions(&j, r, "cleared", f->cleared, f->cleared_cnt);
	add_suspicions(&j, r, "weak", f->weak, f->weak_cnt);
	add_tail(&j, r);
	jout_end(&j);
	jout_close(&j);
	buf_add_char(out, '\n');
}
