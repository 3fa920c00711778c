// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/trusted_serials.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "cmd/arming.h"

/* Names in it; a host has one policy and one catalogue. */
#define NAMES_MAX 256
#define BYTES_MAX (1 << 20)

static void json_freep(json_t **j)
{
	json_decref(*j);
}

static json_t *read_all(const char *path)
{
	struct stat st;
	json_t *all;

	if (lstat(path, &st))
		return json_object();
	all = S_ISREG(st.st_mode) && st.st_size <= BYTES_MAX ?
		      json_load_file(path, JSON_REJECT_DUPLICATES, NULL) : NULL;
	if (json_is_object(all))
		return all;
	json_decref(all);
	fprintf(stderr, "weir: %s: damaged: older bundles are not told from newer ones until one "
			"is taken\n", path);
	return json_object();
}

struct serial_seen serials_get(const char *path, const char *name)
{
	CLEANUP(json_freep) json_t *all = read_all(path);
	const json_t *one = json_object_get(all, name);

	return (struct serial_seen){
		.serial = json_integer_value(json_object_get(one, "serial")),
		.hold_s = json_integer_value(json_object_get(one, "hold_s")),
	};
}

int serials_put(const char *path, const char *name, const struct serial_seen *s)
{
	CLEANUP(json_freep) json_t *all = read_all(path);
	CLEANUP(freep) char *text = NULL;
	json_t *one = json_pack("{s:I, s:I}", "serial", (json_int_t)s->serial, "hold_s",
				(json_int_t)s->hold_s);

	if (json_object_size(all) >= NAMES_MAX && !json_object_get(all, name)) {
		json_decref(one);
		return -E2BIG;
	}
	if (!one || json_object_set_new(all, name, one))
		return -ENOMEM;
	text = json_dumps(all, JSON_SORT_KEYS | JSON_INDENT(1));
	return text ? arming_write(path, text, strlen(text)) : -ENOMEM;
}
