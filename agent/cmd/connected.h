/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Are units connected to where their policy says? By the sockets of the
 * processes in their control groups, in our own network namespace.
 */
#ifndef WEIR_CMD_CONNECTED_H
#define WEIR_CMD_CONNECTED_H

#include "policy/policy.h"

/* A unit with more sockets is looked at up to here. */
#define CONNECTED_SOCKETS_MAX 4096

struct connected {
	const struct successor *successor;
	const char *cgroup; /* of the unit, "/system.slice/ew.service"; "": it has none */
	bool is_so;	    /* the answer; one that cannot be had is no */
	uint32_t socket_cnt; /* that it has */
};

/* All of @list in one walk of the processes, since there may be many of these. */
void connected_find(int root_fd, struct connected *list, uint32_t cnt);

/* Does @to mean this address (of @family, network order) and TCP port? */
bool connected_means(const struct allowance *to, int family, const uint8_t *addr, uint16_t port);

#endif /* WEIR_CMD_CONNECTED_H */
