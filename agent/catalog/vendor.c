// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vendor files: one vendor, its products, their indicators.
 *
 * Indicators of the vendor as a whole become a product of their own with the
 * vendor's id, so that everything behind the catalogue knows products only.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "catalog/kind.h"
#include "catalog/store.h"

struct vendor_draft {
	struct vendor v;
	struct arena_list aliases;
	uint8_t unused; /* where lists whose items go elsewhere point to */
};

struct product_draft {
	struct product p;
	const char *slug;
	struct arena_list remove_paths, restarts;
	uint8_t unused;
};

static const char *const risk_names[] = { "false", "true", "unknown" };

static int read_class(struct reader *r, const struct scalar *s, void *into)
{
	return scalar_word(r, s, class_names, CLASS_MAX, into);
}

static int read_fails_closed(struct reader *r, const struct scalar *s,
			     void *into)
{
	uint8_t word = 0;
	int err = scalar_word(r, s, risk_names, ARRAY_SIZE(risk_names), &word);

	if (!err)
		*(int8_t *)into = word == 2 ? -1 : (int8_t)word;
	return err;
}

/* Ownership is told in days, and a day of a contract has no zone: UTC. */
static int read_day(struct reader *r, const struct scalar *s, void *into)
{
	struct date d;
	int err = scalar_date(r, s, &d);

	if (!err)
		*(int64_t *)into = date_to_epoch(&d);
	return err;
}

void ownership_init(void *obj)
{
	struct ownership *o = obj;

	o->from = INT64_MIN;
	o->until = INT64_MAX;
}

static int ownership_done(struct reader *r, void *obj, void *into)
{
	const struct ownership *o = obj;

	(void)into;
	if (o->from >= o->until)
		return schema_fail(r, schema_mark(r, "until"),
				   "\"until\" is not after \"from\"");
	return 0;
}

static const struct field owner_fields[] = {
	{ .key = "name", .required = true,
	  .offset = offsetof(struct ownership, name), .scalar = scalar_text },
	{ .key = "from", .offset = offsetof(struct ownership, from),
	  .scalar = read_day },
	{ .key = "until", .offset = offsetof(struct ownership, until),
	  .scalar = read_day },
	{ .key = "note", .offset = offsetof(struct ownership, note),
	  .scalar = scalar_text },
};

const struct schema owner_schema = {
	.fields = owner_fields,
	.field_cnt = ARRAY_SIZE(owner_fields),
	.size = sizeof(struct ownership),
	.init = ownership_init,
	.done = ownership_done,
};

#define AT(member) offsetof(struct product_draft, member)

/* These two fill the product itself: their fields count from its start. */
static const struct field remove_fields[] = {
	{ .key = "cmd", .offset = AT(p.remove_cmd), .scalar = scalar_text },
	{ .key = "paths", .shape = FIELD_SCALARS, .offset = AT(remove_paths),
	  .scalar = scalar_texts },
	{ .key = "note", .offset = AT(p.remove_note), .scalar = scalar_text },
};

static const struct schema remove_schema = {
	.fields = remove_fields,
	.field_cnt = ARRAY_SIZE(remove_fields),
};

static const struct field risk_fields[] = {
	{ .key = "fails-closed", .offset = AT(p.fails_closed),
	  .scalar = read_fails_closed },
	{ .key = "login-path", .offset = AT(p.login_path),
	  .scalar = scalar_bool },
	{ .key = "restarts", .shape = FIELD_SCALARS, .offset = AT(restarts),
	  .scalar = scalar_texts },
	{ .key = "note", .offset = AT(p.risk_note), .scalar = scalar_text },
};

static const struct schema risk_schema = {
	.fields = risk_fields,
	.field_cnt = ARRAY_SIZE(risk_fields),
};

static void product_init(void *obj)
{
	struct product_draft *d = obj;

	d->p.fails_closed = -1;
	ownership_init(&d->p.owner);
}

/* The vendor's id is known: it is the first key of the file. */
static const struct vendor_draft *vendor_of(const struct reader *r)
{
	return (const struct vendor_draft *)build_of(r)->draft;
}

static int product_done(struct reader *r, void *obj, void *into)
{
	struct product_draft *d = obj;
	struct build *b = build_of(r);
	int err;

	(void)into;
	d->p.id = build_join(r, vendor_of(r)->v.id, d->slug);
	if (!d->p.id)
		return -ENOMEM;
	d->p.vendor = b->c->vendor_cnt;
	err = texts_keep(r->arena, &d->remove_paths, &d->p.remove_paths);
	if (!err)
		err = texts_keep(r->arena, &d->restarts, &d->p.restarts);
	if (err)
		return err;
	err = build_take_id(r, ID_PRODUCT, d->p.id, schema_mark(r, "product"));
	return err ? err : store_product(b, &d->p);
}

static const struct field product_fields[] = {
	{ .key = "product", .required = true, .offset = AT(slug),
	  .scalar = scalar_name },
	{ .key = "name", .required = true, .offset = AT(p.name),
	  .scalar = scalar_text },
	{ .key = "class", .required = true, .offset = AT(p.class),
	  .scalar = read_class },
	{ .key = "security-product", .offset = AT(p.security_product),
	  .scalar = scalar_bool },
	{ .key = "owner", .shape = FIELD_MAP, .offset = AT(p.owner),
	  .map = &owner_schema },
	{ .key = "note", .offset = AT(p.note), .scalar = scalar_text },
	{ .key = "indicators", .shape = FIELD_MAPS, .offset = AT(unused),
	  .map = &indicator_schema },
	{ .key = "remove", .shape = FIELD_MAP, .map = &remove_schema },
	{ .key = "risk", .shape = FIELD_MAP, .map = &risk_schema },
};

static const struct schema product_schema = {
	.fields = product_fields,
	.field_cnt = ARRAY_SIZE(product_fields),
	.size = sizeof(struct product_draft),
	.init = product_init,
	.done = product_done,
};

#undef AT

/* The list of the vendor as a whole has ended: it is a product by itself. */
static int vendor_wide_end(struct reader *r, void *into)
{
	const struct vendor_draft *d = vendor_of(r);
	struct build *b = build_of(r);
	struct product p = { .id = d->v.id,
			     .class = CLASS_VENDOR_PRODUCT,
			     .fails_closed = -1,
			     .vendor = b->c->vendor_cnt };
	int err;

	(void)into;
	if (!b->run)
		return 0;
	/* Its name may come later in the file: vendor_done() puts it in. */
	ownership_init(&p.owner);
	err = build_take_id(r, ID_PRODUCT, p.id, schema_mark(r, "indicators"));
	return err ? err : store_product(b, &p);
}

static int vendor_done(struct reader *r, void *obj, void *into)
{
	struct vendor_draft *d = obj;
	struct build *b = build_of(r);
	uint32_t i = index_get(&b->fresh, d->v.id, ID_PRODUCT);
	int err;

	(void)into;
	if (i != INDEX_NONE) {
		b->c->products[i].name = d->v.name;
		b->c->products[i].owner = d->v.owner;
	}
	d->v.file = b->file;
	err = texts_keep(r->arena, &d->aliases, &d->v.aliases);
	if (err)
		return err;
	err = build_take_id(r, ID_VENDOR, d->v.id, schema_mark(r, "vendor"));
	return err ? err : store_vendor(b, &d->v);
}

static void vendor_init(void *obj)
{
	ownership_init(&((struct vendor_draft *)obj)->v.owner);
}

#define AT(member) offsetof(struct vendor_draft, member)

static const struct field vendor_fields[] = {
	{ .key = "vendor", .required = true, .offset = AT(v.id),
	  .scalar = scalar_name },
	{ .key = "name", .required = true, .offset = AT(v.name),
	  .scalar = scalar_text },
	{ .key = "aliases", .shape = FIELD_SCALARS, .offset = AT(aliases),
	  .scalar = scalar_texts },
	{ .key = "owner", .shape = FIELD_MAP, .offset = AT(v.owner),
	  .map = &owner_schema },
	{ .key = "note", .offset = AT(v.note), .scalar = scalar_text },
	{ .key = "indicators", .shape = FIELD_MAPS, .offset = AT(unused),
	  .map = &indicator_schema, .end = vendor_wide_end },
	{ .key = "products", .shape = FIELD_MAPS, .offset = AT(unused),
	  .map = &product_schema },
};

static const struct schema vendor_schema = {
	.fields = vendor_fields,
	.field_cnt = ARRAY_SIZE(vendor_fields),
	.size = sizeof(struct vendor_draft),
	.init = vendor_init,
	.done = vendor_done,
};

int vendor_read(struct reader *r, const char *text, size_t len)
{
	struct vendor_draft d = { 0 };

	build_of(r)->draft = &d;
	return schema_read(r, text, len, &vendor_schema, &d);
}
