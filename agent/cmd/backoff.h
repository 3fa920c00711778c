/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Back-off: while an arm is not confirmed, signs that the host suffers end it.
 *
 * A unit that the host cannot do without has failed since the arm, or several
 * units of the system, none of them the listed products' own, were refused
 * something: then the agent disarms, and says so. What a user's programs are
 * refused never counts, or a loop in a shell could lift the protection of all.
 */
#ifndef WEIR_CMD_BACKOFF_H
#define WEIR_CMD_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/errand.h"

struct agent;
struct event;

/* Units of the system that were refused something, and are not listed. */
#define BACKOFF_UNITS 3

#define BACKOFF_NAME_MAX 256

struct backoff {
	struct errand ask; /* which units have failed? */
	uint64_t next_ns;
	bool is_watching; /* an arm waits for its confirmation */
	char *failed;	  /* at the arm: one name a line; NULL: not known yet */
	char units[BACKOFF_UNITS][BACKOFF_NAME_MAX];
	unsigned int unit_cnt;
};

/* A refusal, before it is written down. */
void backoff_refused(struct agent *a, const struct event *ev);

/* Every second. */
void backoff_tend(struct agent *a);
void backoff_end(struct backoff *b);

/* Is @name, as systemd lists it, a unit that a host cannot do without? */
bool backoff_is_guarded(const char *name);

/*
 * The unit of the system in a control group's path, "/system.slice/a.service":
 * "a.service" into @out. False: it is a user's, a machine's or nobody's.
 */
bool backoff_unit_of(const char *path, char *out, size_t size);

/*
 * The first line of @now that is guarded and not in @before; NULL: none. Both
 * as `systemctl list-units --plain --no-legend` prints them.
 */
const char *backoff_first_new(const char *before, const char *now, char *out, size_t size);

#endif /* WEIR_CMD_BACKOFF_H */
