/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables that were in force, and when nobody can be reading them any more.
 *
 * A hook that may sleep reads a whole file to hash it, from whatever disk, and
 * goes on looking up in the table that it began with. No system call waits for
 * such a program (for others the switch of a table has waited itself), so a
 * table stays for as long as a read that anybody would wait for may take. What
 * takes longer finds its table gone and asks the one in force, which is right
 * as well but tells of two generations; see table_of() in bpf/maps.h.
 */
#ifndef WEIR_SENSE_RETIRED_H
#define WEIR_SENSE_RETIRED_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/limits.h>

/* A disk gives up a read after 30 s, and it may have tried twice. */
#define RETIRED_NS 60000000000ULL

struct retired {
	struct {
		uint64_t generation, since_ns;
	} of[WEIR_GENERATIONS];
	unsigned int cnt;
};

/* @generation is not in force any more; nothing changes when that is known. */
void retired_add(struct retired *r, uint64_t generation, uint64_t now_ns);

/* It is gone. */
void retired_remove(struct retired *r, uint64_t generation);

bool retired_has(const struct retired *r, uint64_t generation);

/* One that nobody can be reading; 0: none. */
uint64_t retired_due(const struct retired *r, uint64_t now_ns);

/*
 * Which of the @cnt generations that are @there makes room for another: one that
 * never came into force, else the oldest; never @in_force (0: not known). 0: none.
 */
uint64_t retired_victim(const uint64_t *there, unsigned int cnt, uint64_t in_force);

#endif /* WEIR_SENSE_RETIRED_H */
