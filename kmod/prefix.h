/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prefixes of addresses, and the narrowest one around an address.
 *
 * A sorted array in which each prefix knows the one that encloses it. The last
 * one that does not begin behind an address either holds it, or some of those
 * around that one do: they all begin before it too.
 */
#ifndef WEIR_PREFIX_H
#define WEIR_PREFIX_H

#include <weir/table.h>

struct weir_prefixes;

/* For @cnt prefixes of addresses of @bits. NULL: no memory. */
struct weir_prefixes *weir_prefixes_new(unsigned int bits, u32 cnt);
void weir_prefixes_free(struct weir_prefixes *p); /* takes NULL */

/* @bytes: struct weir_prefix4 or 6, then struct weir_ports; not aligned. */
int weir_prefixes_add(struct weir_prefixes *p, const u8 *bytes);

/* Before anybody looks for anything. -EINVAL: the same prefix stands there twice. */
int weir_prefixes_seal(struct weir_prefixes *p);

const struct weir_ports *weir_prefixes_find(const struct weir_prefixes *p, const u8 *addr);

#endif /* WEIR_PREFIX_H */
