// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prefixes with everything that holds on them.
 *
 * A trie answers with the longest prefix alone. Sorted by address and then by
 * length, a prefix comes right after those that hold it, so one pass with a
 * stack of the open ones pushes their ports down.
 *
 * The kernel takes the first strong key that matches, so first comes what stops
 * first, whichever prefix it is from: a product that is only observed must not
 * hide what is blocked. An allowance stands ahead of what its own rule stops and
 * spares that and no other's.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "policy/keys.h"

/* Nested prefixes: at most one for each length. */
#define DEPTH_MAX 129

/* On one prefix, with those that are then found to be hidden. */
#define STOPS_MAX 64

struct entry {
	struct prefix prefix;
	struct weir_port port; /* key.rule 0: an allowance */
	uint32_t line;	       /* of the allowance's rule */
	/* What the rule allows: the same pointer ties both together. */
	const struct allowance *by;
};

struct open_prefix {
	struct prefix prefix;
	struct entry list[WEIR_PORTS_MAX];
	uint32_t cnt;
};

struct pushdown {
	const struct compilation *x;
	struct entry *entries;
	size_t cnt, cap;
	struct open_prefix *open; /* DEPTH_MAX of them */
	uint32_t depth;
};

static void pushdown_exit(struct pushdown *w)
{
	free(w->entries);
	free(w->open);
}

static int add(struct pushdown *w, const struct entry *e)
{
	if (w->cnt == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 64;
		struct entry *grown;

		grown = reallocarray(w->entries, cap, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		w->entries = grown;
		w->cap = cap;
	}
	w->entries[w->cnt++] = *e;
	return 0;
}

/* One entry for each port range; none given: one for any port at all. */
static int add_ports(struct pushdown *w, struct entry *e,
		     const struct port_range *ports, uint32_t cnt)
{
	uint32_t i;
	int err = 0;

	if (!cnt) {
		e->port.first = 0;
		e->port.last = UINT16_MAX;
		e->port.protocol = 0;
		return add(w, e);
	}
	for (i = 0; !err && i < cnt; i++) {
		e->port.first = ports[i].first;
		e->port.last = ports[i].last;
		e->port.protocol = ports[i].protocol;
		err = add(w, e);
	}
	return err;
}

/* Stored prefixes were checked as they were read; this is for the rest. */
static int parse(const struct compilation *x, const char *text,
		 const char *file, uint32_t line, struct prefix *ret)
{
	const char *why = NULL;

	if (!prefix_parse(text, ret, &why))
		return 0;
	return diag_set(x->diag, file, line, 1, "%.64s %s", text, why);
}

static int add_indicator(struct pushdown *w, uint32_t i)
{
	const struct compilation *x = w->x;
	const struct indicator *ind = &x->c->indicators[i];
	struct entry e = { 0 };
	int err;

	if (ind->kind != IND_CIDR || !key_of(x, i, &e.port.key))
		return 0;
	err = parse(x, ind->value, indicator_file(x->c, ind), ind->line,
		    &e.prefix);
	if (err)
		return err;
	e.by = policy_rule_for(x->p, x->c, ind->product)->allow;
	return add_ports(w, &e, ind->ports, ind->port_cnt);
}

static int add_allowances(struct pushdown *w, const struct rule *rule)
{
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < rule->allow_cnt; i++) {
		const struct allowance *a = &rule->allow[i];
		struct entry e = { .line = rule->line, .by = rule->allow };

		/* Strong, so that a lookup ends here. */
		e.port.key.kind = WEIR_KEY_PREFIX;
		e.port.key.flags = WEIR_KEY_ENFORCE;
		err = parse(w->x, a->to, w->x->p->file, rule->line, &e.prefix);
		if (!err)
			err = add_ports(w, &e, a->ports, a->port_cnt);
	}
	return err;
}

static int gather(struct pushdown *w)
{
	const struct compilation *x = w->x;
	uint32_t i;
	int err = 0;

	for (i = 0; !err && i < x->c->indicator_cnt; i++)
		err = add_indicator(w, i);
	/* Shares of a directive have the allowances of the rule they are of. */
	for (i = 0; !err && i < x->p->rule_cnt; i++)
		if (!x->p->rules[i].vendor)
			err = add_allowances(w, &x->p->rules[i]);
	return err;
}

static int compare_entries(const void *a, const void *b, void *ctx)
{
	const struct entry *p = a, *q = b;
	int d = prefix_compare(&p->prefix, &q->prefix);

	if (!d)
		d = key_compare(ctx, &p->port.key, &q->port.key);
	if (!d)
		d = p->port.protocol - q->port.protocol;
	return d ? d : p->port.first - q->port.first;
}

/*
 * Does nothing hang on @later behind @e, here and on all prefixes within? Only
 * of one rule: another's may stop when this one does not.
 */
static bool hides(const struct entry *e, const struct entry *later)
{
	const struct weir_port *p = &e->port, *q = &later->port;

	if (e->by != later->by || (p->key.rule && p->key.rule != q->key.rule))
		return false;
	/* A weak key is passed by in search of a strong one. */
	if (!(p->key.flags & WEIR_KEY_ENFORCE) &&
	    q->key.flags & WEIR_KEY_ENFORCE)
		return false;
	return (!p->protocol || p->protocol == q->protocol) &&
	       p->first <= q->first && p->last >= q->last;
}

static int complain_full(const struct compilation *x,
			 const struct open_prefix *o, const struct entry *e)
{
	const char *file = x->p->file;
	unsigned int line = e->line, col = 1;
	char text[PREFIX_TEXT_MAX];

	if (e->port.key.rule) {
		const struct indicator *ind =
			&x->c->indicators[e->port.key.evidence];

		file = indicator_file(x->c, ind);
		line = ind->line;
		col = ind->col;
	}
	prefix_format(&o->prefix, text);
	return diag_set(x->diag, file, line, col,
			"prefix %s has more than %d port rules, those of the "
			"prefixes around it and of \"allow\" counted", text,
			WEIR_PORTS_MAX);
}

/* Behind those from @first on. */
static int put(const struct pushdown *w, struct open_prefix *o, uint32_t first,
	       const struct entry *e)
{
	for (uint32_t i = first; i < o->cnt; i++)
		if (hides(&o->list[i], e))
			return 0;
	if (o->cnt == WEIR_PORTS_MAX)
		return complain_full(w->x, o, e);
	o->list[o->cnt++] = *e;
	return 0;
}

struct span { /* entries on one prefix, or of the one around it */
	const struct entry *first;
	size_t cnt;
};

static bool is_allowed_here(const struct entry *e, const struct span spans[2])
{
	size_t i;
	int s;

	for (s = 0; e->by && s < 2; s++)
		for (i = 0; i < spans[s].cnt; i++)
			if (!spans[s].first[i].port.key.rule &&
			    spans[s].first[i].by == e->by)
				return true;
	return false;
}

static int put_allowances(const struct pushdown *w, struct open_prefix *o,
			  const struct span spans[2], const struct allowance *by)
{
	uint32_t first = o->cnt;
	int err = 0;

	for (int s = 0; s < 2; s++)
		for (size_t i = 0; !err && i < spans[s].cnt; i++)
			if (!spans[s].first[i].port.key.rule && spans[s].first[i].by == by)
				err = put(w, o, first, &spans[s].first[i]);
	return err;
}

/* From when on it stops; WEIR_NEVER: it only tells. */
static uint64_t stops_from(const struct pushdown *w, const struct entry *e)
{
	const struct weir_rule *rule = &w->x->t->rules[e->port.key.rule];

	if (!(e->port.key.flags & WEIR_KEY_ENFORCE) || !(rule->flags & WEIR_RULE_ENFORCE))
		return WEIR_NEVER;
	return rule_begins(rule, WEIR_OFFLINE);
}

struct stops {
	const struct entry *list[STOPS_MAX];
	uint32_t cnt;
};

/* Those that stop sooner come first; else the prefix's own, then those around it. */
static int sort_stops(const struct pushdown *w, const struct open_prefix *o,
		      const struct span spans[2], struct stops *ret)
{
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < spans[s].cnt; i++) {
			const struct entry *e = &spans[s].first[i];
			uint64_t from = stops_from(w, e);
			uint32_t k = ret->cnt;

			if (!e->port.key.rule)
				continue;
			if (ret->cnt == STOPS_MAX)
				return complain_full(w->x, o, e);
			for (; k && stops_from(w, ret->list[k - 1]) > from; k--)
				ret->list[k] = ret->list[k - 1];
			ret->list[k] = e;
			ret->cnt++;
		}
	return 0;
}

static bool is_last_of(const struct open_prefix *o, const struct allowance *by)
{
	return o->cnt && o->list[o->cnt - 1].by == by;
}

static bool is_told(const struct open_prefix *o, const struct allowance *by)
{
	for (uint32_t i = 0; i < o->cnt; i++)
		if (!o->list[i].port.key.rule && o->list[i].by == by)
			return true;
	return false;
}

/* Own entries and those of the prefix around. */
static int fill(const struct pushdown *w, struct open_prefix *o,
		const struct span spans[2])
{
	struct stops stops = { .cnt = 0 };
	int err = sort_stops(w, o, spans, &stops);

	for (uint32_t i = 0; !err && i < stops.cnt; i++) {
		const struct entry *e = stops.list[i];

		if (is_allowed_here(e, spans) && !is_last_of(o, e->by))
			err = put_allowances(w, o, spans, e->by);
		if (!err)
			err = put(w, o, 0, e);
	}
	/* What spares nothing here may do so further down. */
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; !err && i < spans[s].cnt; i++)
			if (!spans[s].first[i].port.key.rule && !is_told(o, spans[s].first[i].by))
				err = put_allowances(w, o, spans, spans[s].first[i].by);
	return err;
}

/* How many stand behind the allowance that are its own rule's. */
static uint8_t spared_by(const struct open_prefix *o, uint32_t i)
{
	uint32_t end = i + 1;

	while (end < o->cnt && o->list[end].by == o->list[i].by)
		end++;
	return (uint8_t)(end - i - 1);
}

static void keep(const struct pushdown *w, const struct open_prefix *o)
{
	struct compiled *t = w->x->t;
	struct prefix_key *out = &t->prefixes[t->prefix_cnt++];
	uint32_t i;

	memcpy(out->addr, o->prefix.addr, sizeof(out->addr));
	out->family = o->prefix.family;
	out->len = o->prefix.len;
	for (i = 0; i < o->cnt; i++) {
		out->ports.port[i] = o->list[i].port;
		if (!o->list[i].port.key.rule)
			out->ports.port[i].spares = spared_by(o, i);
	}
	out->ports.cnt = o->cnt;
}

/* All that stands on the prefix of the @first entry; returns one behind. */
static int open_next(struct pushdown *w, size_t first, size_t *ret)
{
	struct open_prefix *o;
	struct span spans[2] = { { &w->entries[first], 1 }, { NULL, 0 } };
	int err;

	while (first + spans[0].cnt < w->cnt &&
	       !prefix_compare(&spans[0].first[spans[0].cnt].prefix,
			       &spans[0].first->prefix))
		spans[0].cnt++;
	while (w->depth && !prefix_covers(&w->open[w->depth - 1].prefix,
					  &spans[0].first->prefix))
		w->depth--;
	if (w->depth)
		spans[1] = (struct span){ w->open[w->depth - 1].list,
					  w->open[w->depth - 1].cnt };
	o = &w->open[w->depth++];
	o->prefix = spans[0].first->prefix;
	o->cnt = 0;
	err = fill(w, o, spans);
	if (!err)
		keep(w, o);
	*ret = first + spans[0].cnt;
	return err;
}

static size_t count_prefixes(const struct pushdown *w)
{
	size_t i, cnt = w->cnt > 0;

	for (i = 1; i < w->cnt; i++)
		cnt += prefix_compare(&w->entries[i - 1].prefix,
				      &w->entries[i].prefix) != 0;
	return cnt;
}

/* The cgroup hooks see TCP and UDP; SCTP and raw sockets cost more hooks. */
static bool needs_socket_hooks(const struct pushdown *w)
{
	size_t i;

	for (i = 0; i < w->cnt; i++) {
		const struct weir_port *p = &w->entries[i].port;
		const struct weir_rule *rule = &w->x->t->rules[p->key.rule];

		if (p->key.rule && p->key.flags & WEIR_KEY_ENFORCE &&
		    rule->flags & WEIR_RULE_ENFORCE &&
		    rule_begins(rule, WEIR_OFFLINE) != WEIR_NEVER &&
		    p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP)
			return true;
	}
	return false;
}

int prefixes_compile(const struct compilation *x)
{
	CLEANUP(pushdown_exit) struct pushdown w = { .x = x };
	size_t i = 0;
	int err = gather(&w);

	if (err)
		return err;
	if (w.cnt)
		qsort_r(w.entries, w.cnt, sizeof(*w.entries), compare_entries,
			(void *)(uintptr_t)x);
	w.open = calloc(DEPTH_MAX, sizeof(*w.open));
	x->t->prefixes = calloc(count_prefixes(&w) + 1,
				sizeof(*x->t->prefixes));
	if (!w.open || !x->t->prefixes)
		return -ENOMEM;
	while (!err && i < w.cnt)
		err = open_next(&w, i, &i);
	x->t->needs_socket_hooks = !err && needs_socket_hooks(&w);
	return err;
}
