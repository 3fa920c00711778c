/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths with stars: which existing paths does one mean?
 *
 * A star stands for any run of characters inside one component, also for a
 * leading dot; nothing else is special. The walk holds one descriptor per
 * starred component and looks at a bounded number of directory entries, so a
 * pattern over a huge directory ends, and says that it ended early.
 */
#ifndef WEIR_INVENTORY_PATTERN_H
#define WEIR_INVENTORY_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Stars in one pattern; the catalogue's reader refuses more. */
#define PATTERN_STARS_MAX 4

/* Directory entries looked at for one pattern. */
#define PATTERN_VISITS_MAX 200000

/* @path is valid during the call. Non-zero ends the walk and is returned. */
typedef int (*pattern_fn)(void *ctx, const char *path);

/* Does @name match the component of @len bytes at @component? */
bool pattern_matches(const char *component, size_t len, const char *name);

/*
 * Calls @fn for each path that @pattern may mean below @root_fd: at most the
 * last run of components without a star has not been looked for yet. 0,
 * -E2BIG when the walk ended early, -errno, or what @fn returned.
 */
int pattern_each(int root_fd, const char *pattern, pattern_fn fn, void *ctx);

#endif /* WEIR_INVENTORY_PATTERN_H */
