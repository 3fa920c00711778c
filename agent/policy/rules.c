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

int read_mode(struct reader *r, const struct scalar *s, void *into)
{
	return scalar_word(r, s, mode_names, WEIR_MODE_MAX, into);
}

/* --- phases --- */

static int read_from(struct reader *r, const struct scalar *s, void *into)
{
	struct phase_draft *p = into;

	p->has_from = true;
	p->from_at = s->at;
	return scalar_date(r, s, &p->from);
}

static int read_switch_in(struct reader *r, const struct scalar *s, void *into)
{
	struct phase_draft *p = into;
	int err = hours_parse(s->text, s->len, &p->hours);

	if (err == -ERANGE)
		return schema_fail(r, s->at, "\"%s\": the window \"%s\" ends "
				   "where it starts", schema_key(r), s->text);
	if (err)
		return schema_fail(r, s->at, "\"%s\" must be like "
				   "\"Mon-Fri,Sun 22:00-04:00\"", schema_key(r));
	return scalar_text(r, s, &p->p.switch_in);
}

static int phase_done(struct reader *r, void *obj, void *into)
{
	struct phase_draft *p = obj, *kept;
	struct arena_list *list = into;

	p->at = schema_mark(r, "mode");
	if (!p->has_from && list->cnt)
		return schema_fail(r, p->at, "only the first phase may lack \"from\"");
	if (!p->has_from && p->p.switch_in)
		return schema_fail(r, schema_mark(r, "switch-in"),
				   "\"switch-in\" needs \"from\"");
	kept = arena_list_add(&draft_of(r)->scratch, list, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	*kept = *p;
	if (list->cnt > 1 && p->p.mode <= kept[-1].p.mode)
		return schema_fail(r, p->at, "modes must grow: \"%s\" after \"%s\"",
				   mode_names[p->p.mode],
				   mode_names[kept[-1].p.mode]);
	return 0;
}

static const struct field phase_fields[] = {
	{ .key = "mode", .required = true,
	  .offset = offsetof(struct phase_draft, p.mode), .scalar = read_mode },
	{ .key = "from", .scalar = read_from },
	{ .key = "switch-in", .scalar = read_switch_in },
};

static const struct schema phase_schema = {
	.fields = phase_fields,
	.field_cnt = ARRAY_SIZE(phase_fields),
	.size = sizeof(struct phase_draft),
	.done = phase_done,
};

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

static const struct schema allowance_schema = {
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

static int rule_done(struct reader *r, void *obj, void *into)
{
	struct rule_input *in = obj;
	struct rule_draft *kept;
	int err = take_target(r, in);

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
};

const struct schema rule_schema = {
	.fields = rule_fields,
	.field_cnt = ARRAY_SIZE(rule_fields),
	.size = sizeof(struct rule_input),
	.done = rule_done,
};

/* --- once the zone is known --- */

static int settle_phase(struct reader *r, struct phase_draft *p,
			const struct phase *before)
{
	const struct policy_draft *d = draft_of(r);

	p->p.from = INT64_MIN;
	p->p.begins = INT64_MIN;
	if (!p->has_from)
		return 0;
	p->p.from = zone_start(d, &p->from);
	p->p.begins = p->p.from;
	if (p->p.switch_in)
		p->p.begins = zone_next(d, &p->from, p->p.from, &p->hours);
	if (before && p->p.from <= before->from)
		return schema_fail(r, p->from_at,
				   "dates must grow: this phase is not after "
				   "the one before");
	return 0;
}

static int settle_rule(struct reader *r, struct rule_draft *rule)
{
	struct phase *phases;
	uint32_t i;
	int err = 0;

	phases = arena_alloc(r->arena, rule->r.phase_cnt * sizeof(*phases));
	if (!phases)
		return -ENOMEM;
	for (i = 0; !err && i < rule->r.phase_cnt; i++) {
		err = settle_phase(r, &rule->phase[i], i ? &phases[i - 1] : NULL);
		phases[i] = rule->phase[i].p;
	}
	rule->r.phases = phases;
	rule->r.allow = rule->allow.item;
	rule->r.allow_cnt = rule->allow.cnt;
	return err;
}

int rules_settle(struct reader *r)
{
	struct policy_draft *d = draft_of(r);
	struct rule_draft *rule = d->rules.item;
	struct arena_list rules = { 0 };
	uint32_t i;
	int err = 0;

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
	return err;
}
