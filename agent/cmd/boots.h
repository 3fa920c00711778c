/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boots: of three in a row that did not come to their end, the third starts
 * disarmed.
 *
 * A host that an accepted policy keeps from coming up is rebooted by whoever
 * stands before it. Each boot in which the agent arms by itself is written
 * down before it does, and struck out when the host has settled: multi-user is
 * reached, or ten minutes have passed. Finding two that were not, a short time
 * apart, this one does not arm, and says why; only `weir arm` arms again.
 */
#ifndef WEIR_CMD_BOOTS_H
#define WEIR_CMD_BOOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/errand.h"

#define BOOTS_FILE "/var/lib/weir/boots"

/* How many, this one counted. */
#define BOOTS_QUICK 3

/* Two boots further apart than this have nothing to do with each other. */
#define BOOTS_APART_S 900

struct boots {
	struct errand ask; /* is multi-user reached? */
	uint64_t next_ns;
	bool is_settled;
};

/*
 * Writes this boot down in @file. How many quick ones in a row it makes, this one
 * counted; 1 where nothing can be remembered.
 */
unsigned int boots_enter(const char *file, const char *boot_id, int64_t now_s);

/* Every second, until it is settled. */
void boots_tend(struct boots *b);
void boots_end(struct boots *b);

#endif /* WEIR_CMD_BOOTS_H */
