// SPDX-License-Identifier: GPL-2.0-only
/*
 * From facts to evidence; see match.h.
 */
#include "match/match.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/prefix.h"
#include "match/glob.h"
#include "match/lookup.h"

/*
 * Hits kept for the record. A file can carry any number of listed strings to
 * make its judge slow; beyond this they still count as evidence.
 */
#define HITS_MAX 256

/* One question while it is answered. */
struct query {
	const struct match_index *x;
	const struct facts *facts;
	struct match *m;
	int err;
};

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

static void add_hit(struct query *q, uint32_t i)
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

/* Is the value the @len bytes of @text? Of a place, with or without its slash. */
static bool is_value(const char *value, const char *text, size_t len)
{
	return !strncmp(value, text, len) &&
	       (!value[len] || (value[len] == '/' && !value[len + 1]));
}

/* All indicators of @group whose value is the @len bytes of @value. */
static void ask_value(struct query *q, unsigned int group, const char *value,
		      size_t len, uint64_t h)
{
	uint32_t at = lookup_first(q->x, group, h);
	const struct indicator *ind;

	for (; at; at = q->x->next[at - 1]) {
		ind = &q->x->catalog->indicators[at - 1];
		if (lookup_group_of(ind) == group && is_value(ind->value, value, len))
			add_hit(q, at - 1);
	}
}

static void ask_kind(struct query *q, enum indicator_kind kind, const char *value)
{
	size_t len;

	if (!value)
		return;
	len = strlen(value);
	ask_value(q, GROUP_PLAIN + kind, value, len, lookup_hash(value, len));
}

static void ask_patterns(struct query *q, unsigned int group, const char *text, uint64_t h)
{
	uint32_t at = lookup_first(q->x, group, h);
	const struct indicator *ind;

	for (; at; at = q->x->next[at - 1]) {
		ind = &q->x->catalog->indicators[at - 1];
		if (lookup_group_of(ind) == group && glob_covers(ind->value, text))
			add_hit(q, at - 1);
	}
}

/* What an installer is called, wherever it lies. */
static void ask_installer(struct query *q, const char *name)
{
	uint64_t h = LOOKUP_HASH_SEED;

	for (size_t len = 0; len < WEIR_NAME_MAX; len++) {
		if (q->x->installer_at[len])
			ask_patterns(q, GROUP_INSTALLER, name, h);
		if (!name[len])
			return;
		h = lookup_hash_byte(h, (unsigned char)name[len]);
	}
}

/* The path, each directory above it, and wherever a pattern's star may begin. */
static void ask_path(struct query *q, const char *path)
{
	const char *slash = strrchr(path, '/');
	uint64_t h = LOOKUP_HASH_SEED;

	for (size_t len = 0; len < WEIR_PATH_MAX; len++) {
		if (q->x->pattern_at[len])
			ask_patterns(q, GROUP_PATTERN, path, h);
		if (!path[len] || path[len] == '/')
			ask_value(q, GROUP_PLACE, path, len, h);
		if (!path[len]) {
			ask_value(q, GROUP_FILE, path, len, h);
			break;
		}
		h = lookup_hash_byte(h, (unsigned char)path[len]);
		if (path[len] == '/')
			ask_value(q, GROUP_DIR, path, len + 1, h);
	}
	if (slash && slash[1])
		ask_installer(q, slash + 1);
}

static void ask_hex(struct query *q, enum indicator_kind kind, const uint8_t *bytes, size_t len)
{
	char text[2 * WEIR_BUILD_ID_MAX + 1];

	if (len > WEIR_BUILD_ID_MAX)
		return;
	hex_encode(bytes, len, text);
	ask_kind(q, kind, text);
}

/* The name itself, then what is left after each dot: rules cover all below. */
static void ask_domain(struct query *q, const char *name)
{
	const unsigned int group = GROUP_PLAIN + IND_DOMAIN;
	char lower[256]; /* 253 is the longest name */
	size_t len = strlen(name);
	const struct indicator *ind;
	const char *rest;

	if (len && name[len - 1] == '.')
		len--;
	if (!len || len >= sizeof(lower))
		return;
	for (size_t i = 0; i < len; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	lower[len] = '\0';
	for (rest = lower; rest; rest = strchr(rest, '.')) {
		uint32_t at;

		rest += rest != lower;
		at = lookup_first(q->x, group, lookup_hash(rest, strlen(rest)));
		for (; at; at = q->x->next[at - 1]) {
			ind = &q->x->catalog->indicators[at - 1];
			if (ind->kind == IND_DOMAIN && !strcmp(ind->value, rest) &&
			    (rest == lower || !ind->exact))
				add_hit(q, at - 1);
		}
	}
}

static bool covers_port(const struct indicator *ind, const struct facts *f)
{
	for (unsigned int i = 0; i < ind->port_cnt; i++)
		if (f->protocol == ind->ports[i].protocol && f->port >= ind->ports[i].first &&
		    f->port <= ind->ports[i].last)
			return true;
	return !ind->port_cnt;
}

static void ask_network(struct query *q, const uint8_t *addr, size_t size, unsigned int len)
{
	unsigned int group = size == 4 ? GROUP_NET4 : GROUP_NET6;
	const struct indicator *ind;
	struct prefix net;
	const char *why;
	uint32_t at;

	at = lookup_first(q->x, group, lookup_hash_byte(lookup_hash(addr, size), (uint8_t)len));
	for (; at; at = q->x->next[at - 1]) {
		ind = &q->x->catalog->indicators[at - 1];
		if (lookup_group_of(ind) != group || prefix_parse(ind->value, &net, &why))
			continue;
		if (net.len == len && !memcmp(net.addr, addr, size) &&
		    covers_port(ind, q->facts))
			add_hit(q, at - 1);
	}
}

static void ask_address(struct query *q)
{
	const struct facts *f = q->facts;
	size_t size = f->family == AF_INET ? 4 : 16;
	const bool *used = f->family == AF_INET ? q->x->net4_at : q->x->net6_at;
	uint8_t addr[16];

	memcpy(addr, f->addr, size);
	for (unsigned int len = (unsigned int)size * 8 + 1; len-- > 0;) {
		if (!used[len])
			continue;
		address_mask(addr, size, len);
		ask_network(q, addr, size, len);
	}
}

static void ask_note(struct query *q, const struct package_note *note)
{
	if (!note->type || !note->name)
		return;
	if (!strcmp(note->type, "deb"))
		ask_kind(q, IND_DEB, note->name);
	else if (!strcmp(note->type, "rpm"))
		ask_kind(q, IND_RPM, note->name);
}

static void ask_all(struct query *q)
{
	const struct facts *f = q->facts;

	if (f->path)
		ask_path(q, f->path);
	if (f->is_hashed)
		ask_hex(q, IND_SHA256, f->sha256, WEIR_SHA256_LEN);
	if (f->build_id_len)
		ask_hex(q, IND_BUILD_ID, f->build_id, f->build_id_len);
	ask_kind(q, IND_SONAME, f->soname);
	for (size_t i = 0; i < f->needed_cnt; i++)
		ask_kind(q, IND_NEEDED, f->needed[i]);
	ask_note(q, &f->note);
	for (size_t i = 0; i < f->other_cnt; i++) {
		if (f->others[i].kind == IND_DOMAIN)
			ask_domain(q, f->others[i].value);
		else
			ask_kind(q, f->others[i].kind, f->others[i].value);
	}
	if (f->family == AF_INET || f->family == AF_INET6)
		ask_address(q);
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
	ask_all(&q);
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
		add_hit(&q, hits[i]);
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
