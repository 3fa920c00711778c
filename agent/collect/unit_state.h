/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit state: what a running systemd says of its units, laid over a set.
 *
 * systemctl is asked, which is a program of the host, for a bounded time and
 * with a bounded answer; of a user's systemd it is asked as that user, since
 * nobody else is answered. What comes is parsed in the cell.
 */
#ifndef WEIR_COLLECT_UNIT_STATE_H
#define WEIR_COLLECT_UNIT_STATE_H

#include "collect/survey.h"
#include "collect/unit_set.h"

/* Does systemd run this host? */
bool unit_state_is_there(void);

/* Does the user @uid have a manager that runs? */
bool unit_state_user_is_there(uint32_t uid);

#define UNIT_STATE_SYSTEM UINT32_MAX

/*
 * A descriptor of what systemctl says for the system, or for the user @uid:
 * the caller's. -errno: -ETIME when it was out of time, -EFBIG, -ENOENT when
 * there is no systemctl, -EPROTO when it failed.
 */
int unit_state_ask(uint32_t uid);

/* Lays what @fd says over @set. Units that only run are added. 0 or -ENOMEM. */
int unit_state_apply(struct survey *s, struct unit_set *set, int fd);

#endif /* WEIR_COLLECT_UNIT_STATE_H */
