/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Armed or not, and what is remembered of it across agents and boots.
 *
 * In the kernel: struct weir_arm, pinned, so that disarm works with the agent
 * stopped. On disk: which policy was confirmed (by name and serial), and that
 * somebody disarmed, which survives a restart until the next arm.
 */
#ifndef WEIR_CMD_ARMING_H
#define WEIR_CMD_ARMING_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/table.h>

#include "policy/policy.h"

#define ARMING_STATE "/var/lib/weir"

/* An arm that nobody confirms ends after this. */
#define ARMING_UNCONFIRMED_NS (600 * 1000000000ULL)

enum armed { ARMED_NO, ARMED_UNTIL, ARMED_CONFIRMED };

enum armed arming_state(const struct weir_arm *arm, uint64_t now_ns);

/*
 * Has this arm come to its end unconfirmed, and is that news? Once it is said to
 * have been told, to this agent or the one before, the answer is no.
 */
bool arming_ran_out(const struct weir_arm *arm);
void arming_told_ran_out(const struct weir_arm *arm);

/* Was @p confirmed before, and nobody disarmed since? */
bool arming_was_confirmed(const struct policy *p);

/* How much longer somebody's disarm holds: 0, seconds, INT64_MAX until an arm. */
int64_t arming_disarmed_left_s(void);

/* weir.off on the kernel command line: nothing is armed on this boot. */
bool arming_is_off(void);

/* 0 or -errno. @policy is "name serial" of what is in force. */
int arming_remember_confirmed(const char *name, int64_t serial);
int arming_forget_confirmed(void);

/* @for_s 0: until the next arm. */
int arming_remember_disarmed(const char *reason, uint64_t for_s);
int arming_forget_disarmed(void);

/* The audit session of this process; ~0 when the kernel has none. */
uint32_t arming_session(void);

uint64_t arming_now_ns(void); /* CLOCK_BOOTTIME */

#endif /* WEIR_CMD_ARMING_H */
