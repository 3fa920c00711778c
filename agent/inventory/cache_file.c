// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cache on disk: a head, the ids of silent files, the others with their
 * facts, and a SHA-256 over all of it. One machine's own, in its byte order.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "inventory/cache_private.h"
#include "inventory/root.h"

struct head {
	char magic[12];
	uint32_t order; /* another byte order reads another number */
	uint8_t fingerprint[WEIR_SHA256_LEN];
	uint8_t key[CACHE_KEY_BYTES];
	uint32_t silent_cnt, said_cnt;
};

static const char magic[12] = "weir-facts1";
#define BYTE_ORDER_MARK 0x01020304u

struct said_head {
	uint64_t id;
	uint32_t len, zero;
};

#define FILE_BYTES_MAX \
	(sizeof(struct head) + CACHE_SILENT_MAX * sizeof(uint64_t) + 2ul * CACHE_SAID_BYTES_MAX)

static int digest(const void *bytes, size_t len, uint8_t ret[WEIR_SHA256_LEN])
{
	return EVP_Digest(bytes, len, ret, NULL, EVP_sha256(), NULL) == 1 ? 0 : -ENOMEM;
}

/* The whole file, the caller's to free(). */
static int read_all(int dir_fd, const char *name, uint8_t **ret, size_t *ret_len)
{
	CLEANUP(close_fdp) int path_fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP(close_fdp) int fd = -1;
	CLEANUP(freep) uint8_t *bytes = NULL;
	struct stat st;
	int err;

	if (path_fd < 0)
		return -errno;
	fd = root_reopen(path_fd);
	if (fd < 0)
		return fd == -EINVAL ? -EBADMSG : fd;
	if (fstat(fd, &st))
		return -errno;
	/* Whoever else may write it could say that his files are harmless. */
	if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		return -EBADMSG;
	if (st.st_size < (off_t)(sizeof(struct head) + WEIR_SHA256_LEN) ||
	    st.st_size > (off_t)FILE_BYTES_MAX)
		return -EBADMSG;
	bytes = malloc((size_t)st.st_size);
	if (!bytes)
		return -ENOMEM;
	err = root_read_at(fd, bytes, (size_t)st.st_size, 0);
	if (err)
		return err == -ENODATA ? -EBADMSG : err;
	*ret = take_ptr(bytes);
	*ret_len = (size_t)st.st_size;
	return 0;
}

/* Nobody asked for it in so many inventories: it is left out. Else it grows older. */
static bool is_old(uint64_t id)
{
	return (id & CACHE_AGE_MAX) == CACHE_AGE_MAX;
}

static int load_silent(struct identity_cache *x, const uint8_t *at, uint32_t cnt)
{
	uint64_t id;
	int err = 0;

	for (uint32_t i = 0; i < cnt && !err; i++) {
		memcpy(&id, at + i * sizeof(id), sizeof(id));
		if (!(id & ~(uint64_t)CACHE_AGE_MAX))
			return -EBADMSG;
		if (!is_old(id))
			err = cache_add_silent(x, id + 1);
	}
	return err;
}

static int load_said(struct identity_cache *x, const uint8_t *at, const uint8_t *end,
		     uint32_t cnt)
{
	struct said_head h;
	struct facts f;
	int err = 0;

	for (uint32_t i = 0; i < cnt && !err; i++) {
		if ((size_t)(end - at) < sizeof(h))
			return -EBADMSG;
		memcpy(&h, at, sizeof(h));
		at += sizeof(h);
		if (h.len > CACHE_ENTRY_BYTES_MAX || h.len > (size_t)(end - at) ||
		    !(h.id & ~(uint64_t)CACHE_AGE_MAX))
			return -EBADMSG;
		err = facts_unpack(at, h.len, &x->scratch, &f);
		if (!err && !is_old(h.id))
			err = cache_add_said(x, h.id + 1, at, h.len);
		at += h.len;
	}
	return err || at == end ? err : -EBADMSG;
}

static int parse(struct identity_cache *x, const uint8_t *bytes, size_t len)
{
	const uint8_t *end = bytes + len - WEIR_SHA256_LEN;
	uint8_t sum[WEIR_SHA256_LEN];
	size_t silent_bytes;
	struct head h;
	int err;

	err = digest(bytes, (size_t)(end - bytes), sum);
	if (err)
		return err;
	if (memcmp(sum, end, sizeof(sum)) != 0)
		return -EBADMSG;
	memcpy(&h, bytes, sizeof(h));
	if (memcmp(h.magic, magic, sizeof(magic)) != 0 || h.order != BYTE_ORDER_MARK ||
	    memcmp(h.fingerprint, x->fingerprint, sizeof(h.fingerprint)) != 0)
		return -ESTALE;
	bytes += sizeof(h);
	silent_bytes = h.silent_cnt * sizeof(uint64_t);
	if (h.silent_cnt > CACHE_SILENT_MAX || silent_bytes > (size_t)(end - bytes))
		return -EBADMSG;
	err = cache_set_key(x, h.key);
	if (!err)
		err = load_silent(x, bytes, h.silent_cnt);
	if (!err)
		err = load_said(x, bytes + silent_bytes, end, h.said_cnt);
	return err;
}

int identity_cache_load(struct identity_cache *x, int dir_fd, const char *name)
{
	CLEANUP(freep) uint8_t *bytes = NULL;
	size_t len = 0;
	int err;

	err = read_all(dir_fd, name, &bytes, &len);
	if (!err)
		err = parse(x, bytes, len);
	if (err)
		cache_clear(x);
	return err;
}

static void print(const struct identity_cache *x, struct buf *out)
{
	struct head h = {
		.order = BYTE_ORDER_MARK,
		.silent_cnt = x->silent_cnt,
		.said_cnt = x->said_cnt,
	};
	uint8_t sum[WEIR_SHA256_LEN];

	memcpy(h.magic, magic, sizeof(magic));
	memcpy(h.fingerprint, x->fingerprint, sizeof(h.fingerprint));
	memcpy(h.key, x->key, sizeof(h.key));
	buf_add(out, &h, sizeof(h));
	for (uint32_t i = 0; i < x->silent_cap; i++)
		if (x->silent[i])
			buf_add(out, &x->silent[i], sizeof(x->silent[i]));
	for (uint32_t i = 0; i < x->said_cap; i++) {
		struct said_head sh = { .id = x->said[i].id, .len = x->said[i].len };

		if (!sh.id)
			continue;
		buf_add(out, &sh, sizeof(sh));
		buf_add(out, x->said[i].bytes, sh.len);
	}
	if (!out->err)
		out->err = digest(out->data, out->len, sum);
	buf_add(out, sum, sizeof(sum));
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t put = write(fd, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}

static int write_new(int dir_fd, const char *name, const struct buf *b)
{
	CLEANUP(close_fdp) int fd = -1;
	int err;

	unlinkat(dir_fd, name, 0);
	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = write_all(fd, b->data, b->len);
	if (!err && close(take_fd(fd)))
		err = -errno;
	return err;
}

int identity_cache_save(struct identity_cache *x, int dir_fd, const char *name)
{
	CLEANUP(buf_free) struct buf b = { 0 };
	char temporary[WEIR_NAME_MAX];
	int err;

	if (!x->is_dirty)
		return 0;
	snprintf(temporary, sizeof(temporary), "%s.new", name);
	print(x, &b);
	err = b.err ? b.err : write_new(dir_fd, temporary, &b);
	if (!err && renameat(dir_fd, temporary, dir_fd, name))
		err = -errno;
	if (err)
		unlinkat(dir_fd, temporary, 0);
	else
		x->is_dirty = false;
	return err;
}
