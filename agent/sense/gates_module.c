// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel module as the gate. BPF keeps what it can do without a gate: it
 * sees what was executed, and learns the keys of files. Tables, switches, arm
 * state and holds are in the maps as ever, and in the module too; whoever asks
 * for them finds them where they always were.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sense/gates_private.h"
#include "sense/module_gate.h"
#include "sense/pins.h"

#define FILE_HOOKS (1u << WEIR_HOOK_EXEC | 1u << WEIR_HOOK_LOAD | 1u << WEIR_HOOK_MODULE)

/* Does a gate of BPF's stand, from an agent before us? */
static bool bpf_stands(void)
{
	struct weir_control c;
	int hook;

	if (pins_read_control(&c))
		return false;
	for (hook = 0; hook < WEIR_HOOK_MAX; hook++)
		if (c.gate[hook] == WEIR_VIA_LSM || c.gate[hook] == WEIR_VIA_FMOD_RET ||
		    c.gate[hook] == WEIR_VIA_CGROUP)
			return true;
	return false;
}

int gates_choose_mechanism(struct gates *g)
{
	if (!g->p->opts.pin)
		return 0;
	if (!g->p->opts.by_module) {
		if (!module_gate_stands())
			return 0;
		snprintf(g->refusal, sizeof(g->refusal), "the kernel module's gates stand: run "
			 "with --gate module, or take them away first (weir detach)");
		return -EBUSY;
	}
	if (bpf_stands()) {
		snprintf(g->refusal, sizeof(g->refusal), "gates of BPF's stand, and two of them on "
			 "one function exclude each other: weir detach takes them away");
		return -EBUSY;
	}
	return module_gate_open(&g->module, g->refusal, sizeof(g->refusal));
}

int gates_mirror_holds(struct gates *g)
{
	int err = 0, fd = gates_map(g, "weir_holds");
	uint64_t product, *last = NULL;
	struct weir_hold hold;

	while (!err && !bpf_map_get_next_key(fd, last, &product)) {
		last = &product;
		if (!gates_map_get(fd, &product, &hold))
			err = module_gate_hold(g->module, product, &hold);
	}
	return err;
}

/* What needs no gate; a kernel that has none of it leaves us blind, but not weak. */
static void watch(struct gates *g, enum family family)
{
	if (gates_load_family(g, family, CHOICE_LAST) ||
	    gates_attach_family(g, family, CHOICE_LAST))
		gates_detach(g, family);
	g->p->attached[family] = true;
}

/* The module has all of @hooks; which of them it has not, and why. */
static void take_hooks(struct gates *g, uint32_t hooks)
{
	char why[128] = "";
	uint32_t ours = module_gate_hooks(g->module, why, sizeof(why));
	int hook;

	for (hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		if (!(hooks & 1u << hook))
			continue;
		g->hook[hook].mechanism = ours & 1u << hook ? WEIR_VIA_MODULE : WEIR_VIA_NONE;
		g->hook[hook].hashes = module_gate_hashes(g->module);
		g->control.gate[hook] = g->hook[hook].mechanism;
		if (!(ours & 1u << hook))
			snprintf(g->hook[hook].why_not, sizeof(g->hook[hook].why_not),
				 "the module has no gate there: %.160s", why);
	}
}

int gates_raise_module(struct gates *g)
{
	int err = module_gate_attach(g->module, FILE_HOOKS);

	if (err) {
		snprintf(g->refusal, sizeof(g->refusal), "the kernel module puts up no gate: %s",
			 strerror(-err));
		return err;
	}
	watch(g, FAMILY_EXEC);
	watch(g, FAMILY_LOAD);
	take_hooks(g, FILE_HOOKS);
	err = gates_control(g);
	if (err)
		return err;
	gates_prove_family(g, FAMILY_EXEC);
	gates_prove_family(g, FAMILY_LOAD);
	return 0;
}

/* One gate for all that has an address: raw sockets and SCTP are no other. */
void gates_connect_by_module(struct gates *g)
{
	const uint32_t hooks = 1u << WEIR_HOOK_CONNECT;

	if (module_gate_attach(g->module, hooks))
		return;
	take_hooks(g, hooks);
	g->socket.mechanism = g->hook[WEIR_HOOK_CONNECT].mechanism;
	g->p->attached[FAMILY_CONNECT] = g->p->attached[FAMILY_SOCKET] = true;
	if (gates_control(g))
		return;
	gates_prove_family(g, FAMILY_CONNECT);
	gates_prove_family(g, FAMILY_SOCKET);
}
