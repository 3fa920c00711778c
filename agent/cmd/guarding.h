/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guarding: the guard follows the host while a table is in force.
 *
 * A file on its way into a guarded place is guarded at once, the rest of what it
 * needs when the guard is built again, a moment later. That does not wait for a
 * new table: a policy that would stop what an upgrade has brought is refused,
 * and its predecessor, still in force, must not stop it either.
 */
#ifndef WEIR_CMD_GUARDING_H
#define WEIR_CMD_GUARDING_H

#include <stdbool.h>

struct agent;

/* Once, before the first table: what arrives is looked at also while a guard is built. */
void guarding_open(struct agent *a);
void guarding_close(void);

/*
 * This agent has no table to put in force and will end: in the one that stays, of an
 * agent before it, at least what the host lives on now is guarded.
 */
void guarding_leave(struct agent *a);

/* A file has appeared at @path, open at @fd. True: the guard is concerned. */
bool guarding_take(struct agent *a, const char *path, int fd);

/* Something may have appeared that nobody has told of. */
void guarding_suspect(struct agent *a);

/* Every second. */
void guarding_tend(struct agent *a);

/* After a new table: brings it up to date, watches where its guard lies, and who names it. */
void guarding_watch(struct agent *a);

#endif /* WEIR_CMD_GUARDING_H */
