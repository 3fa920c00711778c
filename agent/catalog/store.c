// SPDX-License-Identifier: GPL-2.0-only
/*
 * Growing arrays of a catalogue and the ids of the file being read.
 */
#include "catalog/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more. Doubling: untouched pages cost nothing. */
static int make_room(void *array, uint32_t *cap, uint32_t cnt, size_t size)
{
	void **p = array, *grown;
	uint32_t want = *cap ? *cap * 2 : 16;

	if (cnt < *cap)
		return 0;
	if (want < *cap)
		return -ENOMEM;
	grown = reallocarray(*p, want, size);
	if (!grown)
		return -ENOMEM;
	*p = grown;
	*cap = want;
	return 0;
}

int store_vendor(struct build *b, const struct vendor *v)
{
	struct catalog *c = b->c;

	if (make_room(&c->vendors, &c->store->vendor_cap, c->vendor_cnt,
		      sizeof(*v)))
		return -ENOMEM;
	c->vendors[c->vendor_cnt++] = *v;
	return 0;
}

int store_product(struct build *b, const struct product *p)
{
	struct catalog *c = b->c;

	if (make_room(&c->products, &c->store->product_cap, c->product_cnt,
		      sizeof(*p)))
		return -ENOMEM;
	c->products[c->product_cnt] = *p;
	c->products[c->product_cnt].first_indicator =
		c->indicator_cnt - b->run;
	c->products[c->product_cnt].indicator_cnt = b->run;
	c->product_cnt++;
	b->run = 0;
	return 0;
}

int store_indicator(struct build *b, const struct indicator *ind)
{
	struct catalog *c = b->c;

	if (make_room(&c->indicators, &c->store->indicator_cap,
		      c->indicator_cnt, sizeof(*ind)))
		return -ENOMEM;
	c->indicators[c->indicator_cnt++] = *ind;
	b->run++;
	return 0;
}

int store_directive(struct build *b, const struct directive *d)
{
	struct catalog *c = b->c;

	if (make_room(&c->directives, &c->store->directive_cap,
		      c->directive_cnt, sizeof(*d)))
		return -ENOMEM;
	c->directives[c->directive_cnt++] = *d;
	return 0;
}

static const char *file_of(const struct catalog *c, enum id_kind kind,
			   uint32_t i)
{
	if (kind == ID_DIRECTIVE)
		return c->directives[i].file;
	return c->vendors[kind == ID_VENDOR ? i : c->products[i].vendor].file;
}

int build_take_id(struct reader *r, enum id_kind kind, const char *id,
		  struct mark at)
{
	static const char *const words[] = { "vendor", "product", "directive" };
	struct build *b = build_of(r);
	const struct catalog *c = b->c;
	const uint32_t next[] = { c->vendor_cnt, c->product_cnt,
				  c->directive_cnt };
	uint32_t old = index_get(&c->store->ids, id, kind);
	int err;

	if (old != INDEX_NONE)
		return schema_fail(r, at, "%s \"%s\" is defined in %s already",
				   words[kind], id, file_of(c, kind, old));
	err = index_put(&b->fresh, id, kind, next[kind], &old);
	if (!err && old != INDEX_NONE)
		return schema_fail(r, at, "%s \"%s\" is defined twice",
				   words[kind], id);
	return err;
}

const char *build_join(struct reader *r, const char *head, const char *tail)
{
	size_t hlen = strlen(head), tlen = strlen(tail);
	char *id = arena_alloc(r->arena, hlen + tlen + 2);

	if (!id)
		return NULL;
	memcpy(id, head, hlen);
	id[hlen] = '/';
	memcpy(id + hlen + 1, tail, tlen);
	return id;
}
