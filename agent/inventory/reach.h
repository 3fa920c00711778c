/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reach: the addresses without which this host cannot be reached or repaired
 * from afar: its default gateways, and who resolves names for it.
 *
 * As they are at this moment; a link-local or loopback one is left out, since no
 * indicator can name it.
 */
#ifndef WEIR_INVENTORY_REACH_H
#define WEIR_INVENTORY_REACH_H

#include <stdbool.h>

#include "base/prefix.h"

struct reach {
	struct prefix at; /* of full length */
	const char *why;  /* "default gateway", "resolver in /etc/resolv.conf" */
	bool is_resolver;
};

/* Non-zero ends the enumeration and is returned. */
typedef int (*reach_fn)(void *ctx, const struct reach *r);

/* 0, -ENOMEM or what @fn returned; what is not there names nobody. */
int reach_each(int root_fd, reach_fn fn, void *ctx);

#endif /* WEIR_INVENTORY_REACH_H */
