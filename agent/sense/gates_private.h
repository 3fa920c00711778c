/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between gates.c, gates_load.c, gates_prove.c and gates_adopt.c.
 */
#ifndef WEIR_SENSE_GATES_PRIVATE_H
#define WEIR_SENSE_GATES_PRIVATE_H

#include "sense/gates.h"
#include "sense/learn.h"
#include "sense/programs.h"

struct bpf_link;
struct bpf_object;

struct gates_private {
	struct gates_options opts;
	struct learner *learner;
	struct bpf_object *first; /* the shared maps, and the programs of the first try */
	struct bpf_object *object[FAMILY_MAX]; /* where it differs from @first */
	uint64_t loaded; /* bit per program that @first has loaded */
	struct bpf_link *link[PROGRAM_MAX];
	struct bpf_link *aside[PROGRAM_MAX]; /* of an agent before, until replaced */
	int prog_fd[PROGRAM_MAX]; /* of attached programs, to ask how they fare */
	bool attached[FAMILY_MAX];
	int cgroup;
};

/* Bit per program that @family uses by @choice on this kernel. */
uint64_t gates_programs(const struct gates *g, enum family family, enum choice choice);

/*
 * Loads what probably works all at once; if not, only the maps. @has_gates:
 * those of an earlier agent are to be taken over, no program is needed for them.
 */
int gates_load_first(struct gates *g, bool has_gates);

/* The programs of @choice, unless they are loaded already. */
int gates_load_family(struct gates *g, enum family family, enum choice choice);

/* True when every hook of @family holds what its mechanism promises. */
bool gates_prove_family(struct gates *g, enum family family);

/* Takes over the pinned links of an earlier agent of this build. */
bool gates_adopt(struct gates *g);

/* Ends the gates that could not be taken over, now that others stand. */
void gates_drop_aside(struct gates *g);

/* Detaches the programs of @family, pins included. */
void gates_detach(struct gates *g, enum family family);

/*
 * Descriptors of the attached programs, asked for while we still may: later
 * they are all that is needed to read how often each was skipped.
 */
void gates_open_programs(struct gates *g);

/* Where this build's links are pinned. */
void gates_links_dir(const struct gates *g, char *path, size_t size);

/* The mechanism of @family's hooks from now on; 0 or -errno. */
int gates_set_mechanism(struct gates *g, enum family family, enum weir_mechanism via);

#endif /* WEIR_SENSE_GATES_PRIVATE_H */
