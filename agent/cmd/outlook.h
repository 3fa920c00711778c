/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Outlook: what the policy would do about a product now, were the host armed
 * and its gates able to deny; by the same function that answers in the kernel.
 */
#ifndef WEIR_CMD_OUTLOOK_H
#define WEIR_CMD_OUTLOOK_H

#include "cmd/sources.h"
#include "policy/compile.h"

/* What offline does not do yet, in the words of check and status. */
#define OUTLOOK_OFFLINE \
	"destinations are refused and files held as in a freeze; the product's processes are " \
	"not kept off the network yet"

struct outlook {
	const struct policy *policy;   /* borrowed */
	const struct catalog *catalog; /* borrowed */
	struct compiled *compiled;
	int64_t now_s;
	uint64_t boot_ns;
};

/* What is known of what is asked about. */
struct outlook_question {
	uint32_t product; /* index in the catalogue */
	bool may_enforce; /* some hit is sufficient and of high confidence */
	bool is_guarded;
	bool is_installed; /* it was there when a freeze began */
};

/*
 * At this moment. @s has a policy. 0 and *ret is to be given to outlook_exit();
 * -EINVAL with @d filled, or -ENOMEM.
 */
int outlook_init(const struct sources *s, struct outlook *ret, struct diag *d);
void outlook_exit(struct outlook *o);

struct weir_answer outlook_ask(const struct outlook *o, const struct outlook_question *q);

/* The exemption that holds here and now; NULL: none. */
const struct exemption *outlook_exemption(const struct outlook *o, uint32_t product);

#endif /* WEIR_CMD_OUTLOOK_H */
