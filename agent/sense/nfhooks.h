/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Netfilter hooks: which functions of which modules see the packets of the
 * network namespace of the calling thread. Kernels from 5.14 tell.
 */
#ifndef WEIR_SENSE_NFHOOKS_H
#define WEIR_SENSE_NFHOOKS_H

#include <stdint.h>

struct nfhook {
	const char *family;   /* "ipv4", "netdev" */
	const char *hook;     /* "input" */
	int32_t priority;
	const char *function; /* "" where the kernel hides it */
	const char *module;   /* "": of the kernel itself */
	const char *device;   /* of "netdev", else "" */
	const char *chain;    /* of nftables: "table chain", else "" */
};

/* Non-zero ends the answer and is returned. @h is valid during the call. */
typedef int (*nfhook_fn)(void *ctx, const struct nfhook *h);

/* 0, -EPERM: not for us, -EOPNOTSUPP: this kernel does not tell, or what @fn returned. */
int nfhooks_each(nfhook_fn fn, void *ctx);

#endif /* WEIR_SENSE_NFHOOKS_H */
