// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "out/scan_json.h"

int history_read(const char *path, struct history *ret)
{
	struct history h = { 0 };
	char why[256] = "";
	int err = last_read(path, &h.last, why, sizeof(why));

	if (err == -ENOMEM)
		return err;
	if (err && err != -ENOENT)
		fprintf(stderr, "weir: scan: %s: %s: starting anew\n", path, why);
	*ret = h;
	return 0;
}

void history_exit(struct history *h)
{
	last_exit(&h->last);
	free(h->gone);
	memset(h, 0, sizeof(*h));
}

static int64_t first_of(const struct record *r, int64_t now_s)
{
	/* A clock that was wrong then does not make a thing of the future. */
	return r && r->first_seen && r->first_seen < now_s ? r->first_seen : now_s;
}

static void apply_to(const struct history *h, struct finding *item, const char *product,
		     int64_t now_s)
{
	struct record like = { .product = product };
	const struct record *r = records_find(&h->last.found, &like);

	/* It may have gone and come back. */
	if (!r)
		r = records_find(&h->last.gone, &like);
	item->first_seen = first_of(r, now_s);
	item->last_seen = now_s;
	for (uint32_t i = 0; i < item->row_cnt; i++) {
		like = record_of(&item->rows[i], product);
		item->rows[i].first_seen = first_of(records_find(&h->last.found, &like), now_s);
	}
}

static bool is_found(const struct findings *f, const struct catalog *c, const char *product)
{
	for (uint32_t i = 0; i < f->cnt; i++)
		if (!strcmp(c->products[f->items[i].product].id, product))
			return true;
	return false;
}

static void add_gone(struct history *h, const struct record *r, bool is_new)
{
	h->gone[h->gone_cnt++] = (struct scan_gone){
		.product = r->product,
		.first_seen = r->first_seen,
		.last_seen = r->last_seen,
		.is_new = is_new,
	};
}

static int by_id(const void *a, const void *b)
{
	const struct scan_gone *x = a, *y = b;

	return strcmp(x->product, y->product);
}

int history_apply(struct history *h, struct findings *f, const struct catalog *c, int64_t now_s)
{
	const struct records *found = &h->last.found, *gone = &h->last.gone;

	h->gone = calloc(found->cnt + gone->cnt + 1UL, sizeof(*h->gone));
	if (!h->gone)
		return -ENOMEM;
	for (uint32_t i = 0; i < f->cnt; i++)
		apply_to(h, &f->items[i], c->products[f->items[i].product].id, now_s);
	for (uint32_t i = 0; i < found->cnt; i++)
		if (!found->items[i].kind && !is_found(f, c, found->items[i].product))
			add_gone(h, &found->items[i], true);
	for (uint32_t i = 0; i < gone->cnt; i++)
		if (!is_found(f, c, gone->items[i].product) &&
		    !records_find(found, &gone->items[i]))
			add_gone(h, &gone->items[i], false);
	qsort(h->gone, h->gone_cnt, sizeof(*h->gone), by_id);
	return 0;
}

int history_write(const char *path, const struct scan_report *r)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct scan_report plain = *r;
	int err;

	plain.shows_all = false;
	scan_json(&plain, &out);
	err = out.err;
	if (!err)
		err = last_write(path, out.data, out.len);
	if (err)
		fprintf(stderr, "weir: scan: %s: cannot be written: %s\n", path, strerror(-err));
	return err;
}
