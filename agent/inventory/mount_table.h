/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mounts below a root, and what each is to a walk.
 *
 * Taken from mountinfo alone: to ask a file system what it is may already mean
 * to wait for a dead server. A table is a snapshot; what was mounted later is
 * not in it.
 */
#ifndef WEIR_INVENTORY_MOUNT_TABLE_H
#define WEIR_INVENTORY_MOUNT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum mount_kind {
	MOUNT_LOCAL,  /* files, and it answers at once */
	MOUNT_REMOTE, /* a network, a process or an automounter answers */
	MOUNT_KERNEL, /* no files at all: proc, sysfs, cgroup */
};

struct mount {
	const char *at; /* below the root, "/" or "/var"; NULL: it lies elsewhere */
	const char *type, *source, *options; /* the last of the file system, not of the mount */
	uint64_t id;
	enum mount_kind kind;
	uint32_t row; /* of mountinfo: the later of two at one place hides the other */
	/* No store into a file of it goes without a new ctime: tmpfs is not so. */
	bool keeps_ctime;
};

struct mount_table {
	struct mount *list; /* by place; those elsewhere first */
	uint32_t cnt;
	struct arena arena;
};

/* 0 and *ret the caller's for mount_table_free(), or -errno. */
int mount_table_read(int root_fd, struct mount_table **ret);

/* The same from text, as if the root were mounted at @base ("/mnt/image", "/"). */
int mount_table_parse(const char *mountinfo, const char *base, struct mount_table **ret);
struct mount_table *mount_table_free(struct mount_table *t); /* returns NULL; takes NULL */
void mount_table_freep(struct mount_table **t);

/* What is seen at @path, exactly there; NULL: nothing is mounted there. */
const struct mount *mount_table_at(const struct mount_table *t, const char *path);

/* What the file at @path lies on: the last mount on the way. NULL: not known. */
const struct mount *mount_table_above(const struct mount_table *t, const char *path);

/* The mount that @fd, which may be O_PATH, lies on. NULL: not in the table. */
const struct mount *mount_table_of(const struct mount_table *t, int fd);

/* Is every mount on the way to @path, it included, a local one? */
bool mount_table_is_prompt(const struct mount_table *t, const char *path);

/* Non-zero ends the enumeration and is returned. */
typedef int (*mount_layer_fn)(void *ctx, const char *dir);

/* The directories that an overlay is made of, as its mounter named them. 0 or what @fn returned. */
int mount_layers(const struct mount *m, mount_layer_fn fn, void *ctx);

#endif /* WEIR_INVENTORY_MOUNT_TABLE_H */
