// SPDX-License-Identifier: GPL-2.0-only
#include "policy/protection.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "policy/draft.h"

#define HOUR_S 3600

/* Longer is a phase of its own, with a date. */
#define SPAN_MAX_S (30LL * 24 * HOUR_S)

/* A restart of the successor, or of what it talks to, is no reason to go back. */
#define ABSENT_S 300

/* --- as written --- */

int read_on_switch(struct reader *r, const struct scalar *s, void *into)
{
	static const char *const words[] = {
		[ON_SWITCH_LEAVE] = "leave",
		[ON_SWITCH_STOP_UNIT] = "stop-unit",
		[ON_SWITCH_REFUSE_RESTART] = "refuse-restart",
	};

	return scalar_word(r, s, words, ARRAY_SIZE(words), into);
}

/* A service; what only groups others (a target, a slice) protects nobody. */
static int read_unit(struct reader *r, const struct scalar *s, void *into)
{
	/* A template is no unit yet. */
	if (!name_is_service(s->text, s->len) || strstr(s->text, "@.service"))
		return schema_fail(r, s->at, "\"%s\" must be the name of a unit, like ew.service",
				   schema_key(r));
	return scalar_text(r, s, into);
}

/* "0s", "90s", "30m", "2h", "7d". */
static int read_span(struct reader *r, const struct scalar *s, void *into)
{
	static const char units[] = "smhd";
	static const int64_t seconds[] = { 1, 60, HOUR_S, 24 * HOUR_S };
	const char *unit = strchr(units, s->text[s->len - 1]);
	int64_t value = 0;
	size_t i;

	for (i = 0; i + 1 < s->len && i < 8 && s->text[i] >= '0' && s->text[i] <= '9'; i++)
		value = value * 10 + (s->text[i] - '0');
	if (i && i + 1 == s->len && unit && value * seconds[unit - units] <= SPAN_MAX_S) {
		*(int64_t *)into = value * seconds[unit - units];
		return 0;
	}
	return schema_fail(r, s->at, "\"%s\" must be like 90s, 30m, 2h or 7d, at most 30d",
			   schema_key(r));
}

static void successor_init(void *obj)
{
	struct successor_draft *d = obj;

	d->s.active_s = HOUR_S;
	d->s.absent_s = ABSENT_S;
}

static int successor_done(struct reader *r, void *obj, void *into)
{
	struct successor_draft *d = obj;

	if (schema_has(r, "connected-to") && !d->to.cnt)
		return schema_fail(r, schema_mark(r, "connected-to"),
				   "\"connected-to\" is empty; leave it out for anywhere");
	d->s.to = d->to.item;
	d->s.to_cnt = d->to.cnt;
	(void)into;
	return 0;
}

#define AT(member) offsetof(struct successor_draft, member)

static const struct field successor_fields[] = {
	{ .key = "unit", .required = true, .offset = AT(s.unit), .scalar = read_unit },
	{ .key = "active-for", .offset = AT(s.active_s), .scalar = read_span },
	{ .key = "absent-for", .offset = AT(s.absent_s), .scalar = read_span },
	{ .key = "connected-to", .shape = FIELD_MAPS, .offset = AT(to),
	  .map = &allowance_schema },
};

const struct schema successor_schema = {
	.fields = successor_fields,
	.field_cnt = ARRAY_SIZE(successor_fields),
	.init = successor_init,
	.done = successor_done,
};

/* --- once it is known who decides --- */

static struct rule *written_for(struct rule *rules, uint32_t cnt, const struct rule *share)
{
	for (uint32_t i = 0; i < cnt; i++)
		if (rules[i].level == RULE_DIRECTIVE && !rules[i].vendor &&
		    rules[i].line == share->line)
			return &rules[i];
	return NULL;
}

static void count_one(struct rule *rule, const char *product)
{
	if (!rule)
		return;
	if (!rule->security_cnt++)
		rule->security_product = product;
}

void protection_settle(struct policy_draft *d, struct rule *rules)
{
	const struct catalog *c = d->ctx->catalog;

	for (uint32_t i = 0; i < c->product_cnt; i++) {
		const struct product *p = &c->products[i];
		const struct rule *rule = p->security_product ? policy_rule_for(&d->p, c, i) :
								NULL;

		if (!rule || !protection_is_at_stake(rule, p))
			continue;
		count_one(&rules[rule - d->p.rules], p->id);
		/* A directive's rule is told of as it was written. */
		if (rule->vendor)
			count_one(written_for(rules, d->p.rule_cnt, rule), p->id);
	}
}

/* --- questions --- */

const char *withheld_name(enum withheld why)
{
	static const char *const names[] = {
		[WITHHELD_NOT] = "not",
		[WITHHELD_UNSAID] = "no-successor",
		[WITHHELD_SUCCESSOR] = "successor",
		[WITHHELD_NETWORK] = "network",
		[WITHHELD_MOMENT] = "moment",
	};

	_Static_assert(ARRAY_SIZE(names) == WITHHELD_MAX, "every reason has a name");
	return names[why];
}

bool protection_is_at_stake(const struct rule *rule, const struct product *p)
{
	/* Modes grow: the last is the highest. */
	return rule->phase_cnt && rule->phases[rule->phase_cnt - 1].mode >= WEIR_OFFLINE &&
	       policy_class_enforced(rule, p->class);
}

bool protection_is_needed(const struct rule *rule, const struct product *p)
{
	return p->security_product && !rule->without_protection && protection_is_at_stake(rule, p);
}

bool protection_may_cut(const struct rule *rule, const struct product *p)
{
	return p->fails_closed && !rule->without_network && protection_is_at_stake(rule, p);
}

uint8_t protection_below(const struct rule *rule, const struct phase *phase)
{
	for (ptrdiff_t i = phase - rule->phases; i >= 0; i--) {
		const struct phase *p = &rule->phases[i];
		uint8_t mode = p->only_during ? p->otherwise : p->mode;

		if (mode < WEIR_OFFLINE)
			return mode;
	}
	return WEIR_OBSERVE;
}
