// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking over: gates of this very build that an earlier agent left pinned.
 * Nothing is detached in between, so there is no moment without a gate.
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <unistd.h>

#include "sense/gates_private.h"
#include "sense/module_gate.h"
#include "sense/pins.h"

/* All that were pinned; fewer, and somebody has removed some. */
static bool open_links(struct gates *g)
{
	char dir[PINS_DIR_MAX], path[192];
	unsigned int i;
	uint32_t cnt = 0;

	pins_build_dir(g->build, dir);
	for (i = 0; i < program_cnt; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, programs[i].name);
		if (access(path, F_OK))
			continue;
		g->p->link[i] = bpf_link__open(path);
		if (!g->p->link[i])
			return false;
		g->p->attached[programs[i].family] = true;
		cnt++;
	}
	return cnt && cnt >= g->control.links;
}

static enum weir_mechanism socket_mechanism(const struct gates *g)
{
	unsigned int i;

	for (i = 0; i < program_cnt; i++)
		if (programs[i].family == FAMILY_SOCKET && g->p->link[i])
			return programs[i].choices & 1u << CHOICE_FMOD_RET ? WEIR_VIA_FMOD_RET :
									     WEIR_VIA_LSM;
	return WEIR_VIA_NONE;
}

static void take_mechanisms(struct gates *g)
{
	unsigned int i;
	int hook;

	for (hook = 0; hook < WEIR_HOOK_MAX; hook++)
		g->hook[hook].mechanism = g->control.gate[hook];
	g->socket.mechanism = g->module ? g->hook[WEIR_HOOK_CONNECT].mechanism :
					  socket_mechanism(g);
	for (i = 0; i < program_cnt; i++)
		if (g->p->link[i] && programs[i].choices == 1u << CHOICE_LSM_SLEEPABLE)
			for (hook = 0; hook < WEIR_HOOK_MAX; hook++)
				if (hook_family(hook) == programs[i].family)
					g->hook[hook].hashes = true;
}

/* They stand as long as the module is loaded; asked for again, they still do. */
static bool module_stands(struct gates *g)
{
	bool has_connect = g->hook[WEIR_HOOK_CONNECT].mechanism == WEIR_VIA_MODULE;
	uint32_t hooks = 0;
	int hook;

	for (hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		hooks |= (g->hook[hook].mechanism == WEIR_VIA_MODULE) << hook;
		g->hook[hook].hashes = module_gate_hashes(g->module);
	}
	g->p->attached[FAMILY_EXEC] = g->p->attached[FAMILY_LOAD] = true;
	g->p->attached[FAMILY_CONNECT] = g->p->attached[FAMILY_SOCKET] = has_connect;
	return g->hook[WEIR_HOOK_EXEC].mechanism == WEIR_VIA_MODULE &&
	       !module_gate_attach(g->module, hooks);
}

static bool all_hold(struct gates *g)
{
	if (g->module && !module_stands(g))
		return false;
	/* An agent before us had the module for its gate: what it pinned only watches. */
	if (!g->module && g->hook[WEIR_HOOK_EXEC].mechanism == WEIR_VIA_MODULE)
		return false;
	if (!g->p->attached[FAMILY_EXEC] || !gates_prove_family(g, FAMILY_EXEC))
		return false;
	if (g->p->attached[FAMILY_LOAD])
		gates_prove_family(g, FAMILY_LOAD);
	if (g->p->attached[FAMILY_CONNECT] && !gates_prove_family(g, FAMILY_CONNECT))
		return false;
	return !g->p->attached[FAMILY_SOCKET] || gates_prove_family(g, FAMILY_SOCKET);
}

/* Where a link's pin is, and where it is while another may take its place. */
static void pin_paths(const struct gates *g, unsigned int program, char at[192], char aside[192])
{
	char dir[PINS_DIR_MAX];

	pins_build_dir(g->build, dir);
	snprintf(at, 192, "%s/%s", dir, programs[program].name);
	snprintf(aside, 192, "%s/aside_%s", dir, programs[program].name);
}

/*
 * What cannot be taken over goes on acting until its successor does. Its pins make
 * room for the new ones and are not removed: we may be killed meanwhile.
 */
static void set_aside(struct gates *g)
{
	char at[192], aside[192];
	unsigned int i;

	for (i = 0; i < program_cnt; i++) {
		if (!g->p->link[i])
			continue;
		pin_paths(g, i, at, aside);
		if (rename(at, aside))
			bpf_link__unpin(g->p->link[i]);
		g->p->aside[i] = g->p->link[i];
		g->p->link[i] = NULL;
	}
	for (i = 0; i < FAMILY_MAX; i++)
		g->p->attached[i] = false;
}

void gates_close_aside(struct gates *g)
{
	unsigned int i;

	for (i = 0; i < program_cnt; i++) {
		bpf_link__destroy(g->p->aside[i]);
		g->p->aside[i] = NULL;
	}
}

void gates_drop_aside(struct gates *g)
{
	char at[192], aside[192];
	unsigned int i;

	/* Those, too, that an agent which was killed had set aside. */
	for (i = 0; i < program_cnt; i++) {
		pin_paths(g, i, at, aside);
		unlink(aside);
	}
	gates_close_aside(g);
}

static bool is_stronger_aside(const struct gates *g, enum family family)
{
	int hook;

	if (family == FAMILY_SOCKET)
		return !g->p->attached[family];
	for (hook = 0; hook < WEIR_HOOK_MAX; hook++)
		if (hook_family(hook) == family &&
		    gate_is_weaker(hook, g->p->before.gate[hook], &g->hook[hook]))
			return true;
	return false;
}

static void take_links_back(struct gates *g, enum family family)
{
	char at[192], aside[192];
	unsigned int i;

	gates_detach(g, family);
	for (i = 0; i < program_cnt; i++) {
		if (programs[i].family != family || !g->p->aside[i])
			continue;
		pin_paths(g, i, at, aside);
		rename(aside, at);
		g->p->link[i] = g->p->aside[i];
		g->p->aside[i] = NULL;
		g->p->attached[family] = true;
	}
}

bool gates_take_back(struct gates *g, enum family family)
{
	unsigned int i;
	int hook;

	for (i = 0; i < program_cnt; i++)
		if (programs[i].family == family && g->p->aside[i])
			break;
	if (i == program_cnt || !is_stronger_aside(g, family))
		return false;
	take_links_back(g, family);
	for (hook = 0; hook < WEIR_HOOK_MAX; hook++)
		if (hook_family(hook) == family)
			g->control.gate[hook] = g->p->before.gate[hook];
	take_mechanisms(g);
	if (!gates_control(g))
		gates_prove_family(g, family);
	return true;
}

void gates_set_leftovers_aside(struct gates *g)
{
	open_links(g);
	set_aside(g);
	pins_drop_build(g->build);
}

bool gates_adopt(struct gates *g)
{
	if (!g->p->opts.pin || g->active.build != g->build)
		return false;
	if (open_links(g)) {
		take_mechanisms(g);
		if (!gates_control(g) && all_hold(g))
			return true;
	}
	set_aside(g);
	return false;
}
