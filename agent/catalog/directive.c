// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directive files: who ordered what, when, about which vendors.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "catalog/store.h"

struct directive_draft {
	struct directive d;
	struct date issued;
	struct arena_list sources;
	struct arena_list vendors; /* struct directive_vendor */
};

struct entry_draft {
	struct directive_vendor v;
	uint8_t status;
};

static const char *const status_names[] = { "named", "reported" };

static int read_status(struct reader *r, const struct scalar *s, void *into)
{
	return scalar_word(r, s, status_names, ARRAY_SIZE(status_names), into);
}

static int entry_done(struct reader *r, void *obj, void *into)
{
	struct entry_draft *e = obj;
	struct arena_list *list = into;
	struct directive_vendor *v = list->item;
	uint32_t i;

	for (i = 0; i < list->cnt; i++)
		if (!strcmp(v[i].vendor, e->v.vendor))
			return schema_fail(r, schema_mark(r, "vendor"),
					   "vendor \"%s\" again; it stands on "
					   "line %u too", e->v.vendor, v[i].line);
	v = arena_list_add(r->arena, list, sizeof(*v));
	if (!v)
		return -ENOMEM;
	*v = e->v;
	v->line = schema_mark(r, "vendor").line;
	v->col = schema_mark(r, "vendor").col;
	v->reported = e->status == 1;
	return 0;
}

static const struct field entry_fields[] = {
	{ .key = "vendor", .required = true,
	  .offset = offsetof(struct entry_draft, v.vendor),
	  .scalar = scalar_name },
	{ .key = "status", .required = true,
	  .offset = offsetof(struct entry_draft, status),
	  .scalar = read_status },
	{ .key = "note", .offset = offsetof(struct entry_draft, v.note),
	  .scalar = scalar_text },
};

static const struct schema entry_schema = {
	.fields = entry_fields,
	.field_cnt = ARRAY_SIZE(entry_fields),
	.size = sizeof(struct entry_draft),
	.done = entry_done,
};

static int directive_done(struct reader *r, void *obj, void *into)
{
	struct directive_draft *d = obj;
	int err;

	(void)into;
	if (!d->vendors.cnt)
		return schema_fail(r, schema_mark(r, "vendors"),
				   "\"vendors\" is empty");
	d->d.file = build_of(r)->file;
	d->d.issued = date_to_epoch(&d->issued);
	d->d.vendors = d->vendors.item;
	d->d.vendor_cnt = d->vendors.cnt;
	err = texts_keep(r->arena, &d->sources, &d->d.sources);
	if (err)
		return err;
	err = build_take_id(r, ID_DIRECTIVE, d->d.id,
			    schema_mark(r, "directive"));
	return err ? err : store_directive(build_of(r), &d->d);
}

#define AT(member) offsetof(struct directive_draft, member)

static const struct field directive_fields[] = {
	{ .key = "directive", .required = true, .offset = AT(d.id),
	  .scalar = scalar_name },
	{ .key = "title", .required = true, .offset = AT(d.title),
	  .scalar = scalar_text },
	{ .key = "issued", .required = true, .offset = AT(issued),
	  .scalar = scalar_date },
	{ .key = "source", .shape = FIELD_SCALARS, .offset = AT(sources),
	  .scalar = scalar_texts },
	{ .key = "note", .offset = AT(d.note), .scalar = scalar_text },
	{ .key = "vendors", .shape = FIELD_MAPS, .required = true,
	  .offset = AT(vendors), .map = &entry_schema },
};

static const struct schema directive_schema = {
	.fields = directive_fields,
	.field_cnt = ARRAY_SIZE(directive_fields),
	.size = sizeof(struct directive_draft),
	.done = directive_done,
};

int directive_read(struct reader *r, const char *text, size_t len)
{
	struct directive_draft d = { 0 };

	return schema_read(r, text, len, &directive_schema, &d);
}
