// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is remembered of switches from one agent to the next: how far each was
 * told, and which units are kept stopped.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/at_switch.h"
#include "cmd/state_file.h"
#include "policy/policy.h"

struct switch_seen *switch_seen_of(struct at_switch *s, const char *id)
{
	struct switch_seen *more;

	for (uint32_t i = 0; i < s->cnt; i++)
		if (!strcmp(s->list[i].id, id))
			return &s->list[i];
	more = reallocarray(s->list, s->cnt + 1UL, sizeof(*more));
	if (!more)
		return NULL;
	s->list = more;
	more[s->cnt] = (struct switch_seen){ .id = strdup(id) };
	return more[s->cnt].id ? &more[s->cnt++] : NULL;
}

/* One of ours: as an object, or by its product alone when it is masked and no more is known. */
static void read_unit(struct at_switch *s, const char *name, const json_t *one)
{
	const char *product = json_string_value(json_is_string(one) ? one :
						json_object_get(one, "product"));
	const char *path = json_string_value(json_object_get(one, "path"));
	struct switch_unit *u = product ? switch_unit_of(&s->units, name, product) : NULL;

	if (!u)
		return;
	u->is_masked = json_is_string(one) || json_is_true(json_object_get(one, "masked"));
	u->is_own = json_is_true(json_object_get(one, "own"));
	u->is_settled = json_is_true(json_object_get(one, "left"));
	u->stops = (uint8_t)json_integer_value(json_object_get(one, "stops"));
	u->stopped_ns = (uint64_t)json_integer_value(json_object_get(one, "stopped_ns"));
	u->uid = (uint32_t)json_integer_value(json_object_get(one, "uid"));
	u->path = path ? strdup(path) : NULL;
	/* Until somebody says otherwise: what was begun goes on. */
	u->is_wanted = true;
	for (uint32_t i = 0; i < s->cnt; i++)
		u->wants_stop |= !strcmp(s->list[i].id, product) &&
				 s->list[i].on_switch == ON_SWITCH_STOP_UNIT;
}

static bool is_left(const struct switch_unit *u)
{
	return u->is_settled && !u->is_masked && (u->stops || u->spared);
}

static json_t *unit_object(const struct switch_unit *u)
{
	return json_pack("{s:s, s:b, s:b, s:b, s:i, s:I, s:I, s:s*}", "product", u->product,
			 "masked", u->is_masked, "own", u->is_own, "left",
			 is_left(u), "stops", u->stops,
			 "stopped_ns", (json_int_t)u->stopped_ns, "uid", (json_int_t)u->uid, "path",
			 u->path);
}

static int read_object(const json_t *all, const char *boot_id, struct at_switch *s)
{
	json_t *products = json_object_get(all, "products"), *one;
	json_t *units = json_object_get(all, "units");
	const char *boot = json_string_value(json_object_get(all, "boot")), *name;

	if (!json_is_object(products) || !json_is_object(units) || !boot)
		return -EINVAL;
	/* A mask at run time ends with the boot, and so does what ran. */
	if (strcmp(boot, boot_id) != 0)
		return 0;
	json_object_foreach(products, name, one) {
		struct switch_seen *seen = switch_seen_of(s, name);
		json_int_t level = json_integer_value(json_object_get(one, "level"));

		if (!seen)
			return -ENOMEM;
		seen->level = level > 0 && level < SWITCH_LEVEL_MAX ? (uint8_t)level : 0;
		seen->on_switch = (uint8_t)json_integer_value(json_object_get(one, "on_switch"));
	}
	json_object_foreach(units, name, one)
		read_unit(s, name, one);
	return 0;
}

int switch_read(const char *path, const char *boot_id, struct at_switch *ret)
{
	json_auto_t *all = NULL;
	int err = state_read(path, &all);

	if (err)
		return err;
	err = read_object(all, boot_id, ret);
	if (err)
		switch_end(ret);
	else
		snprintf(ret->boot_id, sizeof(ret->boot_id), "%s", boot_id);
	return err;
}

static bool is_kept(const struct switch_unit *u)
{
	return u->is_masked || u->is_own || u->stops || is_left(u);
}

int switch_write(const char *path, const struct at_switch *s)
{
	json_auto_t *all = NULL;
	json_t *products, *units;
	int err = 0;

	all = json_pack("{s:s, s:{}, s:{}}", "boot", s->boot_id, "products", "units");
	products = json_object_get(all, "products");
	units = json_object_get(all, "units");
	for (uint32_t i = 0; i < s->cnt && !err; i++)
		if (s->list[i].level != SWITCH_NONE)
			err = json_object_set_new(products, s->list[i].id,
						  json_pack("{s:i, s:i}", "level",
							    s->list[i].level, "on_switch",
							    s->list[i].on_switch));
	for (uint32_t i = 0; i < s->units.cnt && !err; i++)
		if (is_kept(&s->units.list[i]))
			err = json_object_set_new(units, s->units.list[i].name,
						  unit_object(&s->units.list[i]));
	return err ? -ENOMEM : state_write_json(path, all);
}
