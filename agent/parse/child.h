/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Child: the process of a cell, started, fed, ended. Private to parse/.
 *
 * It is this very program, executed anew, so it has nothing of its parent's
 * memory or environment, and one descriptor. Everything here has a time limit,
 * and an end of the child that does not come is not waited for.
 */
#ifndef WEIR_PARSE_CHILD_H
#define WEIR_PARSE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Ended children whose last sleep (in a file system) goes on; with more, none starts. */
#define CHILD_STRAYS_MAX 8

struct child {
	pid_t pid; /* 0: none */
	int pidfd, sock;
	uint32_t walls;	  /* enum sandbox_wall */
	int status;	  /* of the last one that ended, as waitpid() says; -1: unknown */
	pid_t strays[CHILD_STRAYS_MAX];
};

/*
 * Starts one and hears that its walls stand. 0, or -errno with @why; it is
 * ended then.
 */
int child_start(struct child *c, char *why, size_t size);

/* Ends it by SIGKILL, if there is one, and fills child.status. */
void child_stop(struct child *c);

/*
 * All of @bytes, with @fd attached unless -1; *left_ns is what may be waited,
 * and is lowered. 0, -ETIME, -EPIPE, or -errno.
 */
int child_send(struct child *c, const void *head, size_t head_len, const void *bytes,
	       size_t len, int fd, uint64_t *left_ns);

/* Some bytes. Their number, 0 when it has gone, -ETIME, or -errno. */
ssize_t child_receive(struct child *c, void *buf, size_t size, uint64_t *left_ns);

#endif /* WEIR_PARSE_CHILD_H */
