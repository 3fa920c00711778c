// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exemptions: a product spared on some hosts, by someone, for a reason, until
 * a date. None without an end: what is spared for ever belongs into a rule,
 * where everybody reads it.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "catalog/place.h"
#include "policy/draft.h"

static int read_host(struct reader *r, const struct scalar *s, void *into)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_*?";

	if (strspn(s->text, set) != s->len)
		return schema_fail(r, s->at, "\"%s\" must be host names, where "
				   "* and ? are wildcards", schema_key(r));
	return scalar_texts(r, s, into);
}

/* A file, or with a "/" at its end all below a directory; neither a pattern. */
static int read_scope(struct reader *r, const struct scalar *s, void *into)
{
	const char *why = place_complaint(s->text);

	if (!why)
		why = place_scope_complaint(s->text);
	if (!why && memchr(s->text, '*', s->len))
		why = "has a *; name the file, or its directory with a / at the end";
	if (why)
		return schema_fail(r, s->at, "\"%s\" %.128s %s", schema_key(r), s->text, why);
	return scalar_path(r, s, into);
}

static int read_user(struct reader *r, const struct scalar *s, void *into)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789._-$@\\";

	if (!s->len || s->len > 64 || strspn(s->text, set) != s->len)
		return schema_fail(r, s->at, "\"%s\" must be the name or the number of a user",
				   schema_key(r));
	return scalar_text(r, s, into);
}

static int check_id(struct reader *r, const struct exemption_draft *d,
		    const struct arena_list *list)
{
	const struct exemption_draft *other = list->item;
	uint32_t i;

	for (i = 0; i < list->cnt; i++)
		if (!strcmp(other[i].e.id, d->e.id))
			return schema_fail(r, schema_mark(r, "id"),
					   "exemption \"%.64s\" again; it stands "
					   "on line %u too", d->e.id,
					   other[i].e.line);
	return 0;
}

static int exemption_done(struct reader *r, void *obj, void *into)
{
	const struct catalog *c = draft_of(r)->ctx->catalog;
	struct exemption_draft *d = obj, *kept;
	const struct product *p = catalog_product(c, d->e.product);
	int err = check_id(r, d, into);

	if (err)
		return err;
	if (!p)
		return complain_unknown(r, schema_mark(r, "product"), "product",
					d->e.product);
	if (schema_has(r, "hosts") && !d->hosts.cnt)
		return schema_fail(r, schema_mark(r, "hosts"),
				   "\"hosts\" is empty; leave it out for all");
	d->e.product_at = (uint32_t)(p - c->products);
	d->e.line = schema_mark(r, "id").line;
	kept = arena_list_add(&draft_of(r)->scratch, into, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	*kept = *d;
	return 0;
}

#define AT(member) offsetof(struct exemption_draft, member)

static const struct field exemption_fields[] = {
	{ .key = "id", .required = true, .offset = AT(e.id),
	  .scalar = scalar_text },
	{ .key = "product", .required = true, .offset = AT(e.product),
	  .scalar = scalar_text },
	{ .key = "hosts", .shape = FIELD_SCALARS, .offset = AT(hosts),
	  .scalar = read_host },
	{ .key = "path", .offset = AT(e.path), .scalar = read_scope },
	{ .key = "user", .offset = AT(e.user), .scalar = read_user },
	{ .key = "cap", .offset = AT(e.cap), .scalar = read_mode },
	{ .key = "until", .required = true, .offset = AT(until),
	  .scalar = scalar_date },
	{ .key = "reason", .required = true, .offset = AT(e.reason),
	  .scalar = scalar_text },
	{ .key = "owner", .required = true, .offset = AT(e.owner),
	  .scalar = scalar_text },
	{ .key = "approver", .offset = AT(e.approver), .scalar = scalar_text },
	{ .key = "ticket", .offset = AT(e.ticket), .scalar = scalar_text },
};

const struct schema exemption_schema = {
	.fields = exemption_fields,
	.field_cnt = ARRAY_SIZE(exemption_fields),
	.size = sizeof(struct exemption_draft),
	.done = exemption_done,
};

static bool is_here(const char *host, const char *const *patterns)
{
	if (!patterns)
		return true;
	for (; host && *patterns; patterns++)
		if (name_matches(*patterns, host))
			return true;
	return false;
}

int exemptions_settle(struct reader *r)
{
	struct policy_draft *d = draft_of(r);
	struct exemption_draft *from = d->exemptions.item;
	struct exemption *e;
	uint32_t i;
	int err = 0;

	if (!d->exemptions.cnt)
		return 0;
	e = arena_alloc(r->arena, d->exemptions.cnt * sizeof(*e));
	if (!e)
		return -ENOMEM;
	for (i = 0; !err && i < d->exemptions.cnt; i++) {
		e[i] = from[i].e;
		e[i].until = zone_end(d, &from[i].until);
		err = texts_keep(r->arena, &from[i].hosts, &e[i].hosts);
		e[i].here = is_here(d->ctx->host, e[i].hosts);
	}
	d->p.exemptions = e;
	d->p.exemption_cnt = d->exemptions.cnt;
	return err;
}
