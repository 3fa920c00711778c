// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which rule decides about a product.
 *
 * Product beats class beats vendor beats directive. On one level a rule for
 * some hosts beats the one for all. Beyond that there is one rule per target
 * and host or the policy is refused, on all hosts alike: "the last one wins"
 * would make a line's meaning depend on the lines below it.
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

/* Tags of what was written, whomever it is for; shares have RULE_DIRECTIVE. */
#define WRITTEN RULE_LEVEL_MAX
#define WRITTEN_NAMED (WRITTEN + RULE_LEVEL_MAX) /* vendors, of directives */

/* Rules that were written about one target. */
struct link {
	uint32_t rule, next; /* INDEX_NONE: the last */
};

/* What is worked on; index entries are positions in @rules. */
struct dealing {
	struct reader *r;
	struct policy_draft *d;
	struct arena_list *rules;
	struct index *by_target;
	struct index written;	/* a target and its tag to the first of its links */
	struct arena_list links;
};

static struct rule *rule_at(const struct dealing *x, uint32_t i)
{
	return (struct rule *)x->rules->item + i;
}

/* Both are about @target, of one level. */
static int complain_twice(const struct dealing *x, uint32_t i, uint32_t old, const char *vendor)
{
	static const char *const words[] = { "directive", "vendor", "class", "product" };
	const struct rule_draft *draft = x->d->rules.item;
	const struct rule *rule = rule_at(x, i), *other = rule_at(x, old);
	const char *meet[2];

	if (rule->hosts && hosts_overlap(&draft[i], &draft[old], meet))
		return schema_fail(x->r, draft[i].hosts_at, "a second rule for %s \"%.130s\" on "
				   "hosts that the other may mean: \"%.64s\" here, \"%.64s\" on "
				   "line %u", vendor ? "vendor" : words[rule->level],
				   vendor ? vendor : rule->target, meet[0], meet[1], other->line);
	if (rule->hosts)
		return 0;
	if (vendor)
		return schema_fail(x->r, draft[i].at, "vendor \"%s\" is named by directive "
				   "\"%s\" too, which has a rule on line %u", vendor, other->target,
				   other->line);
	return schema_fail(x->r, draft[i].at,
			   "a second rule for %s \"%s\"; the other is on line %u",
			   words[rule->level], rule->target, other->line);
}

/* One more rule about @target, against those before it. */
static int take_target(struct dealing *x, const char *target, uint32_t tag, uint32_t i,
		       const char *vendor)
{
	struct link *l = arena_list_add(&x->d->scratch, &x->links, sizeof(*l));
	uint32_t at = x->links.cnt - 1, old;
	int err;

	if (!l)
		return -ENOMEM;
	*l = (struct link){ .rule = i, .next = INDEX_NONE };
	err = index_put(&x->written, target, tag, at, &old);
	if (err || old == INDEX_NONE)
		return err;
	/* Behind the first: the index does not move. */
	l = x->links.item;
	l[at].next = l[old].next;
	l[old].next = at;
	for (at = old; at != INDEX_NONE && !err; at = l[at].next) {
		if (l[at].rule == i || !rule_at(x, l[at].rule)->hosts != !rule_at(x, i)->hosts)
			continue;
		err = complain_twice(x, i, l[at].rule, vendor);
	}
	return err;
}

/* Rules that a person wrote: two about one target and host contradict each other. */
static int take_written(struct dealing *x, uint32_t i)
{
	const struct rule *rule = rule_at(x, i);
	const struct catalog *c = x->d->ctx->catalog;
	int err = take_target(x, rule->target, WRITTEN + rule->level, i, NULL);
	const struct directive *dir;

	if (err || rule->level != RULE_DIRECTIVE)
		return err;
	dir = catalog_directive(c, rule->target);
	for (uint32_t k = 0; !err && k < dir->vendor_cnt; k++)
		if (!dir->vendors[k].reported && catalog_vendor(c, dir->vendors[k].vendor))
			err = take_target(x, dir->vendors[k].vendor, WRITTEN_NAMED, i,
					  dir->vendors[k].vendor);
	return err;
}

/* Those of this host come to decide; the ones for some hosts first. */
static int put_written(struct dealing *x, bool for_some)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < x->d->rules.cnt; i++) {
		const struct rule *rule = rule_at(x, i);

		if (rule->here && !rule->hosts != for_some && rule->level != RULE_DIRECTIVE)
			err = index_put(x->by_target, rule->target, rule->level, i, NULL);
	}
	return err;
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

/* An earlier share simply stands. */
static int deal_one(struct dealing *x, const struct rule *of,
		    const struct directive_vendor *v)
{
	/* Of vendors that are only reported there may be no file yet. */
	if (!catalog_vendor(x->d->ctx->catalog, v->vendor) ||
	    index_get(x->by_target, v->vendor, RULE_DIRECTIVE) != INDEX_NONE)
		return 0;
	return add_share(x, of, v->vendor, v->reported);
}

/* The vendors of one directive that are (or are not) only reported. */
static int deal(struct dealing *x, const struct rule *of, bool reported)
{
	const struct directive *dir =
		catalog_directive(x->d->ctx->catalog, of->target);
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < dir->vendor_cnt; i++)
		if (dir->vendors[i].reported == reported)
			err = deal_one(x, of, &dir->vendors[i]);
	return err;
}

static int deal_written(struct dealing *x, bool reported, bool for_some)
{
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < x->d->rules.cnt; i++) {
		/* By value: the array moves when shares are added. */
		struct rule of = *rule_at(x, i);

		if (of.level == RULE_DIRECTIVE && of.here && !of.hosts != for_some)
			err = deal(x, &of, reported);
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
				   .phase_cnt = 1,
				   .here = true };

		err = deal(x, &of, reported);
	}
	return err;
}

static int settle(struct dealing *x)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < x->d->rules.cnt; i++)
		err = take_written(x, i);
	if (!err)
		err = put_written(x, true);
	if (!err)
		err = put_written(x, false);
	/* Named before reported: the stronger word about a vendor stands. */
	if (!err)
		err = deal_written(x, false, true);
	if (!err)
		err = deal_written(x, false, false);
	if (!err)
		err = deal_listed(x, false);
	if (!err)
		err = deal_written(x, true, true);
	if (!err)
		err = deal_written(x, true, false);
	return err ? err : deal_listed(x, true);
}

int targets_settle(struct reader *r, struct arena_list *rules)
{
	struct policy_draft *d = draft_of(r);
	struct dealing x = { .r = r, .d = d, .rules = rules,
			     .by_target = &d->p.store->by_target };
	int err = settle(&x);

	index_exit(&x.written);
	return err;
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
