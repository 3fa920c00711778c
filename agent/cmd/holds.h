/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds: what somebody did about one product, apart from the host.
 *
 * In the kernel struct weir_hold, pinned, by a number that is the same under
 * every policy. On disk the same with the wall clock's times, so that what was
 * to last outlives a reboot: a disarm, a removal window and a confirmed arm do,
 * an arm that nobody confirmed does not.
 */
#ifndef WEIR_CMD_HOLDS_H
#define WEIR_CMD_HOLDS_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/table.h>

#include "base/json.h"

struct agent;

#define HOLDS_MAX 1024

/* A product's hold as the agent last saw it. */
struct hold_seen {
	char *product;
	struct weir_hold hold;
	uint64_t reminded_ns;
	uint8_t state; /* enum hold_state */
};

enum hold_state { HOLD_NONE, HOLD_DISARMED, HOLD_WINDOW, HOLD_ARMED, HOLD_STATE_MAX };

/* A window is asked about first: what is disarmed as well is let run by both. */
enum hold_state hold_state(const struct weir_hold *h, uint64_t now_ns);

/* Writes down what was done about @product. 0 or -errno. */
int holds_remember(const char *product, const struct weir_hold *h, const char *reason);

/*
 * Puts what was written down into the kernel, where nothing of the product is
 * held yet. To be called once at the agent's start. The number restored.
 */
unsigned int holds_restore(void);

/* What was written down is void: the gates are gone. */
void holds_forget(void);

/* Every second: notes what has begun or ended, and reminds every hour. */
void agent_watch_holds(struct agent *a);

/* "holds": for weir status. */
void holds_status(const struct agent *a, struct jout *j);

#endif /* WEIR_CMD_HOLDS_H */
