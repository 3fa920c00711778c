/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Remarks: what a policy that is in order says that its writer may not have
 * expected, and what this version does not do of it. For check and calendar.
 */
#ifndef WEIR_CMD_REMARKS_H
#define WEIR_CMD_REMARKS_H

#include "base/buf.h"
#include "policy/policy.h"

/* @line 0: about the policy as a whole. */
typedef void (*remark_fn)(void *ctx, uint32_t line, const char *text);

/* What the keys of each rule come to, from the view of @now_s. */
void remarks(const struct policy *p, int64_t now_s, remark_fn say, void *ctx);

/* "block from 2027-01-02 00:00 +08:00, only during "...", else freeze": one phase. */
void remark_phase(const struct policy *p, const struct phase *phase, struct buf *out);

/* Why a phase begins when it does: "switch-in "Sat 00:00-06:00"; jitter, 12 min". */
void remark_why(const struct policy *p, const struct rule *rule, const struct phase *phase,
		struct buf *out);

/* "ew.service active for 2 h and connected to 10.1.2.3/32". */
void remark_successor(const struct successor *s, struct buf *out);

/* What its security products wait for, if @rule decides about some; else nothing. */
void remark_protection(const struct rule *rule, struct buf *out);

#endif /* WEIR_CMD_REMARKS_H */
