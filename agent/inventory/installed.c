// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/installed.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"

void installed_exit(struct installed *in)
{
	known_exit(&in->files);
	while (in->frozen_cnt)
		free(in->frozen[--in->frozen_cnt]);
	free(in->frozen);
	*in = (struct installed){ 0 };
}

static bool is_frozen(const struct installed *in, const char *product)
{
	for (uint32_t i = 0; i < in->frozen_cnt; i++)
		if (!strcmp(in->frozen[i], product))
			return true;
	return false;
}

static int add_frozen(struct installed *in, const char *product)
{
	char **more = reallocarray(in->frozen, in->frozen_cnt + 1UL, sizeof(*more));

	if (!more)
		return -ENOMEM;
	in->frozen = more;
	more[in->frozen_cnt] = strdup(product);
	if (!more[in->frozen_cnt])
		return -ENOMEM;
	in->frozen_cnt++;
	return 0;
}

/* By the table; of products that it blocks nothing is asked any more. */
static bool freezes_now(const struct compiled *t, uint32_t product, uint64_t now_ns)
{
	const struct weir_rule *rule = &t->rules[product + 1];

	return rule->id && weir_mode_at(rule, now_ns) >= WEIR_FREEZE;
}

static int find_frozen(const struct compiled *t, const struct catalog *c, uint64_t now_ns,
		       struct installed *ret)
{
	int err = 0;

	for (uint32_t i = 0; i < c->product_cnt && !err; i++)
		if (freezes_now(t, i, now_ns))
			err = add_frozen(ret, c->products[i].id);
	return err;
}

int installed_begin(struct installed *in, const struct compiled *t, const struct catalog *c,
		    uint64_t now_ns)
{
	uint32_t cnt = in->frozen_cnt;
	int err = 0;

	for (uint32_t i = 0; in->is_counted && i < c->product_cnt && !err; i++)
		if (freezes_now(t, i, now_ns) && !is_frozen(in, c->products[i].id))
			err = add_frozen(in, c->products[i].id);
	return err ? err : (int)(in->frozen_cnt - cnt);
}

static int add_those(struct installed *ret, const struct known *from,
		     const struct installed *old, bool from_old)
{
	int err = 0;

	for (uint32_t i = 0; i < from->cnt && !err; i++) {
		const struct known_file *f = &from->list[i];
		bool stays;

		if (!f->product)
			continue;
		stays = is_frozen(ret, f->product) && is_frozen(old, f->product);
		if (stays == from_old)
			err = known_add(&ret->files, f);
	}
	/* More than there is room for: what was frozen comes first. */
	return err == -E2BIG ? 0 : err;
}

int installed_make(const struct installed *old, const struct known *known,
		   const struct compiled *t, const struct catalog *c, uint64_t now_ns,
		   struct installed *ret)
{
	CLEANUP(installed_exit) struct installed in = { .is_counted = old->is_counted };
	/* A set that nobody has looked for is none to be kept. */
	int err = old->is_counted ? find_frozen(t, c, now_ns, &in) : 0;

	if (!err)
		err = add_those(&in, &old->files, old, true);
	if (!err)
		err = add_those(&in, known, old, false);
	if (err)
		return err;
	*ret = in;
	in = (struct installed){ 0 };
	return 0;
}

static int read_head(void *ctx, const char *text, size_t len)
{
	struct installed *in = ctx;
	json_auto_t *head = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *frozen = json_object_get(head, "frozen"), *one;
	size_t i;
	int err = 0;

	if (!json_is_array(frozen))
		return -EINVAL;
	in->is_counted = json_is_true(json_object_get(head, "counted"));
	json_array_foreach(frozen, i, one) {
		if (!json_is_string(one))
			return -EINVAL;
		err = add_frozen(in, json_string_value(one));
		if (err)
			break;
	}
	return err;
}

int installed_read(const char *path, struct installed *in)
{
	int err = known_read_with(path, &in->files, read_head, in);

	if (err)
		installed_exit(in);
	return err;
}

int installed_write(const char *path, const struct installed *in)
{
	CLEANUP(buf_free) struct buf head = {};
	struct jout j = jout_to(&head);

	jout_object(&j);
	jout_add_bool(&j, "counted", in->is_counted);
	jout_add_array(&j, "frozen");
	for (uint32_t i = 0; i < in->frozen_cnt; i++)
		jout_str(&j, in->frozen[i]);
	jout_end(&j);
	jout_end(&j);
	jout_close(&j);
	buf_add_char(&head, '\n');
	return known_write_with(path, &in->files, &head);
}
