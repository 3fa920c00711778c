// SPDX-License-Identifier: GPL-2.0-only
/*
 * Confusables: what looks like a restricted vendor's software and is not.
 *
 * An entry becomes a product marked as a confusable, so that it is matched by
 * the very same code; it never becomes a key in the kernel.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "catalog/kind.h"
#include "catalog/store.h"

/* As long as a name may be. */
#define SLUG_MAX 64

struct file_draft {
	struct vendor v; /* stands for the file */
	uint8_t unused;
};

struct entry_draft {
	struct product p;
	struct arena_list confused_with;
	uint8_t unused;
};

static int read_class(struct reader *r, const struct scalar *s, void *into)
{
	return scalar_word(r, s, class_names, CLASS_MAX, into);
}

static bool is_slug_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* "openconnect / libopenconnect" to "openconnect-libopenconnect". */
static void make_slug(const char *name, char slug[SLUG_MAX + 1])
{
	size_t len = 0;

	for (; *name && len < SLUG_MAX; name++) {
		char c = *name;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (is_slug_char(c))
			slug[len++] = c;
		else if (len && slug[len - 1] != '-')
			slug[len++] = '-';
	}
	while (len && slug[len - 1] == '-')
		len--;
	slug[len] = '\0';
}

static int entry_done(struct reader *r, void *obj, void *into)
{
	struct entry_draft *e = obj;
	struct build *b = build_of(r);
	const struct file_draft *file = b->draft;
	char slug[SLUG_MAX + 1];
	int err;

	(void)into;
	make_slug(e->p.name, slug);
	if (!*slug)
		return schema_fail(r, schema_mark(r, "name"),
				   "\"name\" has no letter a-z and no digit");
	e->p.id = build_join(r, file->v.id, slug);
	if (!e->p.id)
		return -ENOMEM;
	e->p.vendor = b->c->vendor_cnt;
	e->p.confusable = true;
	e->p.fails_closed = -1;
	ownership_init(&e->p.owner);
	err = texts_keep(r->arena, &e->confused_with, &e->p.confused_with);
	if (err)
		return err;
	err = build_take_id(r, ID_PRODUCT, e->p.id, schema_mark(r, "name"));
	return err ? err : store_product(b, &e->p);
}

#define AT(member) offsetof(struct entry_draft, member)

static const struct field entry_fields[] = {
	{ .key = "name", .required = true, .offset = AT(p.name),
	  .scalar = scalar_text },
	{ .key = "confused-with", .shape = FIELD_SCALARS,
	  .offset = AT(confused_with), .scalar = scalar_texts },
	{ .key = "class", .required = true, .offset = AT(p.class),
	  .scalar = read_class },
	{ .key = "indicators", .shape = FIELD_MAPS, .offset = AT(unused),
	  .map = &indicator_schema },
	{ .key = "why", .offset = AT(p.note), .scalar = scalar_text },
	{ .key = "source", .offset = AT(p.source), .scalar = scalar_text },
};

static const struct schema entry_schema = {
	.fields = entry_fields,
	.field_cnt = ARRAY_SIZE(entry_fields),
	.size = sizeof(struct entry_draft),
	.done = entry_done,
};

static int file_done(struct reader *r, void *obj, void *into)
{
	struct file_draft *d = obj;
	int err;

	(void)into;
	d->v.name = d->v.id;
	d->v.file = build_of(r)->file;
	d->v.confusables = true;
	ownership_init(&d->v.owner);
	err = build_take_id(r, ID_VENDOR, d->v.id,
			    schema_mark(r, "confusables"));
	return err ? err : store_vendor(build_of(r), &d->v);
}

static const struct field file_fields[] = {
	{ .key = "confusables", .required = true,
	  .offset = offsetof(struct file_draft, v.id), .scalar = scalar_name },
	{ .key = "note", .offset = offsetof(struct file_draft, v.note),
	  .scalar = scalar_text },
	{ .key = "entries", .shape = FIELD_MAPS, .required = true,
	  .offset = offsetof(struct file_draft, unused), .map = &entry_schema },
};

static const struct schema file_schema = {
	.fields = file_fields,
	.field_cnt = ARRAY_SIZE(file_fields),
	.size = sizeof(struct file_draft),
	.done = file_done,
};

int confusables_read(struct reader *r, const char *text, size_t len)
{
	struct file_draft d = { 0 };

	build_of(r)->draft = &d;
	return schema_read(r, text, len, &file_schema, &d);
}
