// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/known.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/json.h"

static void clear(struct known_file *f)
{
	free(f->product);
	free(f->value);
	f->product = NULL;
	f->value = NULL;
}

void known_exit(struct known *k)
{
	for (uint32_t i = 0; i < k->cnt; i++) {
		clear(&k->list[i]);
		free(k->list[i].path);
	}
	free(k->list);
	index_exit(&k->paths);
	*k = (struct known){ 0 };
}

/* The slot of @path, dead or alive; a new one when it has none. */
static int slot_of(struct known *k, const char *path, struct known_file **ret)
{
	uint32_t i = index_get(&k->paths, path, 0);
	struct known_file *more;
	char *copy;
	int err;

	if (i != INDEX_NONE) {
		*ret = &k->list[i];
		return 0;
	}
	if (k->cnt == KNOWN_MAX)
		return -E2BIG;
	more = k->cnt & (k->cnt - 1) ?
		       k->list :
		       reallocarray(k->list, k->cnt ? k->cnt * 2UL : 1, sizeof(*more));
	copy = strdup(path);
	if (more)
		k->list = more;
	err = more && copy ? index_put(&k->paths, copy, 0, k->cnt, NULL) : -ENOMEM;
	if (err) {
		free(copy);
		return err;
	}
	k->list[k->cnt] = (struct known_file){ .path = copy };
	*ret = &k->list[k->cnt++];
	return 0;
}

int known_add(struct known *k, const struct known_file *f)
{
	CLEANUP(freep) char *product = strdup(f->product);
	CLEANUP(freep) char *value = strdup(f->value);
	struct known_file *slot;
	char *path;
	int err;

	if (!product || !value)
		return -ENOMEM;
	err = slot_of(k, f->path, &slot);
	if (err)
		return err;
	path = slot->path;
	clear(slot);
	*slot = *f;
	slot->path = path;
	slot->product = take_ptr(product);
	slot->value = take_ptr(value);
	k->is_dirty = true;
	return 0;
}

/* Its slot stays, without a product: the index has no removal. */
void known_drop(struct known *k, uint32_t i)
{
	clear(&k->list[i]);
	k->is_dirty = true;
}

struct known_file *known_find(const struct known *k, const char *path)
{
	uint32_t i = index_get(&k->paths, path, 0);

	return i != INDEX_NONE && k->list[i].product ? &k->list[i] : NULL;
}

static int64_t changed_ns(const struct stat *st)
{
	return st->st_ctim.tv_sec * 1000000000LL + st->st_ctim.tv_nsec;
}

bool known_is_same(const struct known_file *f, const struct stat *st)
{
	return f->dev == st->st_dev && f->ino == st->st_ino;
}

bool known_is_unchanged(const struct known_file *f, const struct stat *st)
{
	return known_is_same(f, st) && f->size == (uint64_t)st->st_size &&
	       f->changed_ns == changed_ns(st);
}

void known_stamp(struct known_file *f, const struct stat *st)
{
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	f->size = (uint64_t)st->st_size;
	f->changed_ns = changed_ns(st);
}

const struct indicator *known_indicator(const struct known_file *f, const struct catalog *c)
{
	const struct product *p = catalog_product(c, f->product);
	const struct indicator *ind;

	if (!p)
		return NULL;
	for (uint32_t i = 0; i < p->indicator_cnt; i++) {
		ind = &c->indicators[p->first_indicator + i];
		if (ind->kind == f->kind && !strcmp(ind->value, f->value))
			return ind;
	}
	return NULL;
}

static bool kind_of(const char *name, uint8_t *ret)
{
	for (unsigned int i = 0; name && i < IND_KIND_MAX; i++)
		if (!strcmp(indicator_kind_name(i), name)) {
			*ret = (uint8_t)i;
			return true;
		}
	return false;
}

/* A name that is no UTF-8 stands in hexadecimal; the text is for people then. */
static const char *path_of(const json_t *line, char out[WEIR_PATH_MAX])
{
	const char *hex = json_string_value(json_object_get(line, "path_hex"));
	const char *path = json_string_value(json_object_get(line, "path"));
	size_t len = hex ? strlen(hex) / 2 : 0;

	if (!hex)
		return path && strlen(path) < WEIR_PATH_MAX ? path : NULL;
	if (len >= WEIR_PATH_MAX || hex_decode(hex, 2 * len, (uint8_t *)out) ||
	    memchr(out, '\0', len))
		return NULL;
	out[len] = '\0';
	return out;
}

static uint64_t number(const json_t *line, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(line, key));
}

int known_parse(const char *text, size_t len, known_fn fn, void *ctx)
{
	json_auto_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	char bytes[WEIR_PATH_MAX];
	const char *hash;
	struct known_file f = {
		.path = (char *)path_of(line, bytes),
		.product = (char *)json_string_value(json_object_get(line, "product")),
		.value = (char *)json_string_value(json_object_get(line, "value")),
		.dev = number(line, "dev"),
		.ino = number(line, "ino"),
		.size = number(line, "size"),
		.changed_ns = (int64_t)number(line, "changed_ns"),
		.by_scan = json_is_true(json_object_get(line, "by_scan")),
	};

	hash = json_string_value(json_object_get(line, "sha256"));
	f.is_hashed = hash && strlen(hash) == 2 * sizeof(f.sha256) &&
		      !hex_decode(hash, strlen(hash), f.sha256);
	if (!f.path || *f.path != '/' || !f.product || !f.value ||
	    !kind_of(json_string_value(json_object_get(line, "kind")), &f.kind))
		return -EINVAL;
	return fn(ctx, &f);
}

static int add_read(void *ctx, const struct known_file *f)
{
	return known_add(ctx, f);
}

static int read_lines(FILE *in, struct known *k, known_head_fn head, void *ctx)
{
	CLEANUP(freep) char *text = NULL;
	size_t size = 0, total = 0;
	ssize_t len;
	int err = 0;

	while (!err && (len = getline(&text, &size, in)) > 0) {
		total += (size_t)len;
		if (total > KNOWN_BYTES_MAX)
			return -EINVAL;
		err = head ? head(ctx, text, (size_t)len) :
			     known_parse(text, (size_t)len, add_read, k);
		head = NULL;
	}
	return err ? err : ferror(in) ? -EIO : 0;
}

int known_read_with(const char *path, struct known *k, known_head_fn head, void *ctx)
{
	CLEANUP(close_fdp) int fd =
		open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	CLEANUP(fclosep) FILE *in = NULL;
	struct stat st;
	int err;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	in = fdopen(fd, "r");
	if (!in)
		return -errno;
	fd = -1;
	err = read_lines(in, k, head, ctx);
	if (err)
		known_exit(k);
	k->is_dirty = false;
	return err;
}

int known_read(const char *path, struct known *k)
{
	return known_read_with(path, k, NULL, NULL);
}

void known_line(struct buf *out, const struct known_file *f)
{
	struct jout j = jout_to(out);

	jout_object(&j);
	if (!jout_add_str(&j, "path", f->path)) {
		jout_key(&j, "path_hex");
		jout_hex(&j, f->path, strlen(f->path));
	}
	jout_add_str(&j, "product", f->product);
	jout_add_str(&j, "kind", indicator_kind_name(f->kind));
	jout_add_str(&j, "value", f->value);
	jout_add_u64(&j, "dev", f->dev);
	jout_add_u64(&j, "ino", f->ino);
	jout_add_u64(&j, "size", f->size);
	jout_key(&j, "changed_ns");
	jout_i64(&j, f->changed_ns);
	jout_add_bool(&j, "by_scan", f->by_scan);
	if (f->is_hashed) {
		jout_key(&j, "sha256");
		jout_hex(&j, f->sha256, sizeof(f->sha256));
	}
	jout_end(&j);
	jout_close(&j);
	buf_add_char(out, '\n');
}

static int write_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	for (; len; data += n, len -= (size_t)n) {
		n = write(fd, data, len);
		if (n < 0)
			return -errno;
	}
	return fsync(fd) ? -errno : 0;
}

int known_write_with(const char *path, const struct known *k, const struct buf *head)
{
	CLEANUP(buf_free) struct buf text = {};
	CLEANUP(close_fdp) int fd = -1;
	char aside[WEIR_PATH_MAX];
	int err;

	if (snprintf(aside, sizeof(aside), "%s.new", path) >= (int)sizeof(aside))
		return -ENAMETOOLONG;
	if (head)
		buf_add(&text, head->data, head->len);
	for (uint32_t i = 0; i < k->cnt; i++)
		if (k->list[i].product)
			known_line(&text, &k->list[i]);
	if (text.err)
		return -ENOMEM;
	fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = write_all(fd, text.data, text.len);
	if (!err && rename(aside, path))
		err = -errno;
	if (err)
		unlink(aside);
	return err;
}

int known_write(const char *path, struct known *k)
{
	int err = known_write_with(path, k, NULL);

	if (!err)
		k->is_dirty = false;
	return err;
}
