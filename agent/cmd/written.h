/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records that an agent wrote into the journal and died before it could note so:
 * those of one batch at most. The next one reads them in the ring again, and
 * knows them by their numbers.
 */
#ifndef WEIR_CMD_WRITTEN_H
#define WEIR_CMD_WRITTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/event.h>

struct written_record {
	uint64_t seq;
	uint32_t ring, cpu;
};

struct written {
	struct written_record *list; /* sorted */
	size_t cnt, cap;
};

/* Takes a line of the journal; one that tells of no record is nothing. */
void written_add(struct written *w, const char *line, size_t len);
void written_sort(struct written *w);
bool written_has(const struct written *w, const struct weir_rec *rec);
void written_exit(struct written *w);

#endif /* WEIR_CMD_WRITTEN_H */
