/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identify: executables that the kernel reported for the first time, read off
 * the main loop.
 *
 * The main loop asks and never waits: a full queue refuses and counts. Worker
 * threads open the file, through the process while it lives, check that it is
 * the inode that was meant, and hand back an identity; each has a cell of its
 * own, which ends when there is nothing to do for a while. A worker that is stuck
 * in a file system is replaced, up to a limit, and drops its result when it
 * ever comes back.
 */
#ifndef WEIR_INVENTORY_IDENTIFY_H
#define WEIR_INVENTORY_IDENTIFY_H

#include <stdint.h>

#include <weir/event.h>

#include "inventory/identity.h"

#define IDENTIFY_WORKERS 2

/* Threads in all, with those that are stuck. */
#define IDENTIFY_THREADS_MAX 8

/* From when on a worker counts as stuck: far beyond any budget. */
#define IDENTIFY_STUCK_NS 10000000000ULL

struct identify;

struct identify_question {
	uint64_t cookie; /* the caller's, comes back */
	uint64_t ino;	 /* 0: take any; the device is not compared, see guard.h */
	uint32_t pid;	 /* 0: the path is ours */
	char *path;	 /* owned; as seen from the process's root */
};

struct identify_answer {
	struct identify_question question;
	int err; /* -ESTALE: the file is no longer there; identity is NULL then */
	struct identity *identity;
};

struct identify_counts {
	uint64_t asked, answered;
	uint64_t dropped; /* refused because the queue was full */
	uint64_t stuck;	  /* workers given up */
	uint64_t faults[CELL_ABSENT + 1]; /* of the parser, by enum cell_fault */
};

/*
 * At most @queue_max questions are under way. 0 and *ret the caller's for
 * identify_free(), or -errno. Takes a reference of its own to @x.
 */
int identify_new(uint32_t queue_max, struct expectation *x, struct identify **ret);

/* Does not wait for a stuck worker. Returns NULL; takes NULL. */
struct identify *identify_free(struct identify *id);

/* After a new catalogue: for the questions that come from now on. */
void identify_expect(struct identify *id, struct expectation *x);

/* Never waits: 0, -EBUSY when the queue is full, or -ENOMEM. @path is copied. */
int identify_ask(struct identify *id, uint64_t cookie, const char *path, uint64_t ino,
		 uint32_t pid);

/* Becomes readable when there are answers; for poll only, not to be closed. */
int identify_fd(const struct identify *id);

/* The next answer, the caller's for identify_answer_free(); NULL: none now. */
struct identify_answer *identify_take(struct identify *id);
struct identify_answer *identify_answer_free(struct identify_answer *a);

/* On a timer: replaces stuck workers. */
void identify_tend(struct identify *id);

void identify_count(struct identify *id, struct identify_counts *ret);

/*
 * The same without a queue, for a scan that may wait: an O_PATH descriptor of
 * the file that @question means, or -ESTALE, -ENOENT...
 */
int identify_open(const struct identify_question *question);

#endif /* WEIR_INVENTORY_IDENTIFY_H */
