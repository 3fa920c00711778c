// SPDX-License-Identifier: GPL-2.0-only
/*
 * Combination: what the things of a host say together about each product.
 *
 * A claim is what one thing says about one product. Claims are grouped by
 * product; a group with a claim that stands alone is a finding, and the weaker
 * claims join it. A group without one is a finding when its claims are of two
 * families, those left out that a confusable shares.
 */
#include "match/combine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct claim {
	struct evidence evidence;
	const struct thing *thing;
	uint32_t order;	  /* of the thing */
	uint8_t families; /* without what a confusable shares */
};

struct combination {
	struct findings *f;
	struct findings_store *store;
	struct claim *claims;
	uint32_t claim_cnt, claim_cap;
	struct arena_list cleared, weak; /* struct suspicion */
};

static int by_place(const void *a, const void *b)
{
	const struct thing *x = *(struct thing *const *)a, *y = *(struct thing *const *)b;
	int order;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	order = strcmp(x->where, y->where);
	return order ? order : strcmp(x->container ? x->container : "",
				      y->container ? y->container : "");
}

static int by_product(const void *a, const void *b, void *ctx)
{
	const struct claim *x = a, *y = b;
	const struct catalog *c = ctx;
	int order;

	order = strcmp(c->products[x->evidence.product].id, c->products[y->evidence.product].id);
	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static bool is_residue(const struct indicator *ind)
{
	return ind->kind == IND_CONFIG || ind->kind == IND_LOG || ind->kind == IND_DATA_DIR ||
	       ind->kind == IND_USER;
}

/* A file is as alive as the best of what it was recognised by. */
static enum finding_state state_of_file(const struct catalog *c, const struct thing *t,
					uint32_t product)
{
	enum finding_state state = STATE_RESIDUE;

	if (t->flags & TRACE_RUNNING)
		return STATE_RUNNING;
	for (uint32_t i = 0; i < t->hit_cnt; i++) {
		const struct indicator *ind = &c->indicators[t->hits[i]];

		if (ind->product != product || is_residue(ind))
			continue;
		if (ind->kind != IND_INSTALLER)
			return STATE_INSTALLED;
		state = STATE_INSTALLER;
	}
	return state;
}

static enum finding_state state_of_package(const struct thing *t)
{
	if (t->flags & TRACE_UNVERIFIED)
		return STATE_UNVERIFIED;
	return t->flags & TRACE_REMOVED ? STATE_RESIDUE : STATE_INSTALLED;
}

enum finding_state finding_state_of(const struct catalog *c, const struct thing *t,
				    uint32_t product)
{
	switch (t->kind) {
	case TRACE_FILE:
		return state_of_file(c, t, product);
	case TRACE_PACKAGE:
		return state_of_package(t);
	case TRACE_PROCESS:
	case TRACE_SOCKET:
		return STATE_RUNNING;
	case TRACE_MODULE:
		return t->flags & TRACE_RUNNING ? STATE_LOADED : STATE_INSTALLED;
	case TRACE_BPF:
	case TRACE_PROBE:
	case TRACE_HOOK:
	case TRACE_INTERFACE:
		return STATE_LOADED;
	case TRACE_USER:
		return STATE_RESIDUE;
	default:
		return t->flags & TRACE_RUNNING ? STATE_RUNNING : STATE_INSTALLED;
	}
}

/* Has a confusable that is taken for @product the very same value? */
static bool is_shared(const struct catalog *c, const struct thing *t, const struct indicator *ind)
{
	for (uint32_t i = 0; i < t->hit_cnt; i++) {
		const struct indicator *other = &c->indicators[t->hits[i]];

		if (c->products[other->product].confusable && other->kind == ind->kind &&
		    !strcmp(other->value, ind->value) &&
		    match_is_taken_for(c, other->product, ind->product))
			return true;
	}
	return false;
}

static uint8_t unshared_families(const struct catalog *c, const struct thing *t, uint32_t product)
{
	uint8_t families = 0;

	for (uint32_t i = 0; i < t->hit_cnt; i++) {
		const struct indicator *ind = &c->indicators[t->hits[i]];

		if (ind->product == product && !is_shared(c, t, ind))
			families |= (uint8_t)(1u << indicator_family_of(ind->kind));
	}
	return families;
}

static bool is_two(uint8_t families)
{
	return __builtin_popcount(families) >= 2;
}

static struct finding_row row_of(const struct combination *k, const struct claim *claim)
{
	const struct evidence *e = &claim->evidence;

	return (struct finding_row){
		.thing = claim->thing,
		.state = finding_state_of(k->store->catalog, claim->thing, e->product),
		.confidence = e->confidence,
		.families = e->families,
		.is_sufficient = e->is_sufficient,
		.is_alone = e->is_finding,
		.cleared_by = e->cleared_by,
	};
}

static int add_suspicion(struct combination *k, const struct claim *claim)
{
	bool is_cleared = claim->evidence.cleared_by != MATCH_NONE;
	struct suspicion *s = arena_list_add(&k->store->arena, is_cleared ? &k->cleared : &k->weak,
					     sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->product = claim->evidence.product;
	s->cleared_by = claim->evidence.cleared_by;
	s->row = row_of(k, claim);
	return 0;
}

/* It hit a confusable and nothing else: worth a line for who asks what was passed over. */
static int add_lookalike(struct combination *k, const struct thing *t, const struct evidence *e)
{
	struct suspicion *s = arena_list_add(&k->store->arena, &k->cleared, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->product = MATCH_NONE;
	s->cleared_by = e->product;
	s->row = (struct finding_row){ .thing = t,
				       .state = finding_state_of(k->store->catalog, t, e->product),
				       .confidence = e->confidence,
				       .families = e->families,
				       .is_sufficient = e->is_sufficient,
				       .cleared_by = e->product };
	return 0;
}

/* The confusable on the same thing that explains even what is no finding. */
static uint32_t explained_by(const struct match *m, const struct catalog *c,
			     const struct evidence *e)
{
	if (e->is_finding || e->cleared_by != MATCH_NONE)
		return e->cleared_by;
	for (uint32_t i = 0; i < m->product_cnt; i++) {
		const struct evidence *other = &m->products[i];

		if (c->products[other->product].confusable &&
		    (other->is_sufficient || is_two(other->families)) &&
		    match_is_taken_for(c, other->product, e->product))
			return other->product;
	}
	return MATCH_NONE;
}

static int add_claim(struct combination *k, const struct thing *t, uint32_t order,
		     const struct evidence *e)
{
	struct claim *claim;

	if (k->claim_cnt == k->claim_cap) {
		uint32_t cap = k->claim_cap ? k->claim_cap * 2 : 64;
		void *p = reallocarray(k->claims, cap, sizeof(*k->claims));

		if (!p)
			return -ENOMEM;
		k->claims = p;
		k->claim_cap = cap;
	}
	claim = &k->claims[k->claim_cnt++];
	*claim = (struct claim){
		.evidence = *e,
		.thing = t,
		.order = order,
		.families = unshared_families(k->store->catalog, t, e->product),
	};
	claim->evidence.cleared_by = explained_by(&k->store->scratch, k->store->catalog, e);
	return 0;
}

static int judge(struct combination *k, const struct thing *t, uint32_t order)
{
	const struct catalog *c = k->store->catalog;
	struct match *m = &k->store->scratch;
	const struct evidence *alike = NULL;
	bool is_claimed = false;
	int err;

	err = match_hits(k->store->index, t->hits, t->hit_cnt, m);
	for (uint32_t i = 0; !err && i < m->product_cnt; i++) {
		const struct evidence *e = &m->products[i];

		if (!c->products[e->product].confusable) {
			is_claimed = true;
			err = add_claim(k, t, order, e);
		} else if (!alike && (e->is_sufficient || is_two(e->families))) {
			alike = e;
		}
	}
	return err || is_claimed || !alike ? err : add_lookalike(k, t, alike);
}

/* Does the claim belong to the finding of its product, once there is one? */
static bool is_part(const struct claim *claim)
{
	return claim->evidence.is_finding ||
	       (claim->evidence.cleared_by == MATCH_NONE && claim->families);
}

static bool is_established(const struct claim *claims, uint32_t cnt)
{
	uint8_t families = 0;

	for (uint32_t i = 0; i < cnt; i++) {
		if (claims[i].evidence.is_finding)
			return true;
		if (is_part(&claims[i]))
			families |= claims[i].families;
	}
	return is_two(families);
}

/* What is enough alone says more than what is merely sure. */
static unsigned int weight_of(bool is_sufficient, enum confidence confidence)
{
	return confidence + (is_sufficient ? CONFIDENCE_MAX : 0u);
}

static void add_row(struct finding *item, const struct finding_row *row)
{
	if (!item->row_cnt || row->state > item->state)
		item->state = row->state;
	if (!item->row_cnt || weight_of(row->is_sufficient, row->confidence) >
				      weight_of(item->is_sufficient, item->confidence))
		item->confidence = row->confidence;
	item->is_sufficient |= row->is_sufficient;
	item->is_combined &= !row->is_alone;
	item->families |= row->families;
	item->rows[item->row_cnt++] = *row;
}

/* One version of packages, or else of modules and images. */
static const char *version_of(const struct finding *item)
{
	const struct thing *best = NULL;

	for (uint32_t i = 0; i < item->row_cnt; i++) {
		const struct thing *t = item->rows[i].thing;

		if (!t->version || (best && t->kind > best->kind))
			continue;
		if (best && t->kind == best->kind && strcmp(t->version, best->version) != 0)
			return NULL;
		best = t;
	}
	return best ? best->version : NULL;
}

static int make_finding(struct combination *k, const struct claim *claims, uint32_t cnt)
{
	struct finding *item = &k->f->items[k->f->cnt];
	int err = 0;

	*item = (struct finding){
		.product = claims->evidence.product,
		.is_combined = true,
		.more = k->store->more[claims->evidence.product],
	};
	item->rows = arena_alloc(&k->store->arena, cnt * sizeof(*item->rows));
	if (!item->rows)
		return -ENOMEM;
	for (uint32_t i = 0; i < cnt && !err; i++) {
		struct finding_row row = row_of(k, &claims[i]);

		if (!is_part(&claims[i])) {
			err = add_suspicion(k, &claims[i]);
			continue;
		}
		item->may_enforce |= claims[i].evidence.may_enforce;
		add_row(item, &row);
	}
	item->version = version_of(item);
	k->f->cnt++;
	return err;
}

static int take_group(struct combination *k, const struct claim *claims, uint32_t cnt)
{
	int err = 0;

	if (is_established(claims, cnt))
		return make_finding(k, claims, cnt);
	for (uint32_t i = 0; i < cnt && !err; i++)
		err = add_suspicion(k, &claims[i]);
	return err;
}

static int take_groups(struct combination *k)
{
	struct claim *claims = k->claims;
	uint32_t groups = 0, cnt;
	int err = 0;

	if (!k->claim_cnt)
		return 0;
	qsort_r(claims, k->claim_cnt, sizeof(*claims), by_product, (void *)k->store->catalog);
	for (uint32_t i = 0; i < k->claim_cnt; i++)
		groups += !i || claims[i].evidence.product != claims[i - 1].evidence.product;
	k->f->items = arena_alloc(&k->store->arena, groups * sizeof(*k->f->items));
	if (!k->f->items)
		return -ENOMEM;
	for (uint32_t i = 0; i < k->claim_cnt && !err; i += cnt) {
		for (cnt = 1; i + cnt < k->claim_cnt; cnt++)
			if (claims[i + cnt].evidence.product != claims[i].evidence.product)
				break;
		err = take_group(k, &claims[i], cnt);
	}
	return err;
}

/* By what clears or, of what is weak, by what it would be of; then by place. */
static int by_suspect(const void *a, const void *b, void *ctx)
{
	const struct suspicion *x = a, *y = b;
	const struct catalog *c = ctx;
	const struct product *p = &c->products[x->cleared_by != MATCH_NONE ? x->cleared_by :
									     x->product];
	const struct product *q = &c->products[y->cleared_by != MATCH_NONE ? y->cleared_by :
									     y->product];
	int order = strcmp(p->id, q->id);

	if (!order)
		order = by_place(&x->row.thing, &y->row.thing);
	return order ? order : (x->product > y->product) - (x->product < y->product);
}

static void sort_suspicions(struct combination *k, const struct arena_list *list,
			    struct suspicion **ret, uint32_t *ret_cnt)
{
	*ret = list->item;
	*ret_cnt = list->cnt;
	if (list->cnt)
		qsort_r(list->item, list->cnt, sizeof(**ret), by_suspect,
			(void *)k->store->catalog);
}

int combine(struct findings *f)
{
	struct combination k = { .f = f, .store = f->store };
	struct findings_store *s = f->store;
	int err = 0;

	if (s->thing_cnt)
		qsort(s->things, s->thing_cnt, sizeof(*s->things), by_place);
	for (uint32_t i = 0; i < s->thing_cnt && !err; i++)
		err = judge(&k, s->things[i], i);
	if (!err)
		err = take_groups(&k);
	free(k.claims);
	sort_suspicions(&k, &k.cleared, &f->cleared, &f->cleared_cnt);
	sort_suspicions(&k, &k.weak, &f->weak, &f->weak_cnt);
	return err;
}
