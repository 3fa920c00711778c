/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One agent per host: two would tear each other's records apart in the rings.
 */
#ifndef WEIR_CMD_LOCK_H
#define WEIR_CMD_LOCK_H

#include <stdbool.h>

/*
 * The lock in @path, with our process id in it, held as long as the descriptor
 * that is returned. -EWOULDBLOCK: somebody has it. @replace: he is asked to end
 * (SIGTERM), and ended when he does not in five seconds: an agent that hangs
 * must not stand in its successor's way. What the kernel enforces is not touched.
 */
int lock_take(const char *path, bool replace);

#endif /* WEIR_CMD_LOCK_H */
