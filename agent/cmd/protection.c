// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/protection.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/state_file.h"
#include "policy/calendar.h"

void stakes_exit(struct stakes *s)
{
	free(s->list);
	free(s->withheld);
	*s = (struct stakes){ 0 };
}

void protection_end(struct protection *p)
{
	errand_end(&p->ask);
	while (p->cnt) {
		free(p->list[--p->cnt].name);
		free(p->list[p->cnt].unit);
	}
	while (p->cutting_cnt)
		free(p->cutting[--p->cutting_cnt].product);
	free(p->list);
	free(p->cutting);
	*p = (struct protection){ 0 };
}

/* --- what there is --- */

struct succession *protection_of(struct protection *p, const char *name)
{
	struct succession *more;

	for (uint32_t i = 0; i < p->cnt; i++)
		if (!strcmp(p->list[i].name, name))
			return &p->list[i];
	more = reallocarray(p->list, p->cnt + 1UL, sizeof(*more));
	if (!more)
		return NULL;
	p->list = more;
	more[p->cnt] = (struct succession){ .name = strdup(name),
					    .count.looked_s = INT64_MIN };
	return more[p->cnt].name ? &more[p->cnt++] : NULL;
}

struct cutting *protection_cutting(struct protection *p, const char *product)
{
	struct cutting *more;

	for (uint32_t i = 0; i < p->cutting_cnt; i++)
		if (!strcmp(p->cutting[i].product, product))
			return &p->cutting[i];
	more = reallocarray(p->cutting, p->cutting_cnt + 1UL, sizeof(*more));
	if (!more)
		return NULL;
	p->cutting = more;
	more[p->cutting_cnt] = (struct cutting){ .product = strdup(product) };
	return more[p->cutting_cnt].product ? &more[p->cutting_cnt++] : NULL;
}

void protection_boot(struct protection *p, const char *boot_id, int64_t now_s)
{
	if (!strcmp(p->boot_id, boot_id))
		return;
	snprintf(p->boot_id, sizeof(p->boot_id), "%s", boot_id);
	for (uint32_t i = 0; i < p->cnt; i++) {
		successor_reboot(&p->list[i].state, now_s);
		/* While the host was down nothing of it was unprotected. */
		p->list[i].count.looked_s = INT64_MIN;
		p->list[i].count.is_open = false;
	}
}

static void take_rule(struct succession *s, const struct rule *rule)
{
	const char *unit = rule->successor.unit;

	s->rule = rule;
	if (unit ? s->unit && !strcmp(s->unit, unit) : !s->unit)
		return;
	free(s->unit);
	s->unit = unit ? strdup(unit) : NULL;
	s->state = (struct successor_state){ 0 };
	s->seen = (struct successor_seen){ 0 };
	s->told = WITHHELD_NOT;
}

void protection_take(struct protection *p, const struct stakes *s)
{
	errand_cancel(&p->ask);
	p->asked_cnt = 0;
	p->ask_ns = 0;
	for (uint32_t i = 0; i < p->cnt; i++)
		p->list[i].rule = NULL;
	for (uint32_t i = 0; i < s->cnt; i++)
		if (s->list[i].succession != UINT32_MAX)
			take_rule(&p->list[s->list[i].succession], s->list[i].rule);
	p->is_dirty = true;
}

bool protection_close(struct succession *s, int64_t now_s)
{
	bool was_open = s->count.is_open;

	if (was_open)
		(void)unprotected_count(&s->count, false, 0, now_s);
	/* Until another rule counts, nothing does. */
	s->count.looked_s = INT64_MIN;
	return was_open;
}

/* --- on disk --- */

static int64_t number(const json_t *one, const char *key)
{
	return json_integer_value(json_object_get(one, key));
}

static int read_rule(struct protection *p, const char *name, const json_t *one)
{
	const char *unit = json_string_value(json_object_get(one, "unit"));
	struct succession *s;
	int64_t stage = number(one, "stage");

	if (!json_is_object(one) || stage < 0 || stage >= SUCCESSOR_MAX)
		return -EINVAL;
	s = protection_of(p, name);
	if (!s)
		return -ENOMEM;
	s->state = (struct successor_state){ (uint8_t)stage, number(one, "missed_s") };
	s->count.total_s = number(one, "unprotected_s");
	s->count.looked_s = number(one, "looked_s");
	s->count.is_open = json_is_true(json_object_get(one, "open"));
	s->opened_s = number(one, "opened_s");
	s->reminded_s = number(one, "reminded_s");
	s->unit = unit ? strdup(unit) : NULL;
	return unit && !s->unit ? -ENOMEM : 0;
}

static int read_object(const json_t *all, struct protection *p)
{
	json_t *rules = json_object_get(all, "rules"), *taken = json_object_get(all, "taken"), *one;
	const char *boot = json_string_value(json_object_get(all, "boot")), *name;
	int err = json_is_object(rules) && boot ? 0 : -EINVAL;
	size_t i;

	snprintf(p->boot_id, sizeof(p->boot_id), "%s", boot ? boot : "");
	json_object_foreach(rules, name, one) {
		if (!err)
			err = read_rule(p, name, one);
	}
	json_array_foreach(taken, i, one) {
		const char *product = json_string_value(one);
		struct cutting *c = product ? protection_cutting(p, product) : NULL;

		if (c)
			c->is_taken = true;
	}
	return err;
}

int protection_read(const char *path, struct protection *ret)
{
	json_auto_t *all = NULL;
	int err = state_read(path, &all);

	if (err)
		return err;
	err = read_object(all, ret);
	if (err)
		protection_end(ret);
	return err;
}

static json_t *rule_object(const struct succession *s)
{
	json_t *one = json_pack("{s:i, s:I, s:I, s:I, s:b, s:I, s:I}", "stage", s->state.stage,
				"missed_s", (json_int_t)s->state.missed_s, "unprotected_s",
				(json_int_t)s->count.total_s, "looked_s",
				(json_int_t)s->count.looked_s, "open", s->count.is_open,
				"opened_s", (json_int_t)s->opened_s, "reminded_s",
				(json_int_t)s->reminded_s);

	if (one && s->unit)
		(void)json_object_set_new(one, "unit", json_string(s->unit));
	return one;
}

int protection_write(const char *path, const struct protection *p)
{
	json_auto_t *all = NULL;
	json_t *rules, *taken;
	int err = 0;

	all = json_pack("{s:s, s:{}, s:[]}", "boot", p->boot_id, "rules", "taken");
	rules = json_object_get(all, "rules");
	taken = json_object_get(all, "taken");
	for (uint32_t i = 0; i < p->cnt && !err; i++)
		err = json_object_set_new(rules, p->list[i].name, rule_object(&p->list[i]));
	for (uint32_t i = 0; i < p->cutting_cnt && !err; i++)
		if (p->cutting[i].is_taken)
			err = json_array_append_new(taken, json_string(p->cutting[i].product));
	return err ? -ENOMEM : state_write_json(path, all);
}

/* --- may it? --- */

/* Has a phase of offline or beyond begun? Hours of it do not matter. */
static bool is_due(const struct rule *rule, int64_t now_s)
{
	const struct phase *phase = calendar_phase(rule, now_s);

	return phase && phase->mode >= WEIR_OFFLINE;
}

/* Another unit has to earn it anew. */
static bool holds(const struct succession *s, const struct rule *rule)
{
	return s->unit && !strcmp(s->unit, rule->successor.unit) && successor_holds(&s->state);
}

static bool is_cut(const struct cuts *cuts, uint32_t product)
{
	for (uint32_t i = 0; i < cuts->cnt; i++)
		if (cuts->list[i].product == product)
			return true;
	return false;
}

static bool is_taken(const struct protection *p, const char *product)
{
	for (uint32_t i = 0; i < p->cutting_cnt; i++)
		if (!strcmp(p->cutting[i].product, product))
			return p->cutting[i].is_taken;
	return false;
}

enum withheld protection_judge(const struct protection *p, const struct stake *k,
			       const struct catalog *c, const struct cuts *cuts, int64_t now_s)
{
	bool needs = k->succession != UINT32_MAX && !k->rule->without_protection;
	bool is_certain = k->may_cut && k->cuts;

	if (needs && !k->rule->successor.unit)
		return WITHHELD_UNSAID;
	if (needs && !holds(&p->list[k->succession], k->rule))
		return WITHHELD_SUCCESSOR;
	if ((needs || is_certain) && !is_due(k->rule, now_s))
		return WITHHELD_MOMENT;
	if (is_certain && !is_taken(p, c->products[k->product].id) && is_cut(cuts, k->product))
		return WITHHELD_NETWORK;
	return WITHHELD_NOT;
}
