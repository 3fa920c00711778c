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

/* What is attached and proved together. */
enum family { FAMILY_EXEC, FAMILY_LOAD, FAMILY_CONNECT, FAMILY_SOCKET, FAMILY_LEARN, FAMILY_MAX };

enum choice {
	CHOICE_LSM_SLEEPABLE, /* may hash */
	CHOICE_LSM,
	CHOICE_FMOD_RET,
	CHOICE_LAST, /* what needs no trampoline: tracepoints, cgroups */
	CHOICE_MAX,
};

struct program {
	const char *name;
	enum family family;
	unsigned int choices; /* bit per enum choice that it belongs to */
	bool modules;	      /* needs a kernel that loads modules */
};

extern const struct program programs[];
extern const unsigned int program_cnt;

/* Has @family programs for @choice? */
bool choice_offered(enum family family, enum choice choice);

/* May @choice work on @k at all? If not, @why says what would be needed. */
bool choice_possible(enum choice choice, const struct kernel *k, char *why, size_t size);

enum weir_mechanism choice_mechanism(enum choice choice, enum family family);

/* The family that serves @hook by its strongest mechanism. */
enum family hook_family(enum weir_hook hook);

#endif /* WEIR_SENSE_PROGRAMS_H */
