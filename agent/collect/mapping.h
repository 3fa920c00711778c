/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings: the files that a process runs code from, its executable and its
 * libraries, as the kernel has them mapped, whatever their names are now.
 */
#ifndef WEIR_COLLECT_MAPPING_H
#define WEIR_COLLECT_MAPPING_H

#include "collect/task.h"

/* A process that maps more is read up to here. */
#define MAPPING_LINES_MAX 65536

struct mapping {
	uint64_t start, end;
	dev_t dev; /* the kernel's: of no use beside stat(2), see pitfalls of btrfs */
	ino_t ino;
	bool is_deleted;
	const char *path; /* as the process's root sees it */
};

typedef int (*mapping_fn)(void *ctx, const struct mapping *m);

/*
 * Each executable mapping of a file; a file that is mapped twice in a row
 * comes once. 0, -errno of /proc, -E2BIG when there were more, or what @fn
 * returned.
 */
int mappings_each(const struct task *t, mapping_fn fn, void *ctx);

/* An O_PATH descriptor of the mapped file, without a look at its file system. */
int mapping_open(const struct task *t, const struct mapping *m);

#endif /* WEIR_COLLECT_MAPPING_H */
