/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Crossing: what a walk does at a mount point.
 *
 * Local file systems are entered, and those that were met under another name
 * are recognised by the directory they begin with, not by their device: on
 * btrfs and overlayfs one device has many numbers. An overlay whose layers all
 * lie in the tree is nothing new either.
 */
#ifndef WEIR_COLLECT_CROSSING_H
#define WEIR_COLLECT_CROSSING_H

#include <stdbool.h>
#include <sys/stat.h>

#include "inventory/mount_table.h"

struct crossing;

/* 0 and *ret the caller's for crossing_free(), or -errno. */
int crossing_new(int root_fd, struct crossing **ret);
struct crossing *crossing_free(struct crossing *c); /* returns NULL; takes NULL */
void crossing_freep(struct crossing **c);

/* All tables stay until crossing_free(); this is the newest. */
const struct mount_table *crossing_mounts(const struct crossing *c);

/*
 * May the mount at @path, a directory with its slash, be entered? 1: no, there
 * is nothing in it; 0: yes, *ret is what it is and *ret_again whether all of it
 * lies elsewhere too; -EREMOTE, -EXDEV when it is not in mountinfo, or -ENOMEM.
 */
int crossing_judge(struct crossing *c, const char *path, const struct mount **ret,
		   bool *ret_again);

/* Was the directory of @st, when something of it is mounted somewhere, met before? */
bool crossing_met(struct crossing *c, const struct stat *st);

/* Is there a mount that may not answer directly in @dir? */
bool crossing_has_remote(const struct crossing *c, const char *dir, size_t len);

/* Is @path itself such a mount? */
bool crossing_is_remote(const struct crossing *c, const char *path);

#endif /* WEIR_COLLECT_CROSSING_H */
