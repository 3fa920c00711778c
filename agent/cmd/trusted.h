/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the agent makes of where its policy and catalogue came from.
 *
 * A bundle older than one that was taken is refused, over restarts too. What
 * has expired, is too old for `escalate-needs` or says `hold` takes no step up:
 * what was in force at that moment stays. Indicators that came with a catalogue
 * later than the one the policy pins are watched first. And security products
 * are blocked for good by signed policies only.
 */
#ifndef WEIR_CMD_TRUSTED_H
#define WEIR_CMD_TRUSTED_H

#include "base/json.h"
#include "cmd/sources.h"
#include "cmd/trusted_indicators.h"
#include "policy/compile.h"

/* What is kept over restarts. */
#define TRUSTED_STATE "/var/lib/weir"

/* Read by `weir confirm`, which must work without an agent. */
#define TRUSTED_UNSIGNED "/run/weir/unsigned-security-products"

struct trusted {
	int64_t held_s;	    /* no step up from then on; 0: never */
	char held_why[200]; /* when held_s is set */
	int64_t hold_since; /* of a bundle that says `hold`, for the next agent */
	struct indicator_ages ages;
};

/*
 * Judges what was loaded, at @now_s, by what is kept in @dir: s->policy's held_s
 * is set, and the confidence of indicators in s->catalog that are too new is lowered. 0 and
 * *ret for trusted_exit(), or -EINVAL with @d, or -ENOMEM.
 */
int trusted_check(struct sources *s, const char *dir, int64_t now_s, struct trusted *ret,
		  struct diag *d);

/* It is in force now: serials and ages go to @dir. */
void trusted_remember(const struct sources *s, const char *dir, struct trusted *t);
void trusted_exit(struct trusted *t);

/* Has an indicator been watched for long enough by now? Then load anew; asked again later. */
bool trusted_is_due(struct trusted *t, int64_t now_s);

/* Is @product one that only a signed policy may block for good, and is it unsigned? */
bool trusted_withholds(const struct sources *s, const struct compiled *t, uint32_t product);

/* Writes TRUSTED_UNSIGNED, or removes it. How many products are in it. */
uint32_t trusted_tell_unsigned(const struct sources *s, const struct compiled *t);

/*
 * May @product (NULL: everything) be confirmed? false: @why says which are in
 * the way and what to do.
 */
bool trusted_may_confirm(const char *product, char *why, size_t size);

/* Members of the status document. */
void trusted_status(const struct sources *s, const struct trusted *t, int64_t now_s,
		    struct jout *j);

#endif /* WEIR_CMD_TRUSTED_H */
