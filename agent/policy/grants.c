// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grants: exemptions that an administrator of this host has given, in a file of
 * their own beside the policy, which may be signed and come from elsewhere.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/draft.h"

struct grants_draft { /* first: exemptions are read as those of a policy */
	struct policy_draft d;
	const char *name; /* of the policy they go with */
};

static int check_ids(struct reader *r, const struct policy *p, const struct policy_draft *d)
{
	const struct exemption_draft *new = d->exemptions.item;

	for (uint32_t i = 0; i < d->exemptions.cnt; i++)
		for (uint32_t k = 0; k < p->exemption_cnt; k++)
			if (!strcmp(new[i].e.id, p->exemptions[k].id))
				return schema_fail(r, (struct mark){ new[i].e.line, 1 },
						   "exemption \"%.64s\" stands in the policy too, "
						   "on line %u", new[i].e.id,
						   p->exemptions[k].line);
	return 0;
}

/* The policy's own first, then these. */
static int join(struct reader *r, const struct policy *p, struct policy_draft *d)
{
	uint32_t cnt = p->exemption_cnt + d->exemptions.cnt;
	struct exemption *all = arena_alloc(r->arena, (cnt + 1UL) * sizeof(*all));

	if (!all)
		return -ENOMEM;
	if (p->exemption_cnt)
		memcpy(all, p->exemptions, p->exemption_cnt * sizeof(*all));
	if (d->exemptions.cnt)
		memcpy(all + p->exemption_cnt, d->p.exemptions,
		       d->exemptions.cnt * sizeof(*all));
	d->p.exemptions = all;
	d->p.exemption_cnt = cnt;
	return 0;
}

static int grants_done(struct reader *r, void *obj, void *into)
{
	struct grants_draft *g = obj;
	const struct policy p = g->d.p;
	int err;

	(void)into;
	if (strcmp(g->name, p.name) != 0)
		return schema_fail(r, schema_mark(r, "grants"),
				   "these grants are for policy \"%.64s\", and \"%.64s\" is read",
				   g->name, p.name);
	err = check_ids(r, &p, &g->d);
	if (!err)
		err = exemptions_settle(r);
	return err ? err : join(r, &p, &g->d);
}

static const struct field grants_fields[] = {
	{ .key = "grants", .required = true, .offset = offsetof(struct grants_draft, name),
	  .scalar = scalar_name },
	{ .key = "exemptions", .shape = FIELD_MAPS, .required = true,
	  .offset = offsetof(struct grants_draft, d.exemptions), .map = &exemption_schema },
};

static const struct schema grants_schema = {
	.fields = grants_fields,
	.field_cnt = ARRAY_SIZE(grants_fields),
	.done = grants_done,
};

int policy_add_grants(const struct policy_context *ctx, const char *file, const char *text,
		      size_t len, struct policy *p, struct diag *d)
{
	struct grants_draft g = { .d = { .p = *p, .ctx = ctx } };
	struct reader r = { .file = file, .diag = d, .arena = &p->store->arena, .ctx = &g.d };
	int err = schema_read(&r, text, len, &grants_schema, &g);

	arena_exit(&g.d.scratch);
	if (err)
		return err;
	p->exemptions = g.d.p.exemptions;
	p->exemption_cnt = g.d.p.exemption_cnt;
	return 0;
}
