// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patterns of paths; see glob.h.
 */
#include "match/glob.h"

#include <stddef.h>

bool glob_covers(const char *pattern, const char *path)
{
	const char *star = NULL, *retry = NULL;

	if (!*pattern)
		return !*path;
	for (;;) {
		if (!*pattern && (!*path || (pattern[-1] == '/' && path[-1] == '/')))
			return true;
		if (*pattern == '*') {
			star = ++pattern;
			retry = path;
			continue;
		}
		if (*pattern && *pattern == *path) {
			pattern++;
			path++;
			continue;
		}
		/* The star takes one byte more; a "/" or the end it may not take. */
		if (!star || !*retry || *retry == '/')
			return false;
		pattern = star;
		path = ++retry;
	}
}
