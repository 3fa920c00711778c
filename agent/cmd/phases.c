// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/phases.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "base/index.h"
#include "cmd/arming.h"
#include "cmd/state_file.h"
#include "cmd/zoneinfo.h"
#include "policy/calendar.h"
#include "policy/decide.h"

#define NS_PER_S 1000000000LL

void phases_exit(struct phases *ph)
{
	while (ph->cnt)
		free(ph->list[--ph->cnt].name);
	free(ph->list);
	memset(ph, 0, sizeof(*ph));
}

/* --- on disk --- */

static int mode_by_name(const json_t *j)
{
	const char *name = json_string_value(j);

	for (int m = 0; name && m < WEIR_MODE_MAX; m++)
		if (!strcmp(mode_name(m), name))
			return m;
	return -EINVAL;
}

static int64_t number(const json_t *one, const char *key, int64_t otherwise)
{
	const json_t *j = json_object_get(one, key);

	return json_is_integer(j) ? json_integer_value(j) : otherwise;
}

static int read_mark(const json_t *one, struct phase_mark *marks)
{
	int mode = mode_by_name(json_object_get(one, "mode"));

	if (mode < 0)
		return -EINVAL;
	marks[mode] = (struct phase_mark){ .is_there = true,
					   .is_reached = json_is_true(json_object_get(one,
										      "reached")),
					   .from = number(one, "from", INT64_MIN),
					   .begins = number(one, "begins", INT64_MAX) };
	return 0;
}

static int read_rule(const char *name, const json_t *one, struct phase_seen *s)
{
	int mode = mode_by_name(json_object_get(one, "mode"));
	const json_t *mark;
	size_t i;

	if (mode < 0)
		return -EINVAL;
	json_array_foreach(json_object_get(one, "phases"), i, mark)
		if (read_mark(mark, s->marks))
			return -EINVAL;
	s->mode = (uint8_t)mode;
	s->told_s = number(one, "told", 0);
	s->until_s = number(one, "until", s->told_s);
	s->warned_at = number(one, "warned_for", 0);
	s->warned_days = (uint8_t)(number(one, "warned_days", 0) & 31);
	s->name = strdup(name);
	return s->name ? 0 : -ENOMEM;
}

static int read_object(const json_t *all, struct phases *ph)
{
	json_t *rules = json_object_get(all, "rules"), *one;
	const json_t *telling = json_object_get(all, "telling");
	const char *policy = json_string_value(json_object_get(all, "policy")), *boot, *name;

	if (!policy || strlen(policy) >= sizeof(ph->policy) || !json_is_object(rules))
		return -EINVAL;
	snprintf(ph->policy, sizeof(ph->policy), "%s", policy);
	ph->serial = number(all, "serial", 0);
	ph->offset_ns = number(all, "offset_ns", 0);
	ph->held_s = number(all, "held", 0);
	ph->is_telling = json_is_object(telling);
	ph->file = (uint64_t)number(telling, "file", 0);
	ph->bytes = (uint64_t)number(telling, "bytes", 0);
	boot = json_string_value(json_object_get(all, "boot"));
	snprintf(ph->boot_id, sizeof(ph->boot_id), "%s", boot ? boot : "");
	ph->list = calloc(json_object_size(rules) + 1, sizeof(*ph->list));
	if (!ph->list)
		return -ENOMEM;
	json_object_foreach(rules, name, one) {
		int err = read_rule(name, one, &ph->list[ph->cnt]);

		if (err)
			return err;
		ph->cnt++;
	}
	return 0;
}

int phases_read(const char *path, struct phases *ret)
{
	json_auto_t *all = NULL;
	int err;

	memset(ret, 0, sizeof(*ret));
	err = state_read(path, &all);
	if (err)
		return err;
	err = read_object(all, ret);
	if (err)
		phases_exit(ret);
	return err;
}

static json_t *mark_object(const struct phase_mark *m, int mode)
{
	json_t *one = json_pack("{s:s, s:b}", "mode", mode_name(mode), "reached", m->is_reached);
	int err = !one;

	if (!err && m->from != INT64_MIN)
		err = json_object_set_new(one, "from", json_integer(m->from));
	if (!err && m->begins != INT64_MAX)
		err = json_object_set_new(one, "begins", json_integer(m->begins));
	if (!err)
		return one;
	json_decref(one);
	return NULL;
}

static json_t *rule_object(const struct phase_seen *s)
{
	json_t *one = json_pack("{s:s, s:I, s:I, s:[]}", "mode", mode_name(s->mode), "told",
				(json_int_t)s->told_s, "until", (json_int_t)s->until_s, "phases");
	json_t *marks = json_object_get(one, "phases");
	int err = !one;

	for (int m = 0; m < WEIR_MODE_MAX && !err; m++)
		if (s->marks[m].is_there)
			err = json_array_append_new(marks, mark_object(&s->marks[m], m));
	if (!err && s->warned_days)
		err = json_object_set_new(one, "warned_for", json_integer(s->warned_at)) ||
		      json_object_set_new(one, "warned_days", json_integer(s->warned_days));
	if (!err)
		return one;
	json_decref(one);
	return NULL;
}

int phases_write(const char *path, const struct phases *ph)
{
	json_auto_t *all = NULL;
	json_t *rules;

	all = json_pack("{s:s, s:I, s:s, s:I, s:I, s:{}}", "policy", ph->policy, "serial",
			(json_int_t)ph->serial, "boot", ph->boot_id, "offset_ns",
			(json_int_t)ph->offset_ns, "held", (json_int_t)ph->held_s, "rules");
	rules = json_object_get(all, "rules");
	if (ph->is_telling &&
	    json_object_set_new(all, "telling",
				json_pack("{s:I, s:I}", "file", (json_int_t)ph->file, "bytes",
					  (json_int_t)ph->bytes)))
		return -ENOMEM;
	for (uint32_t i = 0; i < ph->cnt; i++)
		if (json_object_set_new(rules, ph->list[i].name, rule_object(&ph->list[i])))
			return -ENOMEM;
	return state_write_json(path, all);
}

int64_t phases_clock(int64_t offset_ns)
{
	return ((int64_t)arming_now_ns() + offset_ns) / NS_PER_S;
}

int phases_table_time(const struct phases *ph, int64_t *ret)
{
	CLEANUP(fclosep) FILE *in = fopen("/proc/sys/kernel/random/boot_id", "re");
	char id[sizeof(ph->boot_id)];

	if (!in || !fgets(id, sizeof(id), in) || strcmp(id, ph->boot_id) != 0)
		return -ESTALE;
	*ret = phases_clock(ph->offset_ns);
	return 0;
}

/* --- against a policy --- */

static struct phase_seen *find(const struct phases *ph, const char *name)
{
	for (uint32_t i = 0; i < ph->cnt; i++)
		if (!strcmp(ph->list[i].name, name))
			return &ph->list[i];
	return NULL;
}

static const struct phase *phase_of(const struct rule *rule, int mode)
{
	for (uint32_t i = 0; i < rule->phase_cnt; i++)
		if (rule->phases[i].mode == mode)
			return &rule->phases[i];
	return NULL;
}

/* While no agent was there the kernel went on by its own clock. */
static bool had_its_turn(const struct phase_mark *m, int64_t table_s)
{
	return m->is_there && (m->is_reached || m->begins <= table_s);
}

static bool hold_marks(const struct rule *rule, const struct phase_seen *s, bool is_newer,
		       int64_t table_s, int64_t now_s)
{
	bool is_held = false;

	for (int m = 0; m < WEIR_MODE_MAX; m++) {
		const struct phase_mark *mark = &s->marks[m];
		const struct phase *phase = phase_of(rule, m);

		if (!phase || !had_its_turn(mark, table_s) ||
		    (is_newer && phase->begins > mark->begins))
			continue;
		is_held |= calendar_reached(rule, (uint8_t)m, mark->from, now_s);
	}
	return is_held;
}

static bool hold_one(const struct rule *rule, const struct phase_seen *s, bool is_newer,
		     int64_t table_s, int64_t now_s)
{
	const struct phase *phase = is_newer ? NULL : calendar_phase(rule, table_s);
	bool is_held = phase && calendar_reached(rule, phase->mode, phase->from, now_s);

	return (s && hold_marks(rule, s, is_newer, table_s, now_s)) || is_held;
}

uint32_t phases_hold(const struct phases *ph, const struct policy *p, int64_t table_s,
		     int64_t now_s)
{
	char name[RULE_NAME_MAX];
	uint32_t held = 0;

	if (strcmp(ph->policy, p->name) != 0)
		return 0;
	/* Steps that were held were none of the kernel's. */
	if (ph->held_s && table_s > ph->held_s)
		table_s = ph->held_s;
	for (uint32_t i = 0; i < p->rule_cnt; i++) {
		if (!p->rules[i].here)
			continue;
		rule_name(&p->rules[i], name, sizeof(name));
		held += hold_one(&p->rules[i], find(ph, name), p->serial > ph->serial, table_s,
				 now_s);
	}
	return held;
}

bool phases_reach(struct phase_seen *s, int64_t at)
{
	bool is_news = false;

	for (uint32_t i = 0; i < s->rule->phase_cnt; i++) {
		const struct phase *phase = &s->rule->phases[i];
		struct phase_mark *m = &s->marks[phase->mode];

		/* What was there from the start no clock can lower. */
		if (!m->is_there || m->is_reached || phase->begins > at)
			continue;
		m->is_reached = true;
		is_news = true;
	}
	return is_news;
}

/* A phase that was reached has lost its moment, which is remembered. */
static void mark_phases(struct phase_seen *s, const struct phase_seen *old)
{
	for (uint32_t i = 0; i < s->rule->phase_cnt; i++) {
		const struct phase *phase = &s->rule->phases[i];
		const struct phase_mark *was = old ? &old->marks[phase->mode] : NULL;
		struct phase_mark *m = &s->marks[phase->mode];
		bool is_reached = phase->why & PHASE_REACHED;

		if (phase->begins == INT64_MAX || (phase->begins == INT64_MIN && !is_reached))
			continue;
		*m = (struct phase_mark){ true, is_reached, phase->from, phase->begins };
		if (is_reached)
			m->begins = was && was->is_there && was->from == phase->from ?
					    was->begins : INT64_MAX;
	}
}

/* A share of a directive's rule that only observes says nothing about the rule. */
static bool is_told_of(const struct rule *r)
{
	return r->here && (r->level != RULE_DIRECTIVE || !r->vendor || r->phase_cnt > 1 ||
			   r->phases[0].mode != WEIR_OBSERVE);
}

/* The rules that decide, once each: the shares of a directive's are one. */
static int collect(const struct policy *p, const struct catalog *c, struct phases *to)
{
	struct index by_name = { 0 };
	int err = 0;

	to->list = calloc(c->product_cnt + 1UL, sizeof(*to->list));
	if (!to->list)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->product_cnt && !err; i++) {
		const struct rule *r = policy_rule_for(p, c, i);
		uint32_t old;

		if (!r || !is_told_of(r))
			continue;
		err = index_put(&by_name, r->target, r->level, to->cnt, &old);
		if (!err && old == INDEX_NONE) {
			char name[RULE_NAME_MAX];

			rule_name(r, name, sizeof(name));
			to->list[to->cnt] = (struct phase_seen){ .name = strdup(name), .rule = r,
								 .product = i };
			err = to->list[to->cnt].name ? 0 : -ENOMEM;
			old = to->cnt++;
		}
		if (!err)
			to->list[old].product_cnt++;
	}
	index_exit(&by_name);
	return err;
}

static void remember(struct phase_seen *s, const struct phase_seen *old, bool is_same)
{
	s->mode = old->mode;
	s->warned_at = old->warned_at;
	s->warned_days = old->warned_days;
	s->is_behind = is_same;
	s->is_by_policy = !is_same;
	if (!is_same)
		return;
	/* Hours that a clock was ahead of come again; phases stay and do not. */
	if (old->told_s < s->told_s)
		s->told_s = old->told_s;
	s->until_s = old->until_s;
	/* Those of a newer policy than this one. */
	for (int m = 0; m < WEIR_MODE_MAX; m++)
		if (old->marks[m].is_there && !s->marks[m].is_there)
			s->marks[m] = old->marks[m];
		else if (old->marks[m].is_reached && old->marks[m].from == s->marks[m].from)
			s->marks[m].is_reached = true;
}

int phases_take(struct phases *ph, const struct policy *p, const struct catalog *c, int64_t now_s)
{
	CLEANUP(phases_exit) struct phases next = { .now_s = now_s, .taken_s = now_s,
						    .is_read = true, .is_dirty = true };
	bool is_named = !strcmp(ph->policy, p->name);
	bool is_same = is_named && p->serial == ph->serial;
	struct phases was;
	int err = collect(p, c, &next);

	if (err)
		return err;
	next.held_s = p->held_s;
	next.is_telling = is_same && ph->is_telling;
	next.file = ph->file;
	next.bytes = ph->bytes;
	snprintf(next.policy, sizeof(next.policy), "%s", p->name);
	/* An older one does not make the newer one's word new. */
	next.serial = is_named && ph->serial > p->serial ? ph->serial : p->serial;
	for (uint32_t i = 0; i < next.cnt; i++) {
		struct phase_seen *s = &next.list[i], *old = find(ph, s->name);

		s->told_s = s->until_s = now_s;
		s->mode = calendar_mode(p, s->rule, now_s);
		mark_phases(s, is_named ? old : NULL);
		if (old)
			remember(s, old, is_same || (is_named && p->serial < ph->serial));
	}
	was = *ph;
	*ph = next;
	next = was;
	return 0;
}

void phases_time(const struct policy *p, int64_t at, char *out, size_t size)
{
	int offset = zoneinfo_offset(p->zone, at), minutes = abs(offset) / 60;
	struct date d;

	date_from_epoch(at, offset, &d);
	snprintf(out, size, "%04d-%02d-%02d %02d:%02d %c%02d:%02d", d.year, d.mon, d.day, d.hour,
		 d.min, offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}
