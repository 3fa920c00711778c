/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel module as a gate: what the agent has in force in the BPF maps is in
 * force there too. include/weir/genl.h has the grammar.
 */
#ifndef WEIR_SENSE_MODULE_GATE_H
#define WEIR_SENSE_MODULE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/genl.h>

struct module_gate;

/*
 * Says hello as the agent: as long as *ret is open, this process is it. -ENOENT:
 * the module is not loaded; -EPROTO: it is of another build. @why says so.
 */
int module_gate_open(struct module_gate **ret, char *why, size_t size);
struct module_gate *module_gate_close(struct module_gate *m); /* returns NULL; takes NULL */

/* Hooks (bit per enum weir_hook) of which every function is wanted from now on. */
int module_gate_attach(struct module_gate *m, uint32_t hooks);

/* Of these all functions are ours; @why says of one of the others why not. */
uint32_t module_gate_hooks(struct module_gate *m, char *why, size_t size);

/* Does it read content? */
bool module_gate_hashes(const struct module_gate *m);

/* Who the canary is, and that its children are ours. 0 or -errno. */
int module_gate_canary(struct module_gate *m, const struct weir_canary *canary);

/* How often each hook has stopped it. */
int module_gate_canaries(struct module_gate *m, uint64_t ret[WEIR_HOOK_MAX]);

/* The switches, if @c is of the table that is in force there; else nothing. */
int module_gate_control(struct module_gate *m, const struct weir_control *c);

/* A table aside, and then in force. Entries are key and value, back to back. */
int module_gate_begin(struct module_gate *m, uint64_t generation, uint32_t prefix4_cnt,
		      uint32_t prefix6_cnt);
int module_gate_add(struct module_gate *m, uint32_t kind, const void *entries, size_t len);
int module_gate_commit(struct module_gate *m, const struct weir_control *c);

/* One entry of what is in force; without a value it goes. */
int module_gate_put(struct module_gate *m, uint32_t kind, const void *key, size_t key_len,
		    const void *value, size_t value_len);

/* Arm state and holds, as they are in the maps. */
int module_gate_arm(struct module_gate *m, const struct weir_arm *arm);
int module_gate_hold(struct module_gate *m, uint64_t product, const struct weir_hold *hold);

/*
 * The same from a command, with no agent needed: -ENOENT is no error there, since
 * then there is nobody to be told.
 */
int module_gate_tell_arm(const struct weir_arm *arm);
int module_gate_tell_hold(uint64_t product, const struct weir_hold *hold);

/* Does the module stand before any function? False also when it is not loaded. */
bool module_gate_stands(void);

/* Disarmed, and its gates taken away. 0, also when it is not loaded; or -errno. */
int module_gate_leave(void);

/* The number of the next record of the black box. */
int module_gate_next(struct module_gate *m, uint64_t *ret_seq);

/* Records from number @seq on, in order. */
typedef void (*module_gate_fn)(void *ctx, const struct weir_box_record *record);
int module_gate_read(struct module_gate *m, uint64_t seq, module_gate_fn fn, void *ctx);

#endif /* WEIR_SENSE_MODULE_GATE_H */
