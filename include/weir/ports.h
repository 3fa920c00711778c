/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The key of a destination: what of a prefix's ports speaks about it.
 *
 * Pure, and the same for the module and the rehearsal; bpf/connect.bpf.c has its
 * own, in the same shape.
 */
#ifndef WEIR_PORTS_H
#define WEIR_PORTS_H

#include <weir/table.h>

/*
 * A raw send names no port: then only rules for any port can speak. In one word,
 * zero when it matches.
 */
static inline __attribute__((always_inline)) int
weir_port_matches(const struct weir_port *p, __u32 protocol, __u32 port, int is_portless)
{
	__u32 low = is_portless ? 0 : port, high = is_portless ? 0xffff : port;
	__u32 wrong = (__u32)p->protocol * (p->protocol ^ protocol);

	wrong |= ((low - p->first) | (p->last - high)) >> 31;
	return !wrong;
}

/**
 * weir_ports_key - what decides about a destination below a prefix
 * @ports:	of the narrowest prefix around it
 * @key:	all zero; then the key, with a rule of 0 when there is none
 *
 * An allowance takes back what stands behind it of its own rule, and no more. Of
 * what is left a weak key is kept until a strong one turns up.
 */
static inline __attribute__((always_inline)) void
weir_ports_key(const struct weir_ports *ports, __u32 protocol, __u32 port, int is_portless,
	       struct weir_key *key)
{
	__u32 i, next = 0;

	for (i = 0; i < WEIR_PORTS_MAX; i++) {
		const struct weir_port *p = &ports->port[i];

		if (i >= ports->cnt)
			break;
		if (i < next || !weir_port_matches(p, protocol, port, is_portless))
			continue;
		if (!p->key.rule) {
			next = i + 1 + p->spares;
			continue;
		}
		if (!key->rule || p->key.flags & WEIR_KEY_ENFORCE)
			*key = p->key;
		if (key->flags & WEIR_KEY_ENFORCE)
			break;
	}
}

#endif /* WEIR_PORTS_H */
