/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Before an arm: has the guard grown into the policy? A PAM or preload entry that
 * names a listed library may have come after the policy was taken.
 */
#ifndef WEIR_CMD_ARM_GUARD_H
#define WEIR_CMD_ARM_GUARD_H

#include <stdbool.h>

/*
 * Asks it of the policy that the agent runs, else of the default one, on the host
 * as it is now. False: they meet, and stderr has one line that says where. What
 * cannot be asked (no policy, no catalogue) is no reason to refuse: the table in
 * force was checked when it was loaded. @catalog NULL: the agent's, or the default.
 */
bool arm_clears_guard(const char *catalog);

#endif /* WEIR_CMD_ARM_GUARD_H */
