/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of compilation: private to agent/policy.
 */
#ifndef WEIR_POLICY_KEYS_H
#define WEIR_POLICY_KEYS_H

#include "policy/compile.h"

struct compilation {
	const struct catalog *c;
	const struct policy *p;
	struct compiled *t; /* rules first, the keys ask for them */
	struct diag *diag;
};

/* Does this indicator become a key at all, and which? */
bool key_of(const struct compilation *x, uint32_t indicator,
	    struct weir_key *ret);

/* Negative: @a goes before @b, being stronger or, of equals, earlier. */
int key_compare(const struct compilation *x, const struct weir_key *a,
		const struct weir_key *b);

/* Fills x->t->prefixes. */
int prefixes_compile(const struct compilation *x);

#endif /* WEIR_POLICY_KEYS_H */
