// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patterns of paths; see glob.h.
 */
#include "match/glob.h"

#include <stddef.h>
#include <string.h>

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

/* Does the component of @pattern_len bytes cover that of @len bytes? */
static bool covers_component(const char *pattern, size_t pattern_len, const char *text,
			     size_t len)
{
	const char *pattern_end = pattern + pattern_len, *end = text + len;
	const char *star = NULL, *retry = NULL;

	while (text < end) {
		if (pattern < pattern_end && *pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (pattern < pattern_end && *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (pattern < pattern_end && *pattern == '*')
		pattern++;
	return pattern == pattern_end;
}

bool glob_reaches(const char *pattern, const char *dir)
{
	size_t pattern_len, len;

	/* The text before the first "/" is a component too, an empty one. */
	for (; *dir; pattern += pattern_len + 1, dir += len + 1) {
		pattern_len = strcspn(pattern, "/");
		len = strcspn(dir, "/");
		if (!pattern[pattern_len])
			return false;
		if (!covers_component(pattern, pattern_len, dir, len))
			return false;
		/* A pattern that ends here in "/" covers all that is below. */
		if (!pattern[pattern_len + 1])
			return true;
	}
	return true;
}
