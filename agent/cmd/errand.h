/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errand: a question to systemd, asked by its own command and not waited for.
 *
 * The loop starts it and looks in on it every second. An answer that does not
 * come is given up, since a hung systemd must not hang the agent.
 */
#ifndef WEIR_CMD_ERRAND_H
#define WEIR_CMD_ERRAND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

#define ERRAND_NS 10000000000ULL
#define ERRAND_BYTES_MAX (1u << 20)

/* Zeroed, nobody is out. */
struct errand {
	pid_t child;
	int fd;
	int why;      /* it was ended for, -errno; 0: it was not */
	bool is_read; /* there will be no more of an answer */
	uint64_t since_ns;
	uint64_t limit_ns; /* given up after this; 0: ERRAND_NS */
	struct buf answer;
};

/* @argv[0] is looked for in PATH. 0, -EBUSY when one is out, or -errno. */
int errand_start(struct errand *e, const char *const *argv);

/*
 * -EAGAIN: still out, or nobody was sent. Else it is over: its exit status, or
 * -ETIME when it was given up, -ECANCELED when nobody wants to know any more,
 * -EIO when it was killed; e->answer is what it printed, until the next start.
 * Never waits, not even for one that was killed and does not die.
 */
int errand_poll(struct errand *e);

/*
 * For a command, which has no loop: the same once it is over, -ETIME when it was
 * given up a second ago and does not die.
 */
int errand_wait(struct errand *e);

/* Nobody wants to know any more. It is out until a poll has found it dead. */
void errand_cancel(struct errand *e);

/* For good. */
void errand_end(struct errand *e);

#endif /* WEIR_CMD_ERRAND_H */
