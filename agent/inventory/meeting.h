/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Meetings: where a policy would block what the guard holds.
 *
 * Only keys that can really stop something are asked: of high confidence, in
 * a rule that enforces on its class, with a mode above observe at some time.
 * A policy with one meeting is refused as a whole, so the messages are meant
 * for the person who has to change it.
 */
#ifndef WEIR_INVENTORY_MEETING_H
#define WEIR_INVENTORY_MEETING_H

#include "inventory/guard.h"
#include "policy/compile.h"

struct meeting {
	const char *what, *why; /* "/usr/sbin/sshd", "sshd": the guard's */
	struct weir_key key;	/* names rule and indicator */
};

struct meetings {
	struct meeting *list;
	uint32_t cnt;
};

/* All told are worth reading; more than this, and the policy is nonsense. */
#define MEETINGS_MAX 1000

/*
 * 0 and *ret the caller's for meetings_free(), also when there are none;
 * -errno when the question could not be answered: then the policy is not to
 * be armed either.
 */
int guard_meets(const struct guard *g, const struct compiled *t, struct meetings **ret);
struct meetings *meetings_free(struct meetings *m); /* returns NULL; takes NULL */
void meetings_freep(struct meetings **m);

/* One line without newline, NUL-terminated, cut to @size. */
void meeting_format(const struct meeting *m, const struct catalog *c,
		    const struct policy *p, char *out, size_t size);

/* The first of @m, of which there is one at least, and how many more there are. */
void meetings_format(const struct meetings *m, const struct catalog *c,
		     const struct policy *p, char *out, size_t size);

#endif /* WEIR_INVENTORY_MEETING_H */
