// SPDX-License-Identifier: GPL-2.0-only
/*
 * What OCSF has no field for: how the kernel came to its verdict, on whose
 * evidence, and how far the record can be trusted; see ocsf_parts.h.
 */
#include "out/ocsf_parts.h"

#include "base/cleanup.h"
#include "base/utf8.h"

/* Hits told of one event; the rest is a number. */
#define HITS_TOLD 16

static const struct {
	uint32_t flag;
	const char *name;
} flags[] = {
	{ WEIR_REC_PATH_CUT, "path-cut" },
	{ WEIR_REC_ARGV_CUT, "argv-cut" },
	{ WEIR_REC_UNHASHED, "unhashed" },
	{ WEIR_REC_HASHED, "hashed" },
	{ WEIR_REC_SCRIPT, "script" },
	{ WEIR_REC_DELETED, "deleted" },
	{ WEIR_REC_TOO_DEEP, "too-deep" },
	{ WEIR_REC_SLIPPED, "slipped" },
	{ WEIR_REC_CANARY, "canary" },
	{ WEIR_REC_INIT_MOD, "init-module" },
	{ WEIR_REC_PORTLESS, "portless" },
};

static const char *const verdict_names[] = {
	[WEIR_ALLOW] = "allow",
	[WEIR_DENY] = "deny",
	[WEIR_KILL] = "kill",
};
_Static_assert(ARRAY_SIZE(verdict_names) == WEIR_VERDICT_MAX, "every verdict has a name");

static const char *const key_names[] = {
	[WEIR_KEY_NONE] = "none",	  [WEIR_KEY_FILE] = "file",
	[WEIR_KEY_DIR] = "dir",		  [WEIR_KEY_SHA256] = "sha256",
	[WEIR_KEY_BUILD_ID] = "build-id", [WEIR_KEY_PREFIX] = "prefix",
};
_Static_assert(ARRAY_SIZE(key_names) == WEIR_KEY_MAX, "every kind of key has a name");

static const char *const path_sources[] = { "none", "walk", "name" };
static const char *const argv_sources[] = { "none", "stack", "regs" };
static const char *const ring_names[] = { "denials", "records" };
static const char *const call_names[] = { "connect", "send", "connectx" };
_Static_assert(ARRAY_SIZE(call_names) == WEIR_CALL_MAX, "every call has a name");

int ocsf_ring(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(ring_names); i++)
		if (!strcmp(name, ring_names[i]))
			return (int)i;
	return -1;
}

static void add_indicator(struct jout *j, const struct indicator *ind)
{
	jout_object(j);
	jout_add_str(j, "kind", indicator_kind_name(ind->kind));
	jout_add_str(j, "value", ind->value);
	jout_add_str(j, "confidence", confidence_name(ind->confidence));
	jout_add_bool(j, "sufficient", ind->sufficient);
	jout_add_u64(j, "line", ind->line);
	jout_end(j);
}

/* The evidence: what the kernel went by, else what user space found. */
static void add_match(struct jout *j, const struct decision *d)
{
	const struct match *m = d->found;

	if (!d->indicator && (!m || !m->hit_cnt))
		return;
	jout_add_array(j, "match");
	if (d->indicator)
		add_indicator(j, d->indicator);
	for (uint32_t i = 0; m && i < m->hit_cnt && i < HITS_TOLD; i++)
		if (&d->catalog->indicators[m->hits[i]] != d->indicator)
			add_indicator(j, &d->catalog->indicators[m->hits[i]]);
	jout_end(j);
}

static void add_rule(struct jout *j, const struct decision *d)
{
	if (d->product)
		jout_add_str(j, "product", d->product->id);
	if (d->product && d->catalog)
		jout_add_str(j, "vendor", d->catalog->vendors[d->product->vendor].id);
	if (d->exemption)
		jout_add_str(j, "exemption", d->exemption->id);
	if (!d->rule)
		return;
	jout_add_object(j, "rule");
	jout_add_u64(j, "line", d->rule->line);
	jout_add_str(j, "level", rule_level_name(d->rule->level));
	jout_add_str(j, "target", d->rule->target);
	jout_end(j);
}

static void add_verdict(struct jout *j, const struct weir_rec *rec, const struct decision *d)
{
	jout_add_str(j, "outcome", outcome_name(d->outcome));
	jout_add_str(j, "verdict", verdict_names[rec->answer.verdict]);
	jout_add_str(j, "reason", reason_name(rec->answer.reason));
	jout_add_str(j, "mode", mode_name(rec->answer.mode));
	jout_add_bool(j, "would", rec->answer.would);
	jout_add_str(j, "hook", hook_name(rec->hook));
	jout_add_str(j, "mechanism", mechanism_name(rec->mechanism));
	jout_add_str(j, "strength", strength_name(rec->strength));
	jout_add_u64(j, "generation", rec->generation);
	jout_add_u64(j, "cpu", rec->cpu);
	jout_add_str(j, "ring", ring_names[rec->ring]);
	jout_add_str(j, "key", key_names[rec->key.kind]);
	if (d->is_stale)
		jout_add_bool(j, "stale", true);
}

static void add_flags(struct jout *j, uint32_t set)
{
	if (!set)
		return;
	jout_add_array(j, "flags");
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (set & flags[i].flag)
			jout_str(j, flags[i].name);
	jout_end(j);
}

static bool is_utf8(const char *s, size_t len)
{
	uint32_t c;
	size_t n;

	for (size_t at = 0; at < len; at += n) {
		n = utf8_step(s + at, len - at, &c);
		if (!n)
			return false;
	}
	return true;
}

/* Lossless: what JSON text cannot carry is given as digits beside it. */
static void add_hex_of(struct jout *j, const char *key, const char *s, size_t len)
{
	if (!s || is_utf8(s, len))
		return;
	jout_key(j, key);
	jout_hex(j, s, len);
}

static void add_file(struct jout *j, const struct event *ev)
{
	const struct weir_rec_file *f = &ev->file;
	const char *path = ev->path ? ev->path : ev->name;

	jout_add_str(j, "path_source", path_sources[f->path_source]);
	jout_add_str(j, "argv_source", argv_sources[f->argv_source]);
	if (path)
		add_hex_of(j, "path_hex", path, strlen(path));
	if (ev->name && ev->path && strcmp(ev->name, ev->path) != 0)
		jout_add_str(j, "name", ev->name);
	if (ev->interp)
		jout_add_str(j, "interpreter", ev->interp);
	jout_key(j, "file_mode");
	jout_u64(j, f->mode);
	jout_add_u64(j, "ctime_ns", f->ctime_ns);
}

static void add_namespaces(struct jout *j, const struct ocsf *o, const struct weir_subject *who)
{
	jout_add_object(j, "namespaces");
	jout_add_u64(j, "mnt", who->ns_mnt);
	jout_add_u64(j, "pid", who->ns_pid);
	jout_add_u64(j, "net", who->ns_net);
	jout_add_u64(j, "user", who->ns_user);
	jout_end(j);
	jout_add_u64(j, "cgroup", who->cgroup);
	if (o->unit)
		jout_add_str(j, "unit", o->unit);
	if (o->user_unit)
		jout_add_str(j, "user_unit", o->user_unit);
	jout_add_u64(j, "caps", who->caps);
}

void ocsf_unmapped(struct jout *j, const struct ocsf *o, const struct event *ev,
		   const struct decision *d)
{
	jout_add_object(j, "unmapped");
	add_verdict(j, &ev->rec, d);
	add_rule(j, d);
	add_match(j, d);
	add_flags(j, ev->rec.flags);
	if (ev->kind == EVENT_CONNECT)
		jout_add_str(j, "call", call_names[ev->connect.call]);
	else
		add_file(j, ev);
	add_namespaces(j, o, &ev->rec.who);
	jout_end(j);
}

static void add_loss(struct jout *j, const struct event_loss *loss)
{
	static const char *const names[] = {
		[WEIR_REC_EXEC] = "exec",	[WEIR_REC_LOAD] = "load",
		[WEIR_REC_MODULE] = "module",	[WEIR_REC_CONNECT] = "connect",
		[WEIR_REC_NEW] = "new",
	};
	_Static_assert(ARRAY_SIZE(names) == WEIR_REC_MAX, "every type has a name");

	jout_add_object(j, "lost");
	for (size_t i = WEIR_REC_EXEC; i < WEIR_REC_MAX; i++)
		jout_add_u64(j, names[i], loss->by_type[i]);
	jout_add_u64(j, "denials", loss->denials);
	jout_add_u64(j, "since_ns", loss->since_ns);
	jout_end(j);
}

static void add_gap(struct jout *j, const struct event_gap *gap)
{
	jout_add_object(j, "gap");
	jout_add_u64(j, "lines", gap->lines);
	jout_key(j, "first_time");
	jout_i64(j, gap->first_ms);
	jout_key(j, "last_time");
	jout_i64(j, gap->last_ms);
	jout_key(j, "errno");
	jout_i64(j, gap->error);
	jout_end(j);
}

static void add_gate(struct jout *j, const struct event_gate *gate)
{
	jout_add_str(j, "hook", hook_name(gate->hook));
	jout_add_str(j, "mechanism", mechanism_name(gate->mechanism));
	jout_add_str(j, "strength", strength_name(gate->strength));
}

static void add_identified(struct jout *j, const struct event *ev)
{
	const struct event_identified *id = &ev->note.identified;

	jout_add_object(j, "identified");
	if (ev->path)
		jout_add_str(j, "path", ev->path);
	jout_add_u64(j, "size", id->size);
	if (id->is_hashed) {
		jout_key(j, "sha256");
		jout_hex(j, id->sha256, sizeof(id->sha256));
	}
	jout_add_str(j, "key", id->key.kind < WEIR_KEY_MAX ? key_names[id->key.kind] : "none");
	jout_end(j);
	if (ev->path)
		add_hex_of(j, "path_hex", ev->path, strlen(ev->path));
}

static void add_phase(struct jout *j, const struct event_phase *phase)
{
	jout_add_object(j, "phase");
	jout_add_str(j, "from", mode_name(phase->from));
	jout_add_str(j, "to", mode_name(phase->to));
	jout_key(j, "at");
	jout_i64(j, phase->at_s * 1000);
	jout_add_u64(j, "line", phase->line);
	jout_end(j);
}

static void add_unparsed(struct jout *j, const struct event *ev)
{
	if (!ev->path)
		return;
	jout_add_object(j, "unparsed");
	jout_add_str(j, "path", ev->path);
	jout_end(j);
	add_hex_of(j, "path_hex", ev->path, strlen(ev->path));
}

static void add_running(struct jout *j, const struct event *ev)
{
	jout_add_object(j, "running");
	jout_add_u64(j, "pid", ev->note.running.pid);
	jout_add_u64(j, "uid", ev->note.running.uid);
	if (ev->path)
		jout_add_str(j, "path", ev->path);
	jout_end(j);
	if (ev->path)
		add_hex_of(j, "path_hex", ev->path, strlen(ev->path));
}

void ocsf_unmapped_note(struct jout *j, const struct event *ev, const struct decision *d)
{
	jout_add_object(j, "unmapped");
	jout_add_str(j, "outcome", outcome_name(OUTCOME_NOTE));
	jout_add_u64(j, "generation", ev->note.generation);
	if (ev->note.serial) {
		jout_key(j, "serial");
		jout_i64(j, ev->note.serial);
	}
	if (ev->kind == EVENT_RECORDS_LOST)
		add_loss(j, &ev->note.loss);
	else if (ev->kind == EVENT_JOURNAL_GAP)
		add_gap(j, &ev->note.gap);
	else if (ev->kind == EVENT_GATE_PROVEN || ev->kind == EVENT_GATE_LOST)
		add_gate(j, &ev->note.gate);
	else if (ev->kind == EVENT_IDENTIFIED)
		add_identified(j, ev);
	else if (ev->kind == EVENT_PHASE || ev->kind == EVENT_PHASE_AHEAD)
		add_phase(j, &ev->note.phase);
	else if (ev->kind == EVENT_PARSER_FAILED)
		add_unparsed(j, ev);
	else if (ev->kind == EVENT_RUNNING)
		add_running(j, ev);
	add_rule(j, d);
	add_match(j, d);
	jout_end(j);
}
