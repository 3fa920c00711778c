/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The canary's side of a proof: a child of ours tries what a gate should stop
 * and says what came of it. Nothing leaves the host: the destination is a
 * documentation address (RFC 5737) and connect() of a datagram socket sends
 * no packet.
 */
#ifndef WEIR_SENSE_PROOF_H
#define WEIR_SENSE_PROOF_H

#include <weir/event.h>

#define PROOF_ADDR4 { 192, 0, 2, 77 }
#define PROOF_PORT 9 /* discard */

enum proof {
	PROOF_PASSED, /* it went through: nothing stopped it */
	PROOF_DENIED, /* EPERM */
	PROOF_KILLED, /* SIGKILL and no sign of life before */
	PROOF_UNTRIED, /* the child could not get as far as trying */
};

/* What the child of this very process may try; see the name. */
enum proof proof_exec(const char *canary);
enum proof proof_load(const char *canary);
enum proof proof_mprotect(const char *canary);
enum proof proof_module(const char *canary);
enum proof proof_connect(void);
enum proof proof_raw_connect(void);

#endif /* WEIR_SENSE_PROOF_H */
