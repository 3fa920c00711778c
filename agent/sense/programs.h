/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which program serves which hook by which mechanism, as one table.
 *
 * A family is what covers one or two hooks; a choice is the mechanism by which
 * it does so. The choices stand strongest first.
 */
#ifndef WEIR_SENSE_PROGRAMS_H
#define WEIR_SENSE_PROGRAMS_H

#include <stdbool.h>

#include <weir/event.h>

#include "sense/kernel.h"

/* A set of programs is a bit each in a uint64_t. */
#define PROGRAM_MAX 64

/* What is attached and proved together. */
enum family { FAMILY_EXEC, FAMILY_LOAD, FAMILY_CONNECT, FAMILY_SOCKET, FAMILY_LEARN, FAMILY_MAX };

enum choice {
	CHOICE_LSM_SLEEPABLE, /* may hash */
	CHOICE_LSM,
	CHOICE_FMOD_RET,
	CHOICE_LAST, /* what needs no trampoline: tracepoints, cgroups */
	CHOICE_MAX,
};

/* Which kernels a program is for; 0: any. */
#define FOR_MODULES 1u	 /* those that load modules */
#define FOR_PREEMPTION 2u /* those that may preempt, see bpf/marks.h */
#define HAS_SPARES 4u	 /* there it is not attached: its spares call it */

/* Spares of one gate, each of which takes a call that found the others busy. */
enum row { ROW_NONE, ROW_EXEC, ROW_MMAP, ROW_MPROTECT, ROW_MODULE, ROW_MAX };

struct program {
	const char *name;
	enum family family;
	unsigned int choices; /* bit per enum choice that it belongs to */
	unsigned int what;    /* of the words above */
	enum row row;
};

extern const struct program programs[];
extern const unsigned int program_cnt;

/* Has @family programs for @choice? */
bool choice_offered(enum family family, enum choice choice);

/* A gate that has spares, and the map by which they find it. */
struct gate_slot {
	const char *gate;
	const char *map;
};

extern const struct gate_slot gate_slots[ROW_MAX];

/* Is @prog for this kernel? */
bool program_fits(const struct program *prog, const struct kernel *k);

/* Is it to be attached there, or only loaded? */
bool program_attaches(const struct program *prog, const struct kernel *k);

/* May @choice work on @k at all? If not, @why says what would be needed. */
bool choice_possible(enum choice choice, const struct kernel *k, char *why, size_t size);

enum weir_mechanism choice_mechanism(enum choice choice, enum family family);

/* The family that serves @hook by its strongest mechanism. */
enum family hook_family(enum weir_hook hook);

#endif /* WEIR_SENSE_PROGRAMS_H */
