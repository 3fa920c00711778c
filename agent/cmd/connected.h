/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is a unit connected to where its policy says? By the sockets of the
 * processes in its control group, in our own network namespace.
 */
#ifndef WEIR_CMD_CONNECTED_H
#define WEIR_CMD_CONNECTED_H

#include "policy/policy.h"

/* A unit with more sockets is looked at up to here. */
#define CONNECTED_SOCKETS_MAX 4096

/*
 * @cgroup: of the unit, "/system.slice/ew.service". An answer that cannot be
 * had is no.
 */
bool connected_is(int root_fd, const char *cgroup, const struct successor *s);

/* Does @to mean this address (of @family, network order) and TCP port? */
bool connected_means(const struct allowance *to, int family, const uint8_t *addr, uint16_t port);

#endif /* WEIR_CMD_CONNECTED_H */
