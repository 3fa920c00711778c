// SPDX-License-Identifier: GPL-2.0-only
/*
 * From one build's set of programs to another's, and what of it is pinned.
 *
 * The old set acts until the new one has stood beside it, refused its canary, has
 * a table and is pinned: then one store (struct weir_active) says who acts. An
 * agent may be killed between any two lines here. Before the store what it
 * leaves is a set that does not act, which the next one clears away; behind it,
 * an old set that does not act.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sense/boot_clock.h"
#include "sense/gates_private.h"
#include "sense/objects.h"
#include "sense/pins.h"

/* No hook takes that long from its first program to its last. */
#define SETTLE_NS 1000000000ULL

/* A host whose bpffs is not mounted would otherwise be silently unprotected. */
static int ensure_bpffs(void)
{
	struct statfs fs;

	if (!statfs("/sys/fs/bpf", &fs) && fs.f_type == BPF_FS_MAGIC)
		return 0;
	return mount("bpf", "/sys/fs/bpf", "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") ?
		       -errno :
		       0;
}

static int ensure_dir(const char *path)
{
	return mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
}

static int ensure_dirs(const struct gates *g)
{
	char path[PINS_DIR_MAX];
	int err = ensure_dir(WEIR_PIN_DIR);

	pins_tables_dir(object_abi(), path);
	if (!err)
		err = ensure_dir(path);
	pins_build_dir(g->build, path);
	return err ? err : ensure_dir(path);
}

/*
 * We are the set that goes, again: as such we could not be told apart from what
 * is left of it. On the pin: the maps are not loaded yet.
 */
static int forget_retiring(struct gates *g)
{
	CLEANUP(close_fdp) int fd = pins_open_map("weir_active");
	uint32_t zero = 0;

	if (fd < 0)
		return fd;
	g->active.retiring = 0;
	return gates_map_put(fd, &zero, &g->active);
}

int gates_prepare_pins(struct gates *g)
{
	int err;

	if (!g->p->opts.pin)
		return 0;
	err = ensure_bpffs();
	if (!err)
		err = pins_read_active(&g->active);
	if (!err && g->active.retiring == g->build)
		err = forget_retiring(g);
	/* Else an agent was killed in its first second, and this one begins anew. */
	g->p->switched_ns = boot_clock_ns();
	if (err && err != -ENOENT)
		return err;
	if (g->active.build != g->build)
		gates_set_leftovers_aside(g);
	return ensure_dirs(g);
}

int gates_inherit(struct gates *g)
{
	struct weir_control *c = &g->control;
	uint64_t from = g->active.build;
	bool whole;
	int err = 0;

	if (g->p->opts.pin && from)
		err = pins_read_build(from, c, &whole);
	/* Its pin was removed: the tables are there, and it is counted anew. */
	if (err == -ENOENT)
		err = 0;
	if (err)
		return err;
	g->p->before = *c;
	g->succeeds = from && from != g->build;
	c->agent = getpid();
	c->trial = from != g->build;
	if (!c->trial)
		return 0;
	memset(c->gate, 0, sizeof(c->gate));
	c->links = 0;
	/*
	 * One canary, one set that knows it: or the old one would prove the new. If its
	 * control was removed it knows an agent that is gone, whose children nobody is.
	 */
	err = g->succeeds ? pins_silence(from) : 0;
	return err == -ENOENT ? 0 : err;
}

int gates_pin_links(struct gates *g)
{
	char dir[PINS_DIR_MAX], path[192];
	uint32_t cnt = 0;
	unsigned int i;
	int err;

	if (!g->p->opts.pin)
		return 0;
	pins_build_dir(g->build, dir);
	for (i = 0; i < program_cnt; i++) {
		if (!g->p->link[i])
			continue;
		cnt++;
		if (bpf_link__pin_path(g->p->link[i]))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, programs[i].name);
		err = bpf_link__pin(g->p->link[i], path);
		if (err)
			return err;
	}
	g->control.links = cnt;
	return 0;
}

static bool can_refuse(uint8_t via)
{
	return via == WEIR_VIA_LSM || via == WEIR_VIA_FMOD_RET || via == WEIR_VIA_CGROUP;
}

bool gate_is_weaker(enum weir_hook hook, uint8_t before, const struct gate_state *now)
{
	if (!can_refuse(before) || !now->needed)
		return false;
	/* Whether that one could is not known: some hosts load no module to prove it with. */
	if (hook == WEIR_HOOK_MODULE)
		return !can_refuse(now->mechanism);
	return now->strength != WEIR_CAN_DENY;
}

/* Programs for what cgroups do not see have no place in struct weir_control. */
static bool had_sockets(const struct gates *g)
{
	char dir[PINS_DIR_MAX], path[192];
	unsigned int i;

	pins_build_dir(g->active.build, dir);
	for (i = 0; i < program_cnt; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, programs[i].name);
		if (programs[i].family == FAMILY_SOCKET && !access(path, F_OK))
			return true;
	}
	return false;
}

/* Does the set in force refuse anything that ours does not? */
static bool is_weaker(const struct gates *g)
{
	int hook;

	for (hook = 0; hook < WEIR_HOOK_MAX; hook++)
		if (gate_is_weaker(hook, g->p->before.gate[hook], &g->hook[hook]))
			return true;
	return g->socket.needed && !g->p->attached[FAMILY_SOCKET] && had_sockets(g);
}

static int write_active(struct gates *g, const struct weir_active *next)
{
	uint32_t zero = 0;
	int err = gates_map_put(gates_map(g, "weir_active"), &zero, next);

	if (!err)
		g->active = *next;
	return err;
}

int gates_take_over(struct gates *g)
{
	struct weir_active next = g->active;
	int err;

	if (!g->p->opts.pin || g->active.build == g->build)
		return 0;
	if (g->succeeds && is_weaker(g))
		return -ENOTSUP;
	err = gates_pin_links(g);
	if (!err)
		err = gates_control(g);
	next.build = g->build;
	next.retiring = g->active.build;
	next.abi = object_abi();
	if (!next.since_ns)
		next.since_ns = boot_clock_ns();
	if (!err)
		err = write_active(g, &next);
	if (err)
		return err;
	/* At once: until it is kept, the sum is less than what has been told. */
	if (next.retiring)
		gates_keep_count(g, next.retiring);
	g->p->switched_ns = boot_clock_ns();
	g->p->settled = false;
	g->control.trial = 0;
	return gates_control(g);
}

void gates_settle(struct gates *g)
{
	struct weir_active next = g->active;

	if (g->p->settled || boot_clock_ns() - g->p->switched_ns < SETTLE_NS)
		return;
	g->p->settled = true;
	gates_drop_aside(g);
	if (!g->p->opts.pin)
		return;
	if (next.retiring) {
		next.retiring = 0;
		write_active(g, &next);
	}
	pins_drop_other_builds(g->build);
	pins_drop_other_tables(object_abi());
}
