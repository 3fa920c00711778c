/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Look: one survey of a host or a tree, from its collectors to findings, with
 * a list of what could not be read.
 */
#ifndef WEIR_CMD_LOOK_H
#define WEIR_CMD_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "match/finding.h"
#include "out/scan.h"

/* Kept of what could not be read; more is counted. */
#define LOOK_UNREAD_MAX 1000

struct look_wish {
	int root_fd;
	const char *const *only; /* collectors; NULL: all */
	const char *where; /* things of that name or place alone; NULL: all */
	bool is_deep;
	const char *cache_dir; /* where what files said is remembered; NULL: nowhere */
	bool is_idle;	       /* from now on this process gives way to all others */
	bool has_progress; /* tell on stderr, which is a terminal */
};

struct look {
	struct findings *findings;
	struct scan_unread *unread; /* texts are its own */
	uint32_t unread_cnt;
	uint64_t unread_more;
	/* private */
	struct match_index *index;
	const char *where;
	bool has_progress, is_told;
	uint64_t told_ns;
};

/* In look_wish.cache_dir. */
#define LOOK_CACHE_FILE "files.cache"

/* Borrows @c. 0 and *ret is to be given to look_exit(), or -errno. */
int look(const struct catalog *c, const struct look_wish *wish, struct look *ret);
void look_exit(struct look *l);

#endif /* WEIR_CMD_LOOK_H */
