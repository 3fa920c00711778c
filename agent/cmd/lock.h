/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One agent per host: two would tear each other's records apart in the rings.
 */
#ifndef WEIR_CMD_LOCK_H
#define WEIR_CMD_LOCK_H

#include <stdbool.h>

/*
 * The lock in @path, with our process id in it, held as long as the descriptor
 * that is returned. -EWOULDBLOCK: an agent has it. @replace: it is asked to end
 * (SIGTERM), and ended when it does not in five seconds: one that hangs must not
 * stand in its successor's way. What the kernel enforces is not touched. Whoever
 * holds it without being an agent is waited for, and never ended.
 */
int lock_take(const char *path, bool replace);

/* For one that is no agent, and wants none beside it; it says nothing of itself. */
int lock_keep_out(const char *path, bool replace);

#endif /* WEIR_CMD_LOCK_H */
