/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths and directories that an indicator may name. "*" stands for any text
 * inside one component; four at most, so that matching stays cheap.
 */
#ifndef WEIR_CATALOG_PLACE_H
#define WEIR_CATALOG_PLACE_H

#include <stdbool.h>

/* What is wrong with @path as a pattern ("is ..."), or NULL. */
const char *place_complaint(const char *path);

/* Beyond that: would it take in a whole system directory? */
const char *place_scope_complaint(const char *path);

/* Does @path match @pattern? */
bool place_matches(const char *pattern, const char *path);

#endif /* WEIR_CATALOG_PLACE_H */
