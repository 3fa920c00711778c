/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keying: files known to be of listed products get their keys in the table in
 * force, and lose them when they are gone.
 */
#ifndef WEIR_CMD_KEYING_H
#define WEIR_CMD_KEYING_H

#include "inventory/known.h"

struct agent;

/* A file that a pass of the inventory has told of, see known_parse(); @ctx is the agent. */
int keying_take(void *ctx, const struct known_file *told);

/*
 * Another file has taken a name that is known, or that the catalogue knows. It
 * gets the key of the one before until the next pass has looked into it: too
 * much for a moment, rather than too little. @ctx is the agent, see
 * arrivals_take().
 */
void keying_arrival(void *ctx, const char *path);

/* What an earlier pass found and this one did not is no longer there. */
void keying_forget_gone(struct agent *a);

/* After a new policy: watches the directories of what it names, and of what is known. */
void keying_watch(struct agent *a);

/* After a new policy: what is known and was not the same file is asked about. */
void keying_ask_again(struct agent *a);

#endif /* WEIR_CMD_KEYING_H */
