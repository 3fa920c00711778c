/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Patterns of paths: "*" stands for any bytes inside one component, nothing
 * else is special. Linear in practice: only the last star is ever retried,
 * since what an earlier one could take instead the last can take as well.
 */
#ifndef WEIR_MATCH_GLOB_H
#define WEIR_MATCH_GLOB_H

#include <stdbool.h>

/* Does @pattern cover all of @path, or, ending in "/", its beginning? */
bool glob_covers(const char *pattern, const char *path);

/* Could @pattern cover anything below @dir, which ends in "/"? */
bool glob_reaches(const char *pattern, const char *dir);

#endif /* WEIR_MATCH_GLOB_H */
