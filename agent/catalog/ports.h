/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports as files write them: tcp/443, udp/53, tcp/1000-2000, sctp/3868.
 */
#ifndef WEIR_CATALOG_PORTS_H
#define WEIR_CATALOG_PORTS_H

#include "base/schema.h"
#include "catalog/catalog.h"

/* More than any prefix can carry in the kernel, less than a mistake. */
#define PORTS_MAX 32

struct ports { /* being read */
	struct port_range range[PORTS_MAX];
	uint8_t cnt;
};

/* 0 or -EINVAL. */
int port_range_parse(const char *text, struct port_range *ret);

/* For schema tables: adds one to a struct ports. */
int scalar_port(struct reader *r, const struct scalar *s, void *into);

/* The ranges in the arena, NULL when there are none. 0 or -ENOMEM. */
int ports_keep(struct arena *a, const struct ports *p,
	       const struct port_range **ret);

#endif /* WEIR_CATALOG_PORTS_H */
