/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between gates.c and gates_*.c.
 */
#ifndef WEIR_SENSE_GATES_PRIVATE_H
#define WEIR_SENSE_GATES_PRIVATE_H

#include "sense/gates.h"
#include "sense/learn.h"
#include "sense/programs.h"

struct bpf_link;
struct bpf_map;
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
	struct weir_control before; /* of the set in force when we came */
	uint64_t switched_ns;
	bool settled;
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

/* Attaches what is loaded of them. -ENOTSUP: none could be. */
int gates_attach_family(struct gates *g, enum family family, enum choice choice);

/* gates_module.c: who is the gate; never two of them. @g->refusal says why not. */
int gates_choose_mechanism(struct gates *g);

/* A module that was loaded since knows nothing of what was done by hand. */
int gates_mirror_holds(struct gates *g);

/* The module's gates for files, and what BPF can watch beside them. */
int gates_raise_module(struct gates *g);
void gates_connect_by_module(struct gates *g);

/* True when every hook of @family holds what its mechanism promises. */
bool gates_prove_family(struct gates *g, enum family family);

/* Takes over the pinned links of an earlier agent of this build. */
bool gates_adopt(struct gates *g);

/*
 * Of this build, but it is not the one that acts, as far as we can tell: in case
 * it does, it goes on until another set does.
 */
void gates_set_leftovers_aside(struct gates *g);

/* Ends the gates that could not be taken over, now that others stand. */
void gates_drop_aside(struct gates *g);

/* Only lets go of them: where they are pinned they stay. */
void gates_close_aside(struct gates *g);

/*
 * Those of @family that were set aside and refuse more than what was to stand in
 * their place are in force as before. False: they are not needed.
 */
bool gates_take_back(struct gates *g, enum family family);

/* Detaches the programs of @family, pins included. */
void gates_detach(struct gates *g, enum family family);

/*
 * Descriptors of the attached programs, asked for while we still may: later
 * they are all that is needed to read how often each was skipped.
 */
void gates_open_programs(struct gates *g);

/* Where a map is pinned. */
void gates_map_path(const struct gates *g, const struct bpf_map *map, char *path, size_t size);

/* Pins what is not pinned yet, and counts all that is. 0 or -errno. */
int gates_pin_links(struct gates *g);

/* Directories, and away with what an agent that did not come far left there. */
int gates_prepare_pins(struct gates *g);

/* What the set in force leaves us: its control, as far as we understand it. */
int gates_inherit(struct gates *g);

/*
 * Does @now refuse less than a set whose mechanism was @before? What no table needs
 * any more may go.
 */
bool gate_is_weaker(enum weir_hook hook, uint8_t before, const struct gate_state *now);

/* What the programs of @build have missed is counted on when they are gone. */
void gates_keep_count(struct gates *g, uint64_t build);

/* The mechanism of @family's hooks from now on; 0 or -errno. */
int gates_set_mechanism(struct gates *g, enum family family, enum weir_mechanism via);

#endif /* WEIR_SENSE_GATES_PRIVATE_H */
