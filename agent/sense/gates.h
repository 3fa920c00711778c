/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gates: BPF programs loaded, attached, proved and pinned, hook by hook.
 *
 * For each hook the mechanisms are tried from the strongest down, and one is
 * kept only when its canary was stopped as promised; a program that merely
 * attached counts for nothing. What is kept is pinned, so it outlives the
 * agent, and an agent of the same build takes pinned gates over as they are.
 */
#ifndef WEIR_SENSE_GATES_H
#define WEIR_SENSE_GATES_H

#include <stdbool.h>

#include <weir/table.h>

#include "sense/kernel.h"
#include "sense/retired.h"
#include "sense/ring.h"

struct gate_state {
	enum weir_mechanism mechanism;
	enum weir_strength strength; /* proven */
	bool needed; /* false: nothing in the table asks for this hook */
	bool hashes; /* may ask the kernel for SHA-256 */
	uint64_t proven_ns; /* CLOCK_BOOTTIME of the last proof */
	char why_not[192]; /* why it is not stronger, and what would raise it */
};

struct gates {
	struct kernel kernel;
	struct gate_state hook[WEIR_HOOK_MAX];
	struct gate_state socket; /* what cgroup programs cannot see: SCTP, raw */
	struct ring ring[WEIR_RING_MAX];
	struct weir_control control; /* what was last written */
	struct weir_active active;   /* the same; which set acts */
	struct retired retired;	     /* tables that are not in force any more */
	uint64_t build;
	bool adopted; /* gates of an earlier agent were taken over */
	bool succeeds; /* another build's gates were in force when we came */
	bool is_limited; /* capabilities were dropped: module and raw stay as proven */
	struct module_gate *module; /* NULL: the gates are BPF's */
	char refusal[192];	    /* why gates_open() fails, when errno says too little */
	struct gates_private *p;
};

struct gates_options {
	const char *canary; /* path of the installed canary */
	bool pin;	    /* false: a rehearsal that leaves nothing behind */
	bool connect;	    /* raise the connect hooks at once */
	bool by_module;	    /* the kernel module is the gate; BPF only watches */
};

/*
 * Loads, attaches and proves what @opts asks for. A hook that ends weaker than
 * hoped is no error; the state says why. -errno when nothing at all can run:
 * no BTF, no privileges. -ENODEV: not the mechanism that was asked for; why was
 * said. On success gates_close() detaches what is not pinned.
 */
int gates_open(const struct gates_options *opts, struct gates **ret);
struct gates *gates_close(struct gates *g); /* returns NULL; takes NULL */

/*
 * What a new table asks for: addresses at all, and beyond TCP and UDP. Raises
 * what is missing; what is no longer needed stays until the next start.
 */
void gates_want(struct gates *g, bool connect, bool sockets);

/* Canaries of all attached hooks again; false: some gate got weaker. */
bool gates_prove(struct gates *g);

/* Writes @g->control to the kernel. */
int gates_control(struct gates *g);

/* Arm state and holds, in the maps and in the module; 0 or -errno of the first that failed. */
int gates_write_arm(struct gates *g, const struct weir_arm *arm);
int gates_write_hold(struct gates *g, uint64_t product, const struct weir_hold *hold);

/* Descriptor of the shared map @name ("weir_files"), borrowed; -1: none. */
int gates_map(const struct gates *g, const char *name);

/* One element of such a map; 0 or -errno. */
int gates_map_get(int fd, const void *key, void *value);
int gates_map_put(int fd, const void *key, const void *value);

/*
 * Sums of the per-CPU counters, and the execs that the tracepoint was skipped
 * for because it was active on the CPU already.
 */
int gates_losses(const struct gates *g, struct weir_losses *sum);

/* Keys of open descriptors as the kernel sees them; see learn.h. */
int gates_keys(struct gates *g, const int *fds, struct weir_file *keys, unsigned int cnt);

/* How often a gate was skipped for that reason, with all its spares. */
uint64_t gates_skips(const struct gates *g);

/*
 * The set is ours from now on: pinned, and the one that acts. Until then it has
 * stood beside the one before and acted for our own canary only. With a table in
 * place (table_switch()); nothing happens when it has been ours before. A set
 * that can do less than the one in force is -ENOTSUP, and that one stays.
 */
int gates_take_over(struct gates *g);

/* On a timer: when nobody can be on the way past the set before any more, it goes. */
void gates_settle(struct gates *g);

enum pins_state {
	PINS_THERE,
	PINS_MISSING, /* some were removed */
	PINS_GONE,    /* all of them, with their directory: somebody wants us out */
};

/* Are all pins where they were put? @ret_what: one that is not. */
enum pins_state gates_pins(const struct gates *g, char *ret_what, size_t size);

/* Puts those back that are missing. 0 or -errno. */
int gates_pin_again(struct gates *g);

#endif /* WEIR_SENSE_GATES_H */
