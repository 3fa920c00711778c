/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network interfaces by rtnetlink, of the network namespace of the calling
 * thread.
 */
#ifndef WEIR_SENSE_LINKS_H
#define WEIR_SENSE_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#define LINK_ALTNAMES_MAX 16

struct link_info {
	const char *name, *alias; /* the alias is "" when it has none */
	const char *kind;	  /* "tun", "wireguard"; "": a device */
	const char *altnames[LINK_ALTNAMES_MAX];
	uint32_t altname_cnt;
	uint32_t index;
	bool is_up;
};

/* Non-zero ends the answer and is returned. @l is valid during the call. */
typedef int (*link_fn)(void *ctx, const struct link_info *l);

/* 0, -errno, or what @fn returned. */
int links_each(link_fn fn, void *ctx);

#endif /* WEIR_SENSE_LINKS_H */
