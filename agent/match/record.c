// SPDX-License-Identifier: GPL-2.0-only
#include "match/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static int text_order(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

/* The product itself first, then its things by kind and place. */
static int by_key(const void *a, const void *b)
{
	const struct record *x = a, *y = b;
	int order = strcmp(x->product, y->product);

	if (!order)
		order = text_order(x->kind, y->kind);
	if (!order)
		order = text_order(x->place, y->place);
	return order ? order : text_order(x->container, y->container);
}

static bool keep(struct arena *a, const char **text)
{
	if (*text)
		*text = arena_strndup(a, *text, strlen(*text));
	return *text;
}

int records_add(struct records *all, const struct record *r)
{
	struct record copy = *r, *slot;

	if (!keep(&all->arena, &copy.product) || (r->kind && !keep(&all->arena, &copy.kind)) ||
	    (r->place && !keep(&all->arena, &copy.place)) ||
	    (r->container && !keep(&all->arena, &copy.container)) ||
	    (r->version && !keep(&all->arena, &copy.version)))
		return -ENOMEM;
	slot = arena_list_add(&all->arena, &all->list, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = copy;
	return 0;
}

/* Two processes of one program: what is true of either. */
static void unite(struct record *into, const struct record *r)
{
	if (r->state > into->state)
		into->state = r->state;
	if (r->first_seen && (!into->first_seen || r->first_seen < into->first_seen))
		into->first_seen = r->first_seen;
}

void records_sort(struct records *all)
{
	struct record *items = all->list.item;
	uint32_t cnt = 0;

	if (all->list.cnt)
		qsort(items, all->list.cnt, sizeof(*items), by_key);
	for (uint32_t i = 0; i < all->list.cnt; i++) {
		if (cnt && !by_key(&items[cnt - 1], &items[i]))
			unite(&items[cnt - 1], &items[i]);
		else
			items[cnt++] = items[i];
	}
	all->items = items;
	all->cnt = cnt;
}

void records_exit(struct records *all)
{
	arena_exit(&all->arena);
	memset(all, 0, sizeof(*all));
}

struct record record_of(const struct finding_row *row, const char *product)
{
	const struct thing *t = row->thing;

	return (struct record){
		.product = product,
		.kind = trace_kind_name(t->kind),
		.place = t->kind == TRACE_PROCESS && t->path ? t->path : t->where,
		.container = t->container,
		.version = t->version,
		.state = row->state,
		.first_seen = row->first_seen,
	};
}

static int add_finding(struct records *all, const struct finding *item, const char *product)
{
	struct record r = { .product = product,
			    .version = item->version,
			    .state = item->state,
			    .first_seen = item->first_seen,
			    .last_seen = item->last_seen };
	int err = records_add(all, &r);

	for (uint32_t i = 0; !err && i < item->row_cnt; i++) {
		r = record_of(&item->rows[i], product);
		err = records_add(all, &r);
	}
	return err;
}

int records_of(const struct findings *f, const struct catalog *c, struct records *ret)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < f->cnt; i++)
		err = add_finding(ret, &f->items[i], c->products[f->items[i].product].id);
	records_sort(ret);
	return err;
}

const struct record *records_find(const struct records *all, const struct record *like)
{
	return all->cnt ? bsearch(like, all->items, all->cnt, sizeof(*like), by_key) : NULL;
}

static bool is_same(const struct record *was, const struct record *is)
{
	return was->state == is->state && !text_order(was->version, is->version);
}

int records_compare(const struct records *was, const struct records *is, record_change_fn fn,
		    void *ctx)
{
	uint32_t a = 0, b = 0;
	int err = 0;

	while (!err && (a < was->cnt || b < is->cnt)) {
		int order = a == was->cnt ? 1 :
			    b == is->cnt  ? -1 :
					    by_key(&was->items[a], &is->items[b]);

		if (order < 0)
			err = fn(ctx, &was->items[a++], NULL);
		else if (order > 0)
			err = fn(ctx, NULL, &is->items[b++]);
		else if (is_same(&was->items[a++], &is->items[b++]))
			continue;
		else
			err = fn(ctx, &was->items[a - 1], &is->items[b - 1]);
	}
	return err;
}
