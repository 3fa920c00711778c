/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arrivals: files that appear under a name somebody cares about.
 *
 * A package upgrade puts a new inode in the place of a known one, and its
 * script starts it a moment later. The directories of names that matter are
 * watched by inotify, so that the new file is told of before that, and nothing
 * is polled. What cannot be watched (too many directories, no such directory
 * yet) is found by the next pass of the inventory instead.
 */
#ifndef WEIR_INVENTORY_ARRIVALS_H
#define WEIR_INVENTORY_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#define ARRIVALS_DIRS_MAX 4096

struct arrivals {
	int fd; /* to be polled; -1: none */
	char **dirs; /* by watch number */
	uint32_t dir_cap, dir_cnt;
	bool is_cut; /* some directory found no room */
};

/* 0 or -errno; on failure a->fd is -1 and the rest does nothing. */
int arrivals_open(struct arrivals *a);
void arrivals_close(struct arrivals *a);

/* Watches the directory that @path is in, once. */
void arrivals_watch(struct arrivals *a, const char *path);

/* @path: a name in a watched directory was given to a file, or written and closed. */
typedef void (*arrivals_fn)(void *ctx, const char *path);

/* Calls @fn for all there is. True: events were lost, anything may have happened. */
bool arrivals_take(struct arrivals *a, arrivals_fn fn, void *ctx);

#endif /* WEIR_INVENTORY_ARRIVALS_H */
