/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Account: what the catalogue and the policy say about one subject, and what
 * the kernel would answer, by the same function that answers there.
 *
 * No agent is asked. Whether the host is armed and how strong its gates are is
 * `weir status`; here both are taken for granted, and the texts say so.
 */
#ifndef WEIR_CMD_ACCOUNT_H
#define WEIR_CMD_ACCOUNT_H

#include "base/buf.h"
#include "cmd/sources.h"
#include "cmd/subject.h"
#include "inventory/guard.h"
#include "match/match.h"

struct account {
	const struct subject *subject;
	const struct sources *sources;
	struct match match;
	/* The finding, else the strongest of what was hit; NULL: nothing was. */
	const struct evidence *evidence;
	const struct product *product; /* of the evidence, or named */
	const struct product *harmless; /* a confusable that was hit; NULL: none */
	bool is_finding; /* with a name: as soon as the thing itself is here */
	bool is_here;	 /* of a name: things of it were seen, and judged as they are */
	/* Under the policy; NULL without one. */
	const struct rule *rule;
	const struct exemption *exemption;
	const struct allowance *allowance; /* the rule lets this address be */
	struct weir_answer answer; /* when there is a rule and a finding */
	const struct indicator *key; /* the hit that the kernel looks up; NULL: none */
	const struct guard_entry *guarded; /* NULL: not in it */
	int guard_err; /* the guard could not be built */
	struct guard *guard; /* private */
};

/* 0 and *ret is to be given to account_exit(); -errno, with @d filled on -EINVAL. */
int account_make(const struct sources *sources, const struct subject *s,
		 struct account *ret, struct diag *d);
void account_exit(struct account *a);

/* Is there anything against it: a finding, or a name that a directive could order? */
bool account_is_listed(const struct account *a);

/* For a person, and the same facts for a program, one JSON object. */
void account_text(const struct account *a, struct buf *out);
void account_json(const struct account *a, struct buf *out);

/* Parts of the words: what is here by a name, what evidence is missing. */
void account_here(const struct account *a, struct buf *out);
void account_missing(const struct account *a, struct buf *out);

/* What could have been meant, a word of the catalogue; NULL: nothing is near. */
const char *account_suggest(const struct account *a);

/* Why this rule does not enforce this class, a clause; nothing when it does. */
void account_class_reason(const struct account *a, struct buf *out);

/* Why the answer is what it is, one sentence without its full stop. */
void account_reason(const struct account *a, struct buf *out);

#endif /* WEIR_CMD_ACCOUNT_H */
