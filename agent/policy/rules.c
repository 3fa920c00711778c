// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules: whom, what, from when, save where to.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "catalog/kind.h"
#include "catalog/ports.h"
#include "policy/draft.h"

struct allowance_draft {
	struct allowance a;
	struct ports ports;
};

struct rule_input { /* one rule as written, before it is judged */
	struct rule_draft d;
	const char *target[RULE_LEVEL_MAX];
	uint8_t mode;
	struct arena_list phases; /* struct phase_draft */
};

static const char *const mode_names[] = {
	[WEIR_OBSERVE] = "observe",
	[WEIR_FREEZE] = "freeze",
	[WEIR_OFFLINE] = "offline",
	[WEIR_BLOCK] = "block",
};
_Static_assert(ARRAY_SIZE(mode_names) == WEIR_MODE_MAX, "every mode has a name");

static const char *const level_keys[] = {
	[RULE_DIRECTIVE] = "directive",
	[RULE_VENDOR] = "vendor",
	[RULE_CLASS] = "class",
	[RULE_PRODUCT] = "product",
};
_Static_assert(ARRAY_SIZE(level_keys) == RULE_LEVEL_MAX, "every level has a key");

const char *mode_word(uint8_t mode)
{
	return mode_names[mode];
}

int read_mode(struct reader *r, const struct scalar *s, void *into)
{
	return scalar_word(r, s, mode_names, WEIR_MODE_MAX, into);
}

/* --- allowances --- */

static int read_to(struct reader *r, const struct scalar *s, void *into)
{
	const char *why = NULL;
	struct prefix p;

	if (prefix_parse(s->text, &p, &why))
		return schema_fail(r, s->at, "\"%s\" %.64s %s", schema_key(r),
				   s->text, why);
	return scalar_text(r, s, into);
}

static int allowance_done(struct reader *r, void *obj, void *into)
{
	struct allowance_draft *d = obj;
	struct allowance *kept;
	int err = ports_keep(r->arena, &d->ports, &d->a.ports);

	if (err)
		return err;
	kept = arena_list_add(r->arena, into, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	d->a.port_cnt = d->ports.cnt;
	*kept = d->a;
	return 0;
}

static const struct field allowance_fields[] = {
	{ .key = "to", .required = true,
	  .offset = offsetof(struct allowance_draft, a.to), .scalar = read_to },
	{ .key = "ports", .shape = FIELD_SCALARS,
	  .offset = offsetof(struct allowance_draft, ports),
	  .scalar = scalar_port },
	{ .key = "why", .offset = offsetof(struct allowance_draft, a.why),
	  .scalar = scalar_text },
};

const struct schema allowance_schema = {
	.fields = allowance_fields,
	.field_cnt = ARRAY_SIZE(allowance_fields),
	.size = sizeof(struct allowance_draft),
	.done = allowance_done,
};

/* --- rules --- */

static int read_class(struct reader *r, const struct scalar *s, void *into)
{
	uint8_t class = 0;
	int err = scalar_word(r, s, class_names, CLASS_MAX, &class);

	if (!err)
		*(const char **)into = class_names[class];
	return err;
}

static bool is_known(const struct catalog *c, enum rule_level level,
		     const char *id)
{
	switch (level) {
	case RULE_VENDOR:
		return catalog_vendor(c, id);
	case RULE_PRODUCT:
		return catalog_product(c, id);
	case RULE_DIRECTIVE:
		return catalog_directive(c, id);
	default:
		return true; /* a class was checked as it was read */
	}
}

/* The one of the four keys that is written. */
static int take_target(struct reader *r, struct rule_input *in)
{
	int i, level = -1;

	for (i = 0; i < RULE_LEVEL_MAX; i++) {
		if (!in->target[i])
			continue;
		if (level >= 0)
			return schema_fail(r, schema_mark(r, level_keys[i]),
					   "a rule has one of vendor, product, "
					   "class, directive, not two");
		level = i;
	}
	if (level < 0)
		return schema_fail(r, schema_mark(r, ""),
				   "a rule needs one of vendor, product, class, "
				   "directive");
	in->d.at = schema_mark(r, level_keys[level]);
	in->d.r.line = in->d.at.line;
	in->d.r.level = (uint8_t)level;
	in->d.r.target = in->target[level];
	if (is_known(draft_of(r)->ctx->catalog, level, in->d.r.target))
		return 0;
	return complain_unknown(r, in->d.at, level_keys[level], in->d.r.target);
}

static int take_phases(struct reader *r, struct rule_input *in)
{
	bool has_mode = schema_has(r, "mode");

	if (has_mode == schema_has(r, "phases"))
		return schema_fail(r, in->d.at, "a rule needs \"mode\" or "
				   "\"phases\", one of them");
	if (has_mode) {
		in->d.phase[0].p.mode = in->mode;
		in->d.phase[0].at = schema_mark(r, "mode");
		in->d.phase[0].jitter_s = UNSAID;
		in->d.r.phase_cnt = 1;
		return 0;
	}
	if (!in->phases.cnt)
		return schema_fail(r, schema_mark(r, "phases"),
				   "\"phases\" is empty");
	/* Growing modes have kept the count within bounds. */
	memcpy(in->d.phase, in->phases.item,
	       in->phases.cnt * sizeof(in->d.phase[0]));
	in->d.r.phase_cnt = in->phases.cnt;
	return 0;
}

static int take_hosts(struct reader *r, struct rule_input *in)
{
	in->d.hosts_at = schema_mark(r, "hosts");
	in->d.spread_at = schema_mark(r, "spread-by");
	if (schema_has(r, "hosts") && !in->d.hosts.cnt)
		return schema_fail(r, in->d.hosts_at,
				   "\"hosts\" is empty; leave it out for all");
	if (schema_has(r, "rollout") && !in->d.rollout.stages.cnt)
		return schema_fail(r, schema_mark(r, "rollout"),
				   "\"rollout\" is empty; leave it out for all");
	if (in->d.successor.s.unit && in->d.r.without_protection)
		return schema_fail(r, schema_mark(r, "without-protection"), "a rule has "
				   "\"successor\" or \"without-protection\", not both");
	return 0;
}

static void rule_init(void *obj)
{
	struct rule_input *in = obj;

	in->d.jitter_s = UNSAID;
}

static int rule_done(struct reader *r, void *obj, void *into)
{
	struct rule_input *in = obj;
	struct rule_draft *kept;
	int err = take_target(r, in);

	if (!err)
		err = take_hosts(r, in);
	if (!err)
		err = take_phases(r, in);
	if (err)
		return err;
	kept = arena_list_add(&draft_of(r)->scratch, into, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	*kept = in->d;
	return 0;
}

#define AT(member) offsetof(struct rule_input, member)

static const struct field rule_fields[] = {
	{ .key = "product", .offset = AT(target[RULE_PRODUCT]),
	  .scalar = scalar_text },
	{ .key = "vendor", .offset = AT(target[RULE_VENDOR]),
	  .scalar = scalar_text },
	{ .key = "class", .offset = AT(target[RULE_CLASS]),
	  .scalar = read_class },
	{ .key = "directive", .offset = AT(target[RULE_DIRECTIVE]),
	  .scalar = scalar_text },
	{ .key = "mode", .offset = AT(mode), .scalar = read_mode },
	{ .key = "phases", .shape = FIELD_MAPS, .offset = AT(phases),
	  .map = &phase_schema },
	{ .key = "allow", .shape = FIELD_MAPS, .offset = AT(d.allow),
	  .map = &allowance_schema },
	{ .key = "hosts", .shape = FIELD_SCALARS, .offset = AT(d.hosts),
	  .scalar = read_rule_host },
	{ .key = "rollout", .shape = FIELD_SCALAR_OR_MAPS, .offset = AT(d.rollout),
	  .scalar = read_percent, .map = &stage_schema },
	{ .key = "spread-by", .offset = AT(d.r.spread_by), .scalar = scalar_name },
	{ .key = "jitter", .offset = AT(d.jitter_s), .scalar = read_jitter },
	{ .key = "blackout", .shape = FIELD_SCALARS, .offset = AT(d.blackouts),
	  .scalar = read_blackout },
	{ .key = "on-switch", .offset = AT(d.r.on_switch), .scalar = read_on_switch },
	{ .key = "successor", .shape = FIELD_MAP, .offset = AT(d.successor),
	  .map = &successor_schema },
	{ .key = "without-protection", .offset = AT(d.r.without_protection),
	  .scalar = scalar_text },
	{ .key = "without-network", .offset = AT(d.r.without_network), .scalar = scalar_text },
};

const struct schema rule_schema = {
	.fields = rule_fields,
	.field_cnt = ARRAY_SIZE(rule_fields),
	.size = sizeof(struct rule_input),
	.init = rule_init,
	.done = rule_done,
};

/* --- once the zone is known --- */

static int settle_rule(struct reader *r, struct rule_draft *rule)
{
	int err = blackouts_settle(r, rule);

	rule->r.allow = rule->allow.item;
	rule->r.allow_cnt = rule->allow.cnt;
	rule->r.successor = rule->successor.s;
	return err ? err : phases_settle(r, rule);
}

int rules_settle(struct reader *r)
{
	struct policy_draft *d = draft_of(r);
	struct rule_draft *rule = d->rules.item;
	struct arena_list rules = { 0 };
	uint32_t i;
	int err = hosts_settle(r);

	for (i = 0; !err && i < d->rules.cnt; i++) {
		struct rule *kept;

		err = settle_rule(r, &rule[i]);
		if (err)
			break;
		kept = arena_list_add(r->arena, &rules, sizeof(*kept));
		if (!kept)
			return -ENOMEM;
		*kept = rule[i].r;
	}
	if (!err)
		err = targets_settle(r, &rules);
	d->p.rules = rules.item;
	d->p.rule_cnt = rules.cnt;
	if (!err)
		protection_settle(d, rules.item);
	return err;
}
