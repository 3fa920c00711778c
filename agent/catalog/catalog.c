// SPDX-License-Identifier: GPL-2.0-only
/*
 * The catalogue as a whole: files come in one by one, each whole or not at
 * all, and ids are looked up.
 */
#include "catalog/catalog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/nearest.h"
#include "catalog/store.h"

int catalog_new(struct catalog **ret)
{
	CLEANUP(catalog_freep) struct catalog *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->store = calloc(1, sizeof(*c->store));
	if (!c->store)
		return -ENOMEM;
	*ret = take_ptr(c);
	return 0;
}

struct catalog *catalog_free(struct catalog *c)
{
	if (!c)
		return NULL;
	free(c->vendors);
	free(c->products);
	free(c->indicators);
	free(c->directives);
	if (c->store) {
		index_exit(&c->store->ids);
		arena_exit(&c->store->arena);
	}
	free(c->store);
	free(c);
	return NULL;
}

void catalog_freep(struct catalog **c)
{
	catalog_free(*c);
}

/* The first key, or NULL with @ret_err what nodes_next() said (0: no map). */
static const char *first_key(struct nodes *y, struct node *n, int *ret_err)
{
	*ret_err = nodes_next(y, n);
	if (*ret_err || n->type != NODE_MAP)
		return NULL;
	*ret_err = nodes_next(y, n);
	return *ret_err || n->type != NODE_SCALAR ? NULL : n->text;
}

static enum doc_kind kind_of_key(const char *key)
{
	static const struct {
		const char *key;
		enum doc_kind kind;
	} kinds[] = {
		{ "vendor", DOC_VENDOR },
		{ "directive", DOC_DIRECTIVE },
		{ "confusables", DOC_CONFUSABLES },
		{ "policy", DOC_POLICY },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].key, key))
			return kinds[i].kind;
	return DOC_UNKNOWN;
}

/* 0 or -ENOMEM; what cannot be read is of no known kind. */
static int find_kind(const char *text, size_t len, enum doc_kind *ret)
{
	CLEANUP(nodes_freep) struct nodes *y = NULL;
	struct diag ignored;
	struct node n = { 0 };
	const char *key;
	int err = nodes_new("", text, len, &ignored, &y);

	if (err)
		return err;
	key = first_key(y, &n, &err);
	*ret = key ? kind_of_key(key) : DOC_UNKNOWN;
	return err == -ENOMEM ? err : 0;
}

enum doc_kind doc_kind_of(const char *text, size_t len)
{
	enum doc_kind kind = DOC_UNKNOWN;

	return find_kind(text, len, &kind) ? DOC_UNKNOWN : kind;
}

/* Of a file of no known kind: why, as exactly as can be said. */
static int unknown_read(struct reader *r, const char *text, size_t len)
{
	CLEANUP(nodes_freep) struct nodes *y = NULL;
	struct node n = { 0 };
	int err = nodes_check_text(r->file, text, len, r->diag);

	if (!err)
		err = nodes_new(r->file, text, len, r->diag, &y);
	if (err)
		return err;
	first_key(y, &n, &err);
	if (err)
		return err;
	if (n.type == NODE_DONE || (n.type == NODE_SCALAR && !n.len))
		return schema_fail(r, (struct mark){ 1, 1 },
				   "the file is empty");
	return schema_fail(r, n.at, "the first key must be \"vendor\", "
			   "\"directive\", \"confusables\" or \"policy\"");
}

static int policy_read(struct reader *r, const char *text, size_t len)
{
	(void)text;
	(void)len;
	return schema_fail(r, (struct mark){ 1, 1 },
			   "a policy is not part of a catalogue");
}

static int read_file(struct reader *r, const char *text, size_t len)
{
	static int (*const readers[])(struct reader *r, const char *text,
				      size_t len) = {
		[DOC_UNKNOWN] = unknown_read,
		[DOC_VENDOR] = vendor_read,
		[DOC_DIRECTIVE] = directive_read,
		[DOC_CONFUSABLES] = confusables_read,
		[DOC_POLICY] = policy_read,
	};

	enum doc_kind kind = DOC_UNKNOWN;
	int err = find_kind(text, len, &kind);

	return err ? err : readers[kind](r, text, len);
}

/* From here on nothing can fail but the room for the ids. */
static int commit(struct build *b)
{
	struct index *ids = &b->c->store->ids;
	int err = index_reserve(ids, ids->cnt + b->fresh.cnt);

	if (!err)
		index_merge(ids, &b->fresh);
	return err;
}

int catalog_add(struct catalog *c, const char *file, const char *text,
		size_t len, struct diag *d)
{
	const struct catalog before = *c;
	struct arena *arena = &c->store->arena;
	struct arena_mark mark = arena_mark(arena);
	struct build b = { .c = c };
	struct reader r = { .file = file, .diag = d, .arena = arena, .ctx = &b };
	int err = 0;

	b.file = arena_strndup(arena, file, strlen(file));
	if (!b.file)
		err = -ENOMEM;
	if (!err)
		err = read_file(&r, text, len);
	if (!err)
		err = commit(&b);
	index_exit(&b.fresh);
	if (!err)
		return 0;
	/* The arrays may have moved; only what they hold is taken back. */
	c->vendor_cnt = before.vendor_cnt;
	c->product_cnt = before.product_cnt;
	c->indicator_cnt = before.indicator_cnt;
	c->directive_cnt = before.directive_cnt;
	arena_rewind(arena, mark);
	return err;
}

static uint32_t find(const struct catalog *c, const char *id, enum id_kind kind)
{
	return c->store ? index_get(&c->store->ids, id, kind) : INDEX_NONE;
}

const struct product *catalog_product(const struct catalog *c, const char *id)
{
	uint32_t i = find(c, id, ID_PRODUCT);

	return i == INDEX_NONE || c->products[i].confusable ? NULL :
							      &c->products[i];
}

const struct vendor *catalog_vendor(const struct catalog *c, const char *id)
{
	uint32_t i = find(c, id, ID_VENDOR);

	return i == INDEX_NONE || c->vendors[i].confusables ? NULL :
							      &c->vendors[i];
}

const struct directive *catalog_directive(const struct catalog *c, const char *id)
{
	uint32_t i = find(c, id, ID_DIRECTIVE);

	return i == INDEX_NONE ? NULL : &c->directives[i];
}

const char *catalog_suggest(const struct catalog *c, const char *id)
{
	struct nearest near = { .word = id };
	uint32_t i;

	for (i = 0; i < c->vendor_cnt; i++)
		if (!c->vendors[i].confusables)
			nearest_offer(&near, c->vendors[i].id);
	for (i = 0; i < c->product_cnt; i++)
		if (!c->products[i].confusable)
			nearest_offer(&near, c->products[i].id);
	for (i = 0; i < c->directive_cnt; i++)
		nearest_offer(&near, c->directives[i].id);
	return near.best;
}

const char *indicator_file(const struct catalog *c, const struct indicator *ind)
{
	return c->vendors[c->products[ind->product].vendor].file;
}
