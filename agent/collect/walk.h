/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walk: every name in a tree of directories, once.
 *
 * By descriptors, never by paths: nobody who renames a directory or puts a
 * link in its place leads the walk elsewhere. Links are not followed. At most
 * WALK_FDS directories are open and a bounded number of names is held,
 * however deep and wide the tree is. A batch of names is visited in the order
 * of their inodes, which is the order on disk for most file systems.
 *
 * Mounts below are entered when they are local (see mount_table.h); what lies
 * on others is told as unread without a question to them. A directory that is
 * mounted in several places is met in each, the later times with is_again.
 */
#ifndef WEIR_COLLECT_WALK_H
#define WEIR_COLLECT_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "inventory/mount_table.h"

/* Directories held open: the outermost, which no user can move, and the innermost. */
#define WALK_FDS 64

/* Bytes of one path. Deeper directories are told as unread. */
#define WALK_PATH_BYTES_MAX (32u << 20)

/* Bytes of names that wait for their turn. */
#define WALK_NAME_BYTES_MAX (16u << 20)

/* Valid during the call. */
struct walk_at {
	const char *path; /* below the root; a directory's ends in "/" */
	size_t len;	  /* of @path */
	size_t name;	  /* where its last component begins */
	int dir_fd;	  /* of the directory that @name is in; of a directory: itself */
	uint8_t type;	  /* DT_REG, DT_DIR, ...; DT_UNKNOWN is left to the caller */
	bool is_again;	  /* under another mount this was met before */
	const struct mount *mount; /* NULL: not known */
};

/* What @enter says; anything negative ends the walk and is returned. */
enum walk_turn { WALK_ON, WALK_PAST };

struct walk_visitor {
	/* A directory before its names; called for the first one too. */
	int (*enter)(void *ctx, const struct walk_at *at);
	/* After them, when enter() said WALK_ON. */
	void (*leave)(void *ctx);
	/* Anything else. Non-zero ends the walk and is returned. */
	int (*name)(void *ctx, const struct walk_at *at);
	/* @err: -errno. @path as above. */
	void (*unread)(void *ctx, const char *path, int err);
	void *ctx;
};

struct walk;

/* @root_fd is borrowed. 0 and *ret the caller's for walk_free(), or -errno. */
int walk_new(int root_fd, const struct walk_visitor *v, struct walk **ret);
struct walk *walk_free(struct walk *w); /* returns NULL; takes NULL */
void walk_freep(struct walk **w);

/*
 * From @dir_fd on, which may be O_PATH and stays the caller's, known below the
 * root as @path ("/" for the root itself). More than one may follow on the
 * other, with the same memory of what was met. 0, -ENOMEM, or what the visitor
 * returned.
 */
int walk_tree(struct walk *w, int dir_fd, const char *path);

/* The mounts that the walk knows of; borrowed until the next walk_tree(). */
const struct mount_table *walk_mounts(const struct walk *w);

#endif /* WEIR_COLLECT_WALK_H */
