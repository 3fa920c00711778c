/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fold: the same refusal again and again becomes one event with a count.
 *
 * A vendor's watchdog starts what is blocked every few seconds, for months. The
 * first refusal of a kind is written at once; those that follow within a minute
 * become one event, those after that one in five minutes, then one an hour, as
 * long as they go on. Of the same kind are: this file or destination, under this
 * rule, for this user, in this unit (or control group), with this verdict.
 *
 * How many are held back stands in pinned memory, so that an agent that dies
 * leaves word of them.
 */
#ifndef WEIR_CMD_FOLD_H
#define WEIR_CMD_FOLD_H

#include <stdbool.h>
#include <stdint.h>

struct agent;
struct event;

/* Kinds at a time; the one that is due first makes room. */
#define FOLD_SLOTS 256

struct fold_slot {
	uint64_t hash;	     /* of what makes refusals the same; 0: empty */
	struct event *last;  /* held back, with the count; NULL: none */
	uint64_t due_ns;     /* CLOCK_BOOTTIME: when it is written */
	unsigned int window; /* how many windows it has gone on for */
};

/*
 * Takes *@ev over when it is to be held back, and leaves NULL. False: it is to
 * be written now, and what comes after is compared with it.
 */
bool fold_take(struct agent *a, struct event **ev);

/* Writes what is due; with @all everything, as before a new table or the end. */
void fold_tend(struct agent *a, bool all);

/* At the start: what an agent that died had held back. */
void fold_report_lost(struct agent *a);

#endif /* WEIR_CMD_FOLD_H */
