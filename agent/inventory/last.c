// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/last.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "base/hex.h"
#include "base/name.h"
#include "inventory/root.h"

/* While one text is read. */
struct reading {
	struct last *last;
	char *why;
	size_t why_size;
};

static int complain(struct reading *r, const char *what)
{
	snprintf(r->why, r->why_size, "%s", what);
	return -EINVAL;
}

static const char *text_in(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* 0: there is no time. */
static int64_t time_in(json_t *object, const char *key)
{
	const char *text = text_in(object, key);
	struct date d;

	return text && !date_parse(text, strlen(text), &d) && d.has_time ? date_to_epoch(&d) : 0;
}

static bool state_in(json_t *object, enum finding_state *ret)
{
	const char *name = text_in(object, "state");

	for (unsigned int i = 0; name && i < STATE_MAX; i++)
		if (!strcmp(name, finding_state_name(i))) {
			*ret = i;
			return true;
		}
	return false;
}

static const char *kind_in(json_t *object)
{
	const char *name = text_in(object, "kind");

	for (unsigned int i = 0; name && i < TRACE_KIND_MAX; i++)
		if (!strcmp(name, trace_kind_name(i)))
			return trace_kind_name(i);
	return NULL;
}

/*
 * The bytes that @key stands for, from "KEY_hex" where JSON could not hold
 * them; the caller's to free(). NULL: there are none, or no memory.
 */
static char *bytes_in(json_t *object, const char *key)
{
	const char *text = text_in(object, key), *hex;
	char name[32];
	size_t len;
	char *bytes;

	snprintf(name, sizeof(name), "%s_hex", key);
	hex = text_in(object, name);
	if (!hex)
		return text ? strdup(text) : NULL;
	len = strlen(hex) / 2;
	bytes = calloc(1, len + 1);
	if (!bytes || hex_decode(hex, strlen(hex), (uint8_t *)bytes)) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

static int read_thing(struct reading *r, json_t *thing, const char *product)
{
	CLEANUP(freep) char *where = bytes_in(thing, "where");
	CLEANUP(freep) char *path = bytes_in(thing, "path");
	CLEANUP(freep) char *container = bytes_in(thing, "container");
	CLEANUP(freep) char *version = bytes_in(thing, "version");
	struct record record = { .product = product, .kind = kind_in(thing),
				 .place = where, .container = container, .version = version,
				 .first_seen = time_in(thing, "first_seen") };

	if (!record.kind || !where || !state_in(thing, &record.state))
		return complain(r, "a thing has no kind, place or state");
	if (path && !strcmp(record.kind, trace_kind_name(TRACE_PROCESS)))
		record.place = path;
	return records_add(&r->last->found, &record);
}

/* "vendor/product", or of what is the whole vendor's its id. */
static const char *product_in(json_t *object)
{
	const char *id = text_in(object, "id");
	size_t len = id ? strlen(id) : 0;

	return id && (name_is_product(id, len) || name_is_valid(id, len)) ? id : NULL;
}

static int read_product(struct reading *r, json_t *product)
{
	CLEANUP(freep) char *version = bytes_in(product, "version");
	struct record record = { .product = product_in(product), .version = version,
				 .first_seen = time_in(product, "first_seen"),
				 .last_seen = time_in(product, "last_seen") };
	json_t *things = json_object_get(product, "things"), *thing;
	size_t i;
	int err;

	if (!record.product || !state_in(product, &record.state) || !json_is_array(things))
		return complain(r, "a product has no id, state or things");
	err = records_add(&r->last->found, &record);
	json_array_foreach (things, i, thing) {
		if (err)
			return err;
		err = read_thing(r, thing, record.product);
	}
	return err;
}

static int read_gone(struct reading *r, json_t *gone)
{
	struct record record = { .product = product_in(gone),
				 .first_seen = time_in(gone, "first_seen"),
				 .last_seen = time_in(gone, "last_seen") };

	return record.product ? records_add(&r->last->gone, &record) :
				complain(r, "what is gone has no id");
}

static int read_list(struct reading *r, json_t *root, const char *key,
		     int (*read)(struct reading *r, json_t *one))
{
	json_t *list = json_object_get(root, key), *one;
	char what[64];
	size_t i;
	int err = 0;

	if (!json_is_array(list)) {
		snprintf(what, sizeof(what), "it has no \"%s\"", key);
		return complain(r, what);
	}
	json_array_foreach (list, i, one) {
		if (err)
			return err;
		err = read(r, one);
	}
	return err;
}

static int read_head(struct reading *r, json_t *root)
{
	struct last *l = r->last;
	const char *id = text_in(json_object_get(root, "host"), "machine_id");

	if (json_integer_value(json_object_get(root, "weir_scan")) != 1)
		return complain(r, "it is not what weir scan --json writes, of form 1");
	l->time_s = time_in(root, "time");
	if (!l->time_s)
		return complain(r, "it has no time");
	l->is_complete = json_is_true(json_object_get(root, "complete"));
	l->is_partial = json_is_array(json_object_get(root, "only"));
	snprintf(l->machine_id, sizeof(l->machine_id), "%s", id ? id : "");
	l->root = bytes_in(root, "root");
	return l->root ? 0 : complain(r, "it has no root");
}

int last_parse(const char *text, size_t len, struct last *ret, char *why, size_t why_size)
{
	CLEANUP(last_exit) struct last l = { 0 };
	json_auto_t *root = NULL;
	struct reading r = { .last = &l, .why = why, .why_size = why_size };
	json_error_t e;
	int err;

	if (len > LAST_BYTES_MAX)
		return -EFBIG;
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (!root) {
		snprintf(why, why_size, "line %d, column %d: %s", e.line, e.column, e.text);
		return json_error_code(&e) == json_error_out_of_memory ? -ENOMEM : -EINVAL;
	}
	err = read_head(&r, root);
	if (!err)
		err = read_list(&r, root, "products", read_product);
	if (!err)
		err = read_list(&r, root, "gone", read_gone);
	if (err)
		return err;
	records_sort(&l.found);
	records_sort(&l.gone);
	*ret = l;
	l = (struct last){ 0 };
	return 0;
}

/* The bytes of a regular file, @max at most; the caller's to free(). */
static int read_file(const char *path, size_t max, char **ret, size_t *ret_len)
{
	CLEANUP(close_fdp) int where = open(path, O_PATH | O_CLOEXEC);
	CLEANUP(close_fdp) int fd = where < 0 ? -errno : root_reopen(where);
	CLEANUP(freep) char *text = NULL;
	struct stat st;
	int err;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		return -errno;
	if ((uint64_t)st.st_size > max)
		return -EFBIG;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	err = root_read_at(fd, text, (size_t)st.st_size, 0);
	if (err)
		return err;
	*ret_len = (size_t)st.st_size;
	*ret = take_ptr(text);
	return 0;
}

int last_read(const char *path, struct last *ret, char *why, size_t why_size)
{
	CLEANUP(freep) char *text = NULL;
	size_t len = 0;
	int err = read_file(path, LAST_BYTES_MAX, &text, &len);

	if (!err)
		return last_parse(text, len, ret, why, why_size);
	snprintf(why, why_size, "%s", err == -EINVAL ? "not a regular file" : strerror(-err));
	return err;
}

void last_exit(struct last *l)
{
	records_exit(&l->found);
	records_exit(&l->gone);
	free(l->root);
	memset(l, 0, sizeof(*l));
}

static int write_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	for (; len; text += n, len -= (size_t)n) {
		n = write(fd, text, len);
		if (n < 0)
			return -errno;
	}
	return fsync(fd) ? -errno : 0;
}

int last_write(const char *path, const char *text, size_t len)
{
	CLEANUP(close_fdp) int fd = -1;
	char aside[WEIR_PATH_MAX + 8];
	int err;

	/* Beside it, since a rename does not leave its file system; for its owner alone. */
	if (snprintf(aside, sizeof(aside), "%s.XXXXXX", path) >= (int)sizeof(aside))
		return -ENAMETOOLONG;
	fd = mkostemp(aside, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write_all(fd, text, len);
	if (!err && rename(aside, path))
		err = -errno;
	if (err)
		unlink(aside);
	return err;
}
