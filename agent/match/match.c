// SPDX-License-Identifier: GPL-2.0-only
/*
 * From facts to evidence; see match.h.
 */
#include "match/match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "match/ask.h"
#include "match/lookup.h"

/*
 * Hits kept for the record. A file can carry any number of listed strings to
 * make its judge slow; beyond this they still count as evidence.
 */
#define HITS_MAX 256

static int grow(void **array, uint32_t *cap, size_t size)
{
	uint32_t more = *cap ? *cap * 2 : 8;
	void *p = reallocarray(*array, more, size);

	if (!p)
		return -ENOMEM;
	*array = p;
	*cap = more;
	return 0;
}

static struct evidence *evidence_for(struct match *m, uint32_t product)
{
	struct evidence *e;

	for (uint32_t i = 0; i < m->product_cnt; i++)
		if (m->products[i].product == product)
			return &m->products[i];
	if (m->product_cnt == m->product_cap &&
	    grow((void **)&m->products, &m->product_cap, sizeof(*m->products)))
		return NULL;
	e = &m->products[m->product_cnt++];
	*e = (struct evidence){
		.product = product,
		.indicator = MATCH_NONE,
		.cleared_by = MATCH_NONE,
	};
	return e;
}

static bool is_content(const struct indicator *ind)
{
	return ind->kind == IND_SHA256 || ind->kind == IND_BUILD_ID ||
	       ind->kind == IND_ELF_STRING;
}

/* Sufficient beats confident: a name, however sure, needs a second witness. */
static unsigned int weight_of(const struct indicator *ind)
{
	return ind->confidence + (ind->sufficient ? CONFIDENCE_MAX : 0u);
}

static void add_evidence(struct evidence *e, const struct catalog *c, uint32_t i)
{
	const struct indicator *ind = &c->indicators[i];

	e->families |= (uint8_t)(1u << indicator_family_of(ind->kind));
	e->is_sufficient |= ind->sufficient;
	e->has_content |= ind->sufficient && is_content(ind);
	e->may_enforce |= ind->sufficient && ind->confidence == CONFIDENCE_HIGH;
	if (e->indicator != MATCH_NONE &&
	    weight_of(ind) <= weight_of(&c->indicators[e->indicator]))
		return;
	e->indicator = i;
	e->confidence = ind->confidence;
}

void query_hit(struct query *q, uint32_t i)
{
	const struct catalog *c = q->x->catalog;
	struct match *m = q->m;
	struct evidence *e;

	e = evidence_for(m, c->indicators[i].product);
	if (!e) {
		q->err = -ENOMEM;
		return;
	}
	add_evidence(e, c, i);
	for (uint32_t n = 0; n < m->hit_cnt; n++)
		if (m->hits[n] == i)
			return;
	if (m->hit_cnt == HITS_MAX)
		return;
	if (m->hit_cnt == m->hit_cap &&
	    grow((void **)&m->hits, &m->hit_cap, sizeof(*m->hits))) {
		q->err = -ENOMEM;
		return;
	}
	m->hits[m->hit_cnt++] = i;
}

static bool is_two_families(const struct evidence *e)
{
	return __builtin_popcount(e->families) >= 2;
}

bool match_is_taken_for(const struct catalog *c, uint32_t confusable, uint32_t at)
{
	const struct product *product = &c->products[at];
	const struct vendor *vendor = &c->vendors[product->vendor];
	const char *const *id = c->products[confusable].confused_with;

	if (!id || !*id)
		return true;
	for (; *id; id++)
		if (!strcmp(*id, product->id) || !strcmp(*id, vendor->id))
			return true;
	return false;
}

/* The first confusable that explains what hit @product; MATCH_NONE: none does. */
static uint32_t explained_by(const struct match *m, const struct catalog *c, uint32_t product)
{
	for (uint32_t i = 0; i < m->product_cnt; i++) {
		const struct evidence *e = &m->products[i];

		if (c->products[e->product].confusable &&
		    (e->is_sufficient || is_two_families(e)) &&
		    match_is_taken_for(c, e->product, product))
			return e->product;
	}
	return MATCH_NONE;
}

static void conclude(struct match *m, const struct catalog *c)
{
	for (uint32_t i = 0; i < m->product_cnt; i++) {
		struct evidence *e = &m->products[i];

		e->is_finding = e->is_sufficient || is_two_families(e);
		if (e->is_finding && !e->has_content && !c->products[e->product].confusable)
			e->cleared_by = explained_by(m, c, e->product);
		if (c->products[e->product].confusable || e->cleared_by != MATCH_NONE) {
			e->is_finding = false;
			e->may_enforce = false;
		}
	}
}

int match_facts(const struct match_index *x, const struct facts *f, struct match *m)
{
	struct query q = { .x = x, .facts = f, .m = m };

	m->hit_cnt = 0;
	m->product_cnt = 0;
	query_ask(&q);
	if (q.err)
		return q.err;
	conclude(m, x->catalog);
	return 0;
}

int match_hits(const struct match_index *x, const uint32_t *hits, uint32_t cnt, struct match *m)
{
	struct query q = { .x = x, .m = m };

	m->hit_cnt = 0;
	m->product_cnt = 0;
	for (uint32_t i = 0; i < cnt && !q.err; i++)
		query_hit(&q, hits[i]);
	if (q.err)
		return q.err;
	conclude(m, x->catalog);
	return 0;
}

const struct catalog *match_catalog(const struct match_index *x)
{
	return x->catalog;
}

void match_free(struct match *m)
{
	free(m->hits);
	free(m->products);
	memset(m, 0, sizeof(*m));
}

const struct evidence *match_best(const struct match *m)
{
	const struct evidence *best = NULL;

	for (uint32_t i = 0; i < m->product_cnt; i++) {
		const struct evidence *e = &m->products[i];

		if (!e->is_finding)
			continue;
		if (!best || e->may_enforce > best->may_enforce ||
		    (e->may_enforce == best->may_enforce &&
		     e->is_sufficient + e->confidence > best->is_sufficient + best->confidence))
			best = e;
	}
	return best;
}
