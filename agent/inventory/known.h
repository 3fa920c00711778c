/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Known: files of this host that are known to be of a listed product by what
 * the kernel cannot see for itself: the package that owns them, what they
 * link to, a text in them.
 *
 * An entry names the product and the indicator, not their numbers, which are
 * another catalogue's tomorrow. It outlives the agent, so that after a restart
 * such a file has its key before it runs.
 */
#ifndef WEIR_INVENTORY_KNOWN_H
#define WEIR_INVENTORY_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <weir/limits.h>

#include "base/buf.h"
#include "base/index.h"
#include "catalog/catalog.h"

/* Beyond it nothing is added: the kernel's table has no more room either. */
#define KNOWN_MAX 65536

/* Of the file that holds them. */
#define KNOWN_BYTES_MAX (64u << 20)

struct known_file {
	char *path; /* from the root of the host, links resolved */
	char *product, *value; /* the indicator is this product's, of @kind, with this value */
	uint64_t dev, ino, size;
	int64_t changed_ns; /* ctime */
	uint8_t sha256[WEIR_SHA256_LEN];
	bool is_hashed;
	uint32_t pass; /* of the inventory that last saw it; not kept */
	uint8_t kind;  /* enum indicator_kind */
	bool by_scan;  /* else it was identified after a run */
};

/* Zeroed, it is empty. */
struct known {
	struct known_file *list;
	struct index paths;
	uint32_t cnt;
	bool is_dirty; /* not written down yet */
};

/*
 * @f is copied; what was known of its path is replaced. 0, -E2BIG when there
 * is no room, -ENOMEM.
 */
int known_add(struct known *k, const struct known_file *f);
void known_drop(struct known *k, uint32_t i);
void known_exit(struct known *k);

/* NULL: nothing is known of it. */
struct known_file *known_find(const struct known *k, const char *path);

/* What fstat(2) says of the file now: the same one, and unchanged? */
bool known_is_same(const struct known_file *f, const struct stat *st);
bool known_is_unchanged(const struct known_file *f, const struct stat *st);
void known_stamp(struct known_file *f, const struct stat *st);

/* The indicator as @c has it, NULL when it no longer does. */
const struct indicator *known_indicator(const struct known_file *f, const struct catalog *c);

/* One entry as a line of JSON, and back: @fn gets it borrowed, -EINVAL is no entry. */
void known_line(struct buf *out, const struct known_file *f);
typedef int (*known_fn)(void *ctx, const struct known_file *f);
int known_parse(const char *text, size_t len, known_fn fn, void *ctx);

/*
 * The file at @path: read into the empty @k, -ENOENT when there is none,
 * -EINVAL when it is damaged (then nothing is read); written whole or not at all.
 */
int known_read(const char *path, struct known *k);
int known_write(const char *path, struct known *k);

/* The same with a line of the caller's own ahead of the others. */
typedef int (*known_head_fn)(void *ctx, const char *text, size_t len);
int known_read_with(const char *path, struct known *k, known_head_fn head, void *ctx);
int known_write_with(const char *path, const struct known *k, const struct buf *head);

#endif /* WEIR_INVENTORY_KNOWN_H */
