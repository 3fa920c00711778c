// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/trusted_serials.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "cmd/state_file.h"

/* Names in it; a host has one policy and one catalogue. */
#define NAMES_MAX 256

static json_t *read_all(const char *path)
{
	json_t *all = NULL;
	int err = state_read(path, &all);

	if (!err)
		return all;
	if (err == -EINVAL)
		fprintf(stderr,
			"weir: %s: damaged: older bundles are not told from newer ones until one "
			"is taken\n", path);
	return json_object();
}

struct serial_seen serials_get(const char *path, const char *name)
{
	json_auto_t *all = read_all(path);
	const json_t *one = json_object_get(all, name);

	return (struct serial_seen){
		.serial = json_integer_value(json_object_get(one, "serial")),
		.hold_s = json_integer_value(json_object_get(one, "hold_s")),
	};
}

int serials_put(const char *path, const char *name, const struct serial_seen *s)
{
	json_auto_t *all = read_all(path);
	json_t *one = json_pack("{s:I, s:I}", "serial", (json_int_t)s->serial, "hold_s",
				(json_int_t)s->hold_s);

	if (json_object_size(all) >= NAMES_MAX && !json_object_get(all, name)) {
		json_decref(one);
		return -E2BIG;
	}
	if (!one || json_object_set_new(all, name, one))
		return -ENOMEM;
	return state_write_json(path, all);
}
