/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the journal stands: the last sequence number written down, by ring and
 * CPU, in pinned memory, so that the next agent knows what it has not seen.
 */
#ifndef WEIR_SENSE_RESUME_H
#define WEIR_SENSE_RESUME_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/event.h>

struct resume {
	int fd;
	uint32_t cpus;
	uint64_t *last[WEIR_RING_MAX]; /* by CPU; plain memory, shared and pinned */
	struct weir_losses *told; /* losses that the journal has been told of; same */
	uint64_t *folded; /* refusals held back to be told as one; same */
	uint64_t *pos;	  /* by ring: how far it has been written down; same */
	/*
	 * And where the journal ended then: inode of the segment, bytes in it. What
	 * stands behind is of a batch whose end nobody has noted here.
	 */
	uint64_t *journal;
	/*
	 * Of the module's black box: the last record that was written down, and the
	 * beginning of its digest, which another load of the module does not have.
	 */
	uint64_t *box;
	uint64_t size;
};

/* @pin false: for this process only. 0 or -errno. */
int resume_open(struct resume *r, bool pin);
void resume_close(struct resume *r);

/*
 * A private copy of r->last: numbers read, but not yet written down. One
 * allocation, the caller's to free() by its first element.
 */
int resume_copy(const struct resume *r, uint64_t *ret[WEIR_RING_MAX]);

#endif /* WEIR_SENSE_RESUME_H */
