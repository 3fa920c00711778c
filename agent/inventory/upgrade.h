/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Upgrades: is a file that has just appeared about to take a guarded place?
 *
 * A package manager writes the new file beside the old one, under a name of its
 * own, and renames it when all files of the package are there. It is the same
 * inode before and after, so one that is guarded under its first name is guarded
 * from the moment of the rename. A library brings its version in its name, and
 * a new release its helpers, which the guard knows by a pattern only.
 */
#ifndef WEIR_INVENTORY_UPGRADE_H
#define WEIR_INVENTORY_UPGRADE_H

#include <stdbool.h>
#include <stddef.h>

#include "inventory/guard.h"

/*
 * The length of @path without what dpkg (.dpkg-new) and rpm (;5f3a0b1c) append
 * while a package is unpacked.
 */
size_t upgrade_final_len(const char *path);

/*
 * Will the file at @path, an absolute path after links, be one of @g when the
 * guard is built again? By its name alone: what else a new release needs, only
 * building it tells.
 */
bool upgrade_is_expected(const struct guard *g, const char *path);

/* Does what is read here say how the host logs people in, and so name members? */
bool upgrade_is_login_file(const char *path);

/* Calls @fn for a path in each directory in which such files lie. */
void upgrade_login_places(void (*fn)(void *ctx, const char *path), void *ctx);

#endif /* WEIR_INVENTORY_UPGRADE_H */
