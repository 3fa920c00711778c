/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the guard holds beside files; private to guard*.c.
 */
#ifndef WEIR_INVENTORY_GUARD_PRIVATE_H
#define WEIR_INVENTORY_GUARD_PRIVATE_H

#include "inventory/guard.h"

/* Fills in the modules and addresses. 0 or -ENOMEM. */
int guard_take_needs(struct guard *g);

/* Non-zero ends the enumeration and is returned. */
typedef int (*guard_file_fn)(void *ctx, const char *path, const char *why);

/* The files of the modules, and of those that they need, under every kernel. */
int guard_module_files(const struct guard *g, guard_file_fn fn, void *ctx);

#endif /* WEIR_INVENTORY_GUARD_PRIVATE_H */
