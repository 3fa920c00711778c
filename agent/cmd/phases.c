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

static int read_rule(const char *name, const json_t *one, struct phase_seen *s)
{
	int mode = mode_by_name(json_object_get(one, "mode"));
	int reached = mode_by_name(json_object_get(one, "reached"));

	if (mode < 0)
		return -EINVAL;
	s->mode = (uint8_t)mode;
	s->told_s = number(one, "told", 0);
	s->has_reached = reached >= 0;
	s->reached = reached < 0 ? 0 : (uint8_t)reached;
	s->reached_from = number(one, "from", INT64_MIN);
	s->warned_at = number(one, "warned_for", 0);
	s->warned_days = (uint8_t)(number(one, "warned_days", 0) & 31);
	s->name = strdup(name);
	return s->name ? 0 : -ENOMEM;
}

static int read_object(const json_t *all, struct phases *ph)
{
	json_t *rules = json_object_get(all, "rules"), *one;
	const char *policy = json_string_value(json_object_get(all, "policy")), *boot, *name;

	if (!policy || strlen(policy) >= sizeof(ph->policy) || !json_is_object(rules))
		return -EINVAL;
	snprintf(ph->policy, sizeof(ph->policy), "%s", policy);
	ph->serial = number(all, "serial", 0);
	ph->offset_ns = number(all, "offset_ns", 0);
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

static json_t *rule_object(const struct phase_seen *s)
{
	json_t *one = json_pack("{s:s, s:I}", "mode", mode_name(s->mode), "told",
				(json_int_t)s->told_s);
	int err = !one;

	if (!err && s->has_reached)
		err = json_object_set_new(one, "reached", json_string(mode_name(s->reached)));
	if (!err && s->has_reached && s->reached_from != INT64_MIN)
		err = json_object_set_new(one, "from", json_integer(s->reached_from));
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

	all = json_pack("{s:s, s:I, s:s, s:I, s:{}}", "policy", ph->policy, "serial",
			(json_int_t)ph->serial, "boot", ph->boot_id, "offset_ns",
			(json_int_t)ph->offset_ns, "rules");
	rules = json_object_get(all, "rules");
	for (uint32_t i = 0; i < ph->cnt; i++)
		if (json_object_set_new(rules, ph->list[i].name, rule_object(&ph->list[i])))
			return -ENOMEM;
	return state_write_json(path, all);
}

int phases_table_time(const struct phases *ph, int64_t *ret)
{
	CLEANUP(fclosep) FILE *in = fopen("/proc/sys/kernel/random/boot_id", "re");
	char id[sizeof(ph->boot_id)];

	if (!in || !fgets(id, sizeof(id), in) || strcmp(id, ph->boot_id) != 0)
		return -ESTALE;
	*ret = ((int64_t)arming_now_ns() + ph->offset_ns) / NS_PER_S;
	return 0;
}

/* --- against a policy --- */

static void name_of(const struct rule *r, char *out, size_t size)
{
	snprintf(out, size, "%s %s", rule_level_name(r->level), r->target);
}

static struct phase_seen *find(const struct phases *ph, const char *name)
{
	for (uint32_t i = 0; i < ph->cnt; i++)
		if (!strcmp(ph->list[i].name, name))
			return &ph->list[i];
	return NULL;
}

/* While no agent was there the kernel went on by its own clock. */
static bool hold_one(const struct rule *rule, const struct phase_seen *s, int64_t table_s,
		     int64_t now_s)
{
	const struct phase *phase = calendar_phase(rule, table_s);
	bool is_held = phase && calendar_reached(rule, phase->mode, phase->from, now_s);

	if (s && s->has_reached)
		is_held |= calendar_reached(rule, s->reached, s->reached_from, now_s);
	return is_held;
}

uint32_t phases_hold(const struct phases *ph, const struct policy *p, int64_t table_s,
		     int64_t now_s)
{
	uint32_t held = 0;
	char name[160];

	/* A higher serial is somebody's decision; it may lower what it likes. */
	if (strcmp(ph->policy, p->name) != 0 || p->serial > ph->serial)
		return 0;
	for (uint32_t i = 0; i < p->rule_cnt; i++) {
		if (!p->rules[i].here)
			continue;
		name_of(&p->rules[i], name, sizeof(name));
		held += hold_one(&p->rules[i], find(ph, name), table_s, now_s);
	}
	return held;
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
			char name[160];

			name_of(r, name, sizeof(name));
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
	s->has_reached = old->has_reached;
	s->reached = old->reached;
	s->reached_from = old->reached_from;
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
	snprintf(next.policy, sizeof(next.policy), "%s", p->name);
	/* An older one does not make the newer one's word new. */
	next.serial = is_named && ph->serial > p->serial ? ph->serial : p->serial;
	for (uint32_t i = 0; i < next.cnt; i++) {
		struct phase_seen *s = &next.list[i], *old = find(ph, s->name);

		s->told_s = now_s;
		s->mode = calendar_mode(p, s->rule, now_s);
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
