// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which rule decides about a product.
 *
 * Product beats class beats vendor beats directive. On one level there is one
 * rule per target or the policy is refused: "the last one wins" would make a
 * line's meaning depend on the lines below it.
 *
 * A directive speaks about vendors, so a rule about it is dealt out in
 * shares, one per vendor. Vendors that are only reported get observe.
 */
#include <errno.h>
#include <string.h>

#include "policy/draft.h"

static const struct phase observe_always = {
	.mode = WEIR_OBSERVE,
	.from = INT64_MIN,
	.begins = INT64_MIN,
};

/* Tag of a written rule about a directive; shares have RULE_DIRECTIVE. */
#define WRITTEN_DIRECTIVE RULE_LEVEL_MAX

/* What is worked on; index entries are positions in @rules. */
struct dealing {
	struct reader *r;
	struct policy_draft *d;
	struct arena_list *rules;
	struct index *by_target;
};

static struct rule *rule_at(const struct dealing *x, uint32_t i)
{
	return (struct rule *)x->rules->item + i;
}

/* Rules that a person wrote: two about one target contradict each other. */
static int take_written(struct dealing *x, uint32_t i)
{
	static const char *const words[] = { "directive", "vendor", "class",
					     "product" };
	const struct rule_draft *draft = x->d->rules.item;
	const struct rule *rule = rule_at(x, i);
	uint32_t tag = rule->level == RULE_DIRECTIVE ? WRITTEN_DIRECTIVE :
						       rule->level;
	uint32_t old;
	int err = index_put(x->by_target, rule->target, tag, i, &old);

	if (err || old == INDEX_NONE)
		return err;
	return schema_fail(x->r, draft[i].at,
			   "a second rule for %s \"%s\"; the other is on line %u",
			   words[rule->level], rule->target,
			   rule_at(x, old)->line);
}

static int add_share(struct dealing *x, const struct rule *of,
		     const char *vendor, bool reported)
{
	struct rule *share = arena_list_add(x->r->arena, x->rules,
					    sizeof(*share));

	if (!share)
		return -ENOMEM;
	*share = *of;
	share->vendor = vendor;
	if (reported) {
		share->phases = &observe_always;
		share->phase_cnt = 1;
		share->allow = NULL;
		share->allow_cnt = 0;
	}
	return index_put(x->by_target, vendor, RULE_DIRECTIVE,
			 x->rules->cnt - 1, NULL);
}

/* @at is NULL where an earlier share simply stands. */
static int deal_one(struct dealing *x, const struct rule *of,
		    const struct directive_vendor *v, const struct mark *at)
{
	uint32_t old = index_get(x->by_target, v->vendor, RULE_DIRECTIVE);

	/* Of vendors that are only reported there may be no file yet. */
	if (!catalog_vendor(x->d->ctx->catalog, v->vendor))
		return 0;
	if (old == INDEX_NONE)
		return add_share(x, of, v->vendor, v->reported);
	if (!at)
		return 0;
	return schema_fail(x->r, *at,
			   "vendor \"%s\" is named by directive \"%s\" too, "
			   "which has a rule on line %u", v->vendor,
			   rule_at(x, old)->target, rule_at(x, old)->line);
}

/* The vendors of one directive that are (or are not) only reported. */
static int deal(struct dealing *x, const struct rule *of, bool reported,
		const struct mark *at)
{
	const struct directive *dir =
		catalog_directive(x->d->ctx->catalog, of->target);
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < dir->vendor_cnt; i++)
		if (dir->vendors[i].reported == reported)
			err = deal_one(x, of, &dir->vendors[i], at);
	return err;
}

static int deal_written(struct dealing *x, bool reported)
{
	const struct rule_draft *draft = x->d->rules.item;
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < x->d->rules.cnt; i++) {
		/* By value: the array moves when shares are added. */
		struct rule of = draft[i].r;

		if (of.level == RULE_DIRECTIVE)
			err = deal(x, &of, reported,
				   reported ? NULL : &draft[i].at);
	}
	return err;
}

/* The directives that the policy lists without a rule of its own. */
static int deal_listed(struct dealing *x, bool reported)
{
	const struct named *named = x->d->directives.item;
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < x->d->directives.cnt; i++) {
		struct rule of = { .level = RULE_DIRECTIVE,
				   .target = named[i].id,
				   .line = named[i].at.line,
				   .phases = &observe_always,
				   .phase_cnt = 1 };

		err = deal(x, &of, reported, NULL);
	}
	return err;
}

int targets_settle(struct reader *r, struct arena_list *rules)
{
	struct policy_draft *d = draft_of(r);
	struct dealing x = { r, d, rules, &d->p.store->by_target };
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < d->rules.cnt; i++)
		err = take_written(&x, i);
	/* Named before reported: the stronger word about a vendor stands. */
	if (!err)
		err = deal_written(&x, false);
	if (!err)
		err = deal_listed(&x, false);
	if (!err)
		err = deal_written(&x, true);
	return err ? err : deal_listed(&x, true);
}

const struct rule *policy_rule_for(const struct policy *p,
				   const struct catalog *c, uint32_t product)
{
	const struct product *prod = &c->products[product];
	const char *vendor = c->vendors[prod->vendor].id;
	const char *const targets[RULE_LEVEL_MAX] = {
		[RULE_DIRECTIVE] = vendor,
		[RULE_VENDOR] = vendor,
		[RULE_CLASS] = product_class_name(prod->class),
		[RULE_PRODUCT] = prod->id,
	};
	int level;

	if (prod->confusable)
		return NULL;
	for (level = RULE_LEVEL_MAX - 1; level >= 0; level--) {
		uint32_t i = index_get(&p->store->by_target, targets[level],
				       (uint32_t)level);

		if (i != INDEX_NONE)
			return &p->rules[i];
	}
	return NULL;
}

/* By class: which level of rule it takes to enforce; LEVEL_MAX: none can. */
static const uint8_t least_level[CLASS_MAX] = {
	[CLASS_VENDOR_PRODUCT] = RULE_DIRECTIVE,
	[CLASS_OEM_EMBEDDED] = RULE_DIRECTIVE,
	/* open-vm-tools and the like: what the distribution built, by name only. */
	[CLASS_VENDOR_OSS_IN_DISTRO] = RULE_PRODUCT,
	[CLASS_FORMER_VENDOR_PRODUCT] = RULE_CLASS,
	[CLASS_VENDOR_SDK_IN_APP] = RULE_CLASS,
	[CLASS_DESTINATION_ONLY] = RULE_CLASS,
	[CLASS_KERNEL_MAINLINE_CONTRIB] = RULE_LEVEL_MAX,
	[CLASS_THIRD_PARTY_CLIENT] = RULE_LEVEL_MAX,
	[CLASS_THIRD_PARTY_PARSER] = RULE_LEVEL_MAX,
	[CLASS_SHARED_INFRASTRUCTURE] = RULE_LEVEL_MAX,
	[CLASS_INVENTORY_SHIM] = RULE_LEVEL_MAX,
	[CLASS_NAME_COLLISION] = RULE_LEVEL_MAX,
};

bool policy_class_enforced(const struct rule *rule, enum product_class class)
{
	return rule && rule->level >= least_level[class];
}
