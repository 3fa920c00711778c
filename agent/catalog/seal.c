// SPDX-License-Identifier: GPL-2.0-only
/*
 * What only the whole catalogue can show.
 *
 * An indicator that is sufficient alone decides which product a file belongs
 * to, so two products with the same one would make the answer depend on the
 * order of files. Which of them is right is for a person to say.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "catalog/catalog.h"

static bool decides(const struct catalog *c, const struct indicator *ind)
{
	return ind->sufficient && !c->products[ind->product].confusable;
}

static int complain_shared(const struct catalog *c, const struct indicator *ind,
			   const struct indicator *other, struct diag *d)
{
	return diag_set(d, indicator_file(c, ind), ind->line, ind->col,
			"%s \"%.128s\" of %s is that of %s too (%s:%u); mark "
			"both sufficient: false, or correct one",
			indicator_kind_name(ind->kind), ind->value,
			c->products[ind->product].id,
			c->products[other->product].id,
			indicator_file(c, other), other->line);
}

static int check_shared(const struct catalog *c, struct diag *d)
{
	CLEANUP(index_exit) struct index seen = { 0 };
	uint32_t i, old, cnt = 0;
	int err;

	for (i = 0; i < c->indicator_cnt; i++)
		cnt += decides(c, &c->indicators[i]);
	err = index_reserve(&seen, cnt);
	for (i = 0; !err && i < c->indicator_cnt; i++) {
		const struct indicator *ind = &c->indicators[i];

		if (!decides(c, ind))
			continue;
		err = index_put(&seen, ind->value, ind->kind, i, &old);
		if (!err && old != INDEX_NONE &&
		    c->indicators[old].product != ind->product)
			return complain_shared(c, ind, &c->indicators[old], d);
	}
	return err;
}

static int check_directive(const struct catalog *c, const struct directive *dir,
			   struct diag *d)
{
	uint32_t i;

	for (i = 0; i < dir->vendor_cnt; i++) {
		const struct directive_vendor *v = &dir->vendors[i];

		if (v->reported || catalog_vendor(c, v->vendor))
			continue;
		return diag_set(d, dir->file, v->line, v->col,
				"directive \"%s\" names vendor \"%s\", of which "
				"the catalogue has no file", dir->id, v->vendor);
	}
	return 0;
}

int catalog_seal(struct catalog *c, struct diag *d)
{
	int err = check_shared(c, d);
	uint32_t i;

	for (i = 0; !err && i < c->directive_cnt; i++)
		err = check_directive(c, &c->directives[i], d);
	return err;
}
