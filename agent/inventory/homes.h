/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Homes: the directories in which the users of a host keep their own software,
 * units and containers.
 *
 * Of /etc/passwd, and what lies in /home besides: users of a directory service
 * are in no file. Each directory once, however many accounts share it, and
 * never the root directory, which is the home of some daemons. Those on a file
 * system that asks another host or a process are counted and left out: a look
 * into each would mount a thousand of them, or hang at one.
 */
#ifndef WEIR_INVENTORY_HOMES_H
#define WEIR_INVENTORY_HOMES_H

#include <stdbool.h>
#include <stdint.h>

/* A host with more is read up to here, and homes.is_cut says so. */
#define HOMES_MAX 4096

#define HOME_UID_UNKNOWN UINT32_MAX

struct home {
	char *path; /* absolute, without a slash at its end */
	char *user;
	uint32_t uid; /* HOME_UID_UNKNOWN: no account is known for it */
};

struct homes {
	struct home *list;
	uint32_t cnt, cap;
	uint32_t remote_cnt; /* left out */
	bool is_cut;
};

/* 0 and *ret the caller's for homes_free(), or -ENOMEM. */
int homes_read(int root_fd, struct homes *ret);
void homes_free(struct homes *h); /* a zeroed one too */

#endif /* WEIR_INVENTORY_HOMES_H */
