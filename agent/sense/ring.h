/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring buffer of the kernel, read in batches through a window.
 *
 * What is mapped of a ring counts as memory of the agent, and counts twice,
 * since the kernel shows the data twice in a row so that no record is torn. So
 * only the part that is being read is mapped.
 *
 * Our own consumer rather than libbpf's, for one reason: the position is given
 * back only after the batch has reached the journal, so an agent killed in
 * between is followed by one that reads the same records again. Never lost; which
 * of them are written down already, the journal's own end tells.
 */
#ifndef WEIR_SENSE_RING_H
#define WEIR_SENSE_RING_H

#include <stddef.h>
#include <stdint.h>

struct ring {
	int map_fd; /* borrowed */
	size_t size;
	volatile unsigned long *consumer;
	const volatile unsigned long *producer;
	const char *window; /* NULL: none mapped yet */
	size_t window_off;  /* of its first byte in the data */
	unsigned long pos;  /* read so far, not yet given back */
};

/* @map_fd stays the caller's and must outlive the ring. 0 or -errno. */
int ring_open(struct ring *r, int map_fd);
void ring_close(struct ring *r); /* takes a zeroed ring */

/* @record is valid until the function returns. */
typedef void (*ring_fn)(void *ctx, const void *record, size_t len);

/* Hands out at most @max finished records; returns how many. */
unsigned int ring_read(struct ring *r, ring_fn fn, void *ctx, unsigned int max);

/* Shows all that are there and consumes none. */
void ring_look_ahead(const struct ring *r, ring_fn fn, void *ctx);

/* An earlier agent has dealt with everything before @pos; ignored if it cannot be. */
void ring_skip_to(struct ring *r, unsigned long pos);

/* Gives the space of everything read back to the kernel. */
void ring_commit(struct ring *r);

#endif /* WEIR_SENSE_RING_H */
