/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One question to a netlink protocol whose answer is a list, or one order.
 */
#ifndef WEIR_SENSE_DUMP_H
#define WEIR_SENSE_DUMP_H

#include <stdbool.h>
#include <stdint.h>

struct nlmsghdr;

/* Non-zero ends the answer and is returned. */
typedef int (*dump_fn)(void *ctx, const struct nlmsghdr *msg);

struct dump_question {
	int protocol; /* NETLINK_SOCK_DIAG... */
	uint16_t type;
	const void *body;
	uint32_t len;
	bool is_one; /* the answer is no list */
};

/*
 * 0, -errno of the kernel as it is, or what @fn returned. The list may have
 * changed while it was told; then it is not asked again, as on a busy host it
 * always has.
 */
int dump_ask(const struct dump_question *q, dump_fn fn, void *ctx);

/* 0 once it is done, or -errno of the kernel as it is. */
int dump_order(const struct dump_question *q);

#endif /* WEIR_SENSE_DUMP_H */
