// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prefixes with everything that holds on them.
 *
 * A trie answers with the longest prefix alone. Sorted by address and then by
 * length, a prefix comes right after those that hold it, so one pass with a
 * stack of the open ones pushes their ports down.
 *
 * On each prefix stand, in this order: what is stopped by rules that allow
 * nothing here, what is allowed here, and what is stopped by the rules that
 * allow it. An allowance thus takes back its own rule and no other. Within
 * each part the more specific prefix goes first, then the stronger key.
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

/* What stands on one prefix with what is hidden there. */
#define LIST_MAX 64

struct entry {
	struct prefix prefix;
	struct weir_port port; /* key.rule 0: an allowance */
	uint32_t line;	       /* of the allowance's rule */
	bool hidden;	       /* no lookup gets to it on the prefix at hand */
	/* What the rule allows: the same pointer ties both together. */
	const struct allowance *by;
};

/*
 * What is hidden stays in the list: further down an allowance may put what
 * hides it last.
 */
struct open_prefix {
	struct prefix prefix;
	struct entry list[LIST_MAX];
	uint32_t cnt;
	uint32_t seen; /* of these, not hidden */
};

struct pushdown {
	const struct compilation *x;
	struct entry *entries;
	size_t cnt, cap;
	struct open_prefix *open; /* DEPTH_MAX of them */
	uint32_t depth;
};

enum part { PART_OTHERS, PART_ALLOWED, PART_TAKEN_BACK, PART_MAX };

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

/* Would a lookup never get to @later, having met @e? */
static bool hides(const struct entry *e, const struct entry *later)
{
	const struct weir_port *p = &e->port, *q = &later->port;

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

static bool is_same_rule(const struct entry *a, const struct entry *b)
{
	return a->port.key.rule == b->port.key.rule && a->by == b->by;
}

static int put(const struct pushdown *w, struct open_prefix *o,
	       const struct entry *e)
{
	bool hidden = false;
	uint32_t i;

	for (i = 0; i < o->cnt; i++) {
		if (!hides(&o->list[i], e))
			continue;
		/* Both will stand in the same part wherever they are. */
		if (is_same_rule(&o->list[i], e))
			return 0;
		hidden = true;
	}
	if (o->cnt == LIST_MAX || (!hidden && o->seen == WEIR_PORTS_MAX))
		return complain_full(w->x, o, e);
	o->list[o->cnt] = *e;
	o->list[o->cnt++].hidden = hidden;
	o->seen += !hidden;
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

static enum part part_of(const struct entry *e, const struct span spans[2])
{
	if (!e->port.key.rule)
		return PART_ALLOWED;
	return is_allowed_here(e, spans) ? PART_TAKEN_BACK : PART_OTHERS;
}

/* Own entries and those of the prefix around, part by part. */
static int fill(const struct pushdown *w, struct open_prefix *o,
		const struct span spans[2])
{
	int part, s, err = 0;
	size_t i;

	for (part = 0; part < PART_MAX; part++)
		for (s = 0; s < 2; s++)
			for (i = 0; !err && i < spans[s].cnt; i++)
				if ((int)part_of(&spans[s].first[i], spans) == part)
					err = put(w, o, &spans[s].first[i]);
	return err;
}

static void keep(const struct pushdown *w, const struct open_prefix *o)
{
	struct compiled *t = w->x->t;
	struct prefix_key *out = &t->prefixes[t->prefix_cnt++];
	uint32_t i;

	memcpy(out->addr, o->prefix.addr, sizeof(out->addr));
	out->family = o->prefix.family;
	out->len = o->prefix.len;
	for (i = 0; i < o->cnt; i++)
		if (!o->list[i].hidden)
			out->ports.port[out->ports.cnt++] = o->list[i].port;
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
	o->seen = 0;
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
