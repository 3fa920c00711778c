/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protection: which products a step to offline or beyond is withheld from.
 *
 * A security product is not taken away before something else protects the
 * host, or the policy says why nothing has to; nor is a product that cuts the
 * network when it ends, while the network runs through it. Such a product
 * stays in the last mode below offline that its rule had, observe if it had
 * none, while other products of the same rule take the step. Pure: what holds
 * on the host is the caller's to find out.
 */
#ifndef WEIR_POLICY_PROTECTION_H
#define WEIR_POLICY_PROTECTION_H

#include "policy/policy.h"

enum withheld {
	WITHHELD_NOT,
	WITHHELD_UNSAID,    /* neither a successor nor a reason to do without */
	WITHHELD_SUCCESSOR, /* it does not hold, or not for long enough */
	WITHHELD_NETWORK,   /* the network runs through an interface of it */
	WITHHELD_MOMENT,    /* nothing is in the way, and its moment has not come */
	WITHHELD_MAX,
};

/* "successor"; for events and status. */
const char *withheld_name(enum withheld why);

/* Does @rule, which decides about @p, go to offline or beyond and enforce it there? */
bool protection_is_at_stake(const struct rule *rule, const struct product *p);

/* Is it a security product that needs a successor, or a reason to do without? */
bool protection_is_needed(const struct rule *rule, const struct product *p);

/* May it cut the network as it ends, or does nobody know, with no reason given? */
bool protection_may_cut(const struct rule *rule, const struct product *p);

/* The mode that is left when @phase of @rule is withheld. */
uint8_t protection_below(const struct rule *rule, const struct phase *phase);

#endif /* WEIR_POLICY_PROTECTION_H */
