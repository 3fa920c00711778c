/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address prefixes: ADDRESS/BITS, IPv4 or IPv6, that a rule may name.
 */
#ifndef WEIR_BASE_PREFIX_H
#define WEIR_BASE_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An IPv6 address in full, "/128" and the NUL. */
#define PREFIX_TEXT_MAX 51

struct prefix {
	uint8_t addr[16]; /* network order; IPv4 in the first four */
	uint8_t family;	  /* AF_INET, AF_INET6 */
	uint8_t len;	  /* bits */
};

/*
 * 0, or -EINVAL with *ret_why a few words: not a prefix, host bits set, too
 * wide, or one that no rule may touch (loopback, link-local, multicast...).
 */
int prefix_parse(const char *text, struct prefix *ret, const char **ret_why);

/* The one spelling of @p. */
void prefix_format(const struct prefix *p, char out[PREFIX_TEXT_MAX]);

/* Does @outer hold all of @inner? Equal ones do. */
bool prefix_covers(const struct prefix *outer, const struct prefix *inner);

/* By family, address and length: a prefix comes before all it holds. */
int prefix_compare(const struct prefix *a, const struct prefix *b);

#endif /* WEIR_BASE_PREFIX_H */
