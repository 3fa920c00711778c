// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choosing, attaching and pinning: each family from its strongest mechanism
 * down, until one holds its canary.
 */
#include "sense/gates.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "event/event.h"
#include "sense/cgroup.h"
#include "sense/gates_private.h"
#include "sense/module_gate.h"
#include "sense/objects.h"
#include "sense/pins.h"
#include "sense/proof.h"

/* Where the number of perf's tracepoint is read; not mounted on some small systems. */
static void ensure_tracefs(void)
{
	if (access("/sys/kernel/tracing/events", F_OK) &&
	    access("/sys/kernel/debug/tracing/events", F_OK))
		mount("tracefs", "/sys/kernel/tracing", "tracefs",
		      MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

int gates_map(const struct gates *g, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(g->p->first, name);

	return map ? bpf_map__fd(map) : -1;
}

int gates_map_get(int fd, const void *key, void *value)
{
	return bpf_map_lookup_elem(fd, key, value) ? -errno : 0;
}

int gates_map_put(int fd, const void *key, const void *value)
{
	return bpf_map_update_elem(fd, key, value, BPF_ANY) ? -errno : 0;
}

static struct bpf_link *attach_one(struct gates *g, const struct program *prog)
{
	struct bpf_object *own = g->p->object[prog->family];
	struct bpf_program *p =
		bpf_object__find_program_by_name(own ? own : g->p->first, prog->name);

	if (!p || !bpf_program__autoload(p) || !program_attaches(prog, &g->kernel))
		return NULL;
	if (prog->family != FAMILY_CONNECT)
		return bpf_program__attach(p);
	if (g->p->cgroup < 0)
		return NULL;
	return bpf_program__attach_cgroup(p, g->p->cgroup);
}

int gates_attach_family(struct gates *g, enum family family, enum choice choice)
{
	uint64_t set = gates_programs(g, family, choice);
	unsigned int i, cnt = 0;

	for (i = 0; i < program_cnt; i++) {
		if (!(set >> i & 1))
			continue;
		g->p->link[i] = attach_one(g, &programs[i]);
		cnt += g->p->link[i] != NULL;
	}
	return cnt ? 0 : -ENOTSUP;
}

void gates_detach(struct gates *g, enum family family)
{
	unsigned int i;

	for (i = 0; i < program_cnt; i++) {
		if (programs[i].family != family || !g->p->link[i])
			continue;
		if (bpf_link__pin_path(g->p->link[i]))
			bpf_link__unpin(g->p->link[i]);
		bpf_link__destroy(g->p->link[i]);
		g->p->link[i] = NULL;
	}
	bpf_object__close(g->p->object[family]);
	g->p->object[family] = NULL;
	g->p->attached[family] = false;
}

int gates_control(struct gates *g)
{
	uint32_t zero = 0;

	if (bpf_map_update_elem(gates_map(g, "weir_control"), &zero, &g->control, BPF_ANY))
		return -errno;
	return g->module ? module_gate_control(g->module, &g->control) : 0;
}

int gates_write_arm(struct gates *g, const struct weir_arm *arm)
{
	uint32_t zero = 0;
	int err = gates_map_put(gates_map(g, "weir_arm"), &zero, arm);
	int also = g->module ? module_gate_arm(g->module, arm) : 0;

	return err ? err : also;
}

int gates_write_hold(struct gates *g, uint64_t product, const struct weir_hold *hold)
{
	int err = gates_map_put(gates_map(g, "weir_holds"), &product, hold);
	int also = g->module ? module_gate_hold(g->module, product, hold) : 0;

	return err ? err : also;
}

int gates_set_mechanism(struct gates *g, enum family family, enum weir_mechanism via)
{
	int hook;

	if (family == FAMILY_SOCKET) {
		g->socket.mechanism = via;
		return 0;
	}
	for (hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		if (hook_family(hook) != family)
			continue;
		g->hook[hook].mechanism = via;
		g->control.gate[hook] = via;
	}
	return gates_control(g);
}

static void set_hashes(struct gates *g, enum family family, bool hashes)
{
	int hook;

	for (hook = 0; hook < WEIR_HOOK_MAX; hook++)
		if (hook_family(hook) == family)
			g->hook[hook].hashes = hashes;
}

/* Why a stronger mechanism was not to be had; the first reason is the best. */
static void advise(struct gates *g, enum family family, const char *why)
{
	int hook;

	if (family == FAMILY_SOCKET && !g->socket.why_not[0])
		snprintf(g->socket.why_not, sizeof(g->socket.why_not), "%s", why);
	for (hook = 0; family != FAMILY_SOCKET && hook < WEIR_HOOK_MAX; hook++)
		if (hook_family(hook) == family && !g->hook[hook].why_not[0])
			snprintf(g->hook[hook].why_not, sizeof(g->hook[hook].why_not), "%s", why);
}

/* One choice: loaded, attached, proved. What falls short is taken down again. */
static int try_choice(struct gates *g, enum family family, enum choice choice)
{
	int err = gates_load_family(g, family, choice);

	if (err)
		return err;
	err = gates_attach_family(g, family, choice);
	if (!err)
		err = gates_set_mechanism(g, family, choice_mechanism(choice, family));
	if (!err && !gates_prove_family(g, family) && choice != CHOICE_LAST)
		err = -ENOTRECOVERABLE;
	if (err) {
		gates_detach(g, family);
		return err;
	}
	g->p->attached[family] = true;
	set_hashes(g, family, choice == CHOICE_LSM_SLEEPABLE);
	return 0;
}

static void advise_failure(struct gates *g, enum family family, enum choice choice, int err)
{
	const char *via = mechanism_name(choice_mechanism(choice, family));
	char why[160];

	if (err == -ENOTRECOVERABLE)
		snprintf(why, sizeof(why), "%s attached but did not stop its canary", via);
	else
		snprintf(why, sizeof(why), "%s could not be loaded: %s", via, strerror(-err));
	advise(g, family, why);
}

static int raise_family(struct gates *g, enum family family)
{
	char why[160];
	int choice, err = -ENOTSUP;

	for (choice = 0; choice < CHOICE_MAX && err; choice++) {
		if (!choice_offered(family, choice))
			continue;
		if (!choice_possible(choice, &g->kernel, why, sizeof(why))) {
			advise(g, family, why);
			continue;
		}
		err = try_choice(g, family, choice);
		if (err)
			advise_failure(g, family, choice, err);
	}
	return err;
}

static int write_canary(struct gates *g, const struct weir_file *file)
{
	struct weir_canary c = { .file = *file, .addr4 = PROOF_ADDR4, .port = PROOF_PORT };
	uint32_t zero = 0;

	if (bpf_map_update_elem(gates_map(g, "weir_canary"), &zero, &c, BPF_ANY))
		return -errno;
	return g->module ? module_gate_canary(g->module, &c) : 0;
}

static int learn_canary(struct gates *g, struct weir_file *file)
{
	CLEANUP(close_fdp) int fd = open(g->p->opts.canary, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return learner_keys(g->p->learner, &fd, file, 1);
}

static int open_rings(struct gates *g)
{
	int err = ring_open(&g->ring[WEIR_RING_DENIALS], gates_map(g, "weir_denials"));

	if (err)
		return err;
	return ring_open(&g->ring[WEIR_RING_RECORDS], gates_map(g, "weir_records"));
}

static bool has_aside(const struct gates *g, enum family family)
{
	unsigned int i;

	for (i = 0; i < program_cnt; i++)
		if (programs[i].family == family && g->p->aside[i])
			return true;
	return false;
}

/* Of this build, but not all there: others are to stand in their place. */
static int replace_aside(struct gates *g)
{
	int family, err;

	for (family = 0; family < FAMILY_LEARN; family++)
		gates_take_back(g, family);
	err = gates_pin_links(g);
	if (!err)
		err = gates_control(g);
	if (!err)
		gates_drop_aside(g);
	return err;
}

/* The new set stands beside the old, and is in force with gates_take_over(). */
static int raise_all(struct gates *g)
{
	bool had_connect = g->p->before.gate[WEIR_HOOK_CONNECT] != WEIR_VIA_NONE;
	int err;

	if (g->kernel.preempts)
		ensure_tracefs();
	err = g->module ? gates_raise_module(g) : raise_family(g, FAMILY_EXEC);
	if (err && (g->module || !gates_take_back(g, FAMILY_EXEC)))
		return err;
	if (!g->module)
		raise_family(g, FAMILY_LOAD);
	if (g->p->opts.connect || had_connect)
		gates_want(g, true, g->p->opts.connect || has_aside(g, FAMILY_SOCKET));
	return g->active.build == g->build ? replace_aside(g) : 0;
}

/* Without the iterator keys come from fstat, which knows no generation: right where it is 0. */
static void open_learner(struct gates *g)
{
	struct bpf_object *own;

	if (gates_load_family(g, FAMILY_LEARN, CHOICE_LAST))
		return;
	own = g->p->object[FAMILY_LEARN];
	if (learner_open(own ? own : g->p->first, &g->p->learner))
		g->p->learner = NULL;
}

/* For gates that were taken over: why no stronger mechanism was chosen then. */
static void advise_all(struct gates *g)
{
	char why[160];
	int family, choice;

	for (family = 0; family < FAMILY_LEARN; family++)
		for (choice = 0; choice < CHOICE_MAX; choice++)
			if (choice_offered(family, choice) &&
			    !choice_possible(choice, &g->kernel, why, sizeof(why)))
				advise(g, family, why);
}

static int open_all(struct gates *g)
{
	struct weir_file canary;
	int err;

	err = gates_load_first(g, g->p->opts.pin && g->active.build == g->build);
	if (err)
		return err;
	open_learner(g);
	err = gates_inherit(g);
	if (!err)
		err = learn_canary(g, &canary);
	if (!err)
		err = write_canary(g, &canary);
	if (!err && g->module)
		err = gates_mirror_holds(g);
	if (!err)
		err = open_rings(g);
	if (err)
		return err;
	if (gates_adopt(g)) {
		g->adopted = true;
		if (!g->module)
			advise_all(g);
		return 0;
	}
	return raise_all(g);
}

/* libbpf explains each refused program at length; WEIR_DEBUG shows it. */
__attribute__((format(printf, 2, 0))) static int libbpf_says(enum libbpf_print_level level,
							       const char *fmt, va_list ap)
{
	(void)level;
	return getenv("WEIR_DEBUG") ? vfprintf(stderr, fmt, ap) : 0;
}

int gates_open(const struct gates_options *opts, struct gates **ret)
{
	struct gates *g = calloc(1, sizeof(*g));
	int err;

	if (!g)
		return -ENOMEM;
	g->p = calloc(1, sizeof(*g->p));
	if (!g->p) {
		free(g);
		return -ENOMEM;
	}
	libbpf_set_print(libbpf_says);
	g->p->opts = *opts;
	memset(g->p->prog_fd, -1, sizeof(g->p->prog_fd));
	g->hook[WEIR_HOOK_EXEC].needed = true;
	g->hook[WEIR_HOOK_LOAD].needed = true;
	g->hook[WEIR_HOOK_MODULE].needed = true;
	kernel_probe(&g->kernel);
	g->build = object_build(!g->kernel.has_loop);
	g->p->cgroup = cgroup_root_open("/run/weir/cgroup");
	err = gates_prepare_pins(g);
	if (!err)
		err = gates_choose_mechanism(g);
	if (!err)
		err = open_all(g);
	if (!err)
		gates_open_programs(g);
	if (err) {
		if (g->refusal[0])
			fprintf(stderr, "weir: %s\n", g->refusal);
		err = g->refusal[0] ? -ENODEV : err;
		gates_close(g);
		return err;
	}
	*ret = g;
	return 0;
}

struct gates *gates_close(struct gates *g)
{
	int family;
	unsigned int i;

	if (!g)
		return NULL;
	ring_close(&g->ring[WEIR_RING_DENIALS]);
	ring_close(&g->ring[WEIR_RING_RECORDS]);
	gates_close_aside(g);
	/* A pinned link lives on without this reference to it. */
	for (i = 0; i < program_cnt; i++) {
		bpf_link__destroy(g->p->link[i]);
		close_fdp(&g->p->prog_fd[i]);
	}
	for (family = 0; family < FAMILY_MAX; family++)
		bpf_object__close(g->p->object[family]);
	bpf_object__close(g->p->first);
	learner_close(g->p->learner);
	close_fdp(&g->p->cgroup);
	module_gate_close(g->module);
	/* It never came into force: nothing of it stays. */
	if (g->p->opts.pin && g->active.build != g->build)
		pins_drop_build(g->build);
	free(g->p);
	free(g);
	return NULL;
}

void gates_want(struct gates *g, bool connect, bool sockets)
{
	g->hook[WEIR_HOOK_CONNECT].needed = connect;
	g->socket.needed = sockets;
	if (connect && !g->p->attached[FAMILY_CONNECT]) {
		if (g->module)
			gates_connect_by_module(g);
		else
			raise_family(g, FAMILY_CONNECT);
	}
	/* The module's gate for addresses has them with it. */
	if (sockets && !g->p->attached[FAMILY_SOCKET] && !g->module)
		raise_family(g, FAMILY_SOCKET);
	if (g->active.build == g->build && !gates_pin_links(g))
		gates_control(g);
	gates_open_programs(g);
}

int gates_keys(struct gates *g, const int *fds, struct weir_file *keys, unsigned int cnt)
{
	return learner_keys(g->p->learner, fds, keys, cnt);
}
