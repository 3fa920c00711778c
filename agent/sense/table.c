// SPDX-License-Identifier: GPL-2.0-only
#include "sense/table.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "sense/boot_clock.h"
#include "sense/module_gate.h"
#include "sense/table_map.h"

/* An outer map has WEIR_GENERATIONS; not all of them the same after a kill. */
#define GENERATIONS_MAX (WEIR_GENERATIONS * KIND_MAX)

struct table {
	uint64_t generation;
	bool was_in_force;
	uint32_t has;
	int map[KIND_MAX];
	struct module_gate *module; /* borrowed; NULL: it is no gate */
};

static void free_maps(struct table *t)
{
	int kind;

	for (kind = 0; kind < KIND_MAX; kind++)
		close_fdp(&t->map[kind]);
	free(t);
}

/*
 * One system call on an outer map. The kernel lets none of them return before
 * every program that may read the map has come to an end, tens of milliseconds
 * later; those who wait at the same time wait for the same end. So all outer maps
 * are called at once, or a policy would take a second to come into force.
 */
struct outer_call {
	pthread_t thread;
	bool is_apart;
	int outer, err;
	uint64_t generation;
	const int *inner; /* NULL: to forget the generation */
};

static void *call_outer(void *arg)
{
	struct outer_call *c = arg;
	int failed = c->inner ?
			     bpf_map_update_elem(c->outer, &c->generation, c->inner, BPF_ANY) :
			     bpf_map_delete_elem(c->outer, &c->generation);

	c->err = failed ? -errno : 0;
	return NULL;
}

static int call_all(const struct gates *g, uint64_t generation, const int *inner)
{
	struct outer_call calls[KIND_MAX];
	int kind, err = 0;

	for (kind = 0; kind < KIND_MAX; kind++) {
		struct outer_call *c = &calls[kind];

		*c = (struct outer_call){ .outer = gates_map(g, table_map_outer(kind)),
					  .generation = generation,
					  .inner = inner ? &inner[kind] : NULL };
		c->is_apart = !pthread_create(&c->thread, NULL, call_outer, c);
		if (!c->is_apart)
			call_outer(c);
	}
	for (kind = 0; kind < KIND_MAX; kind++) {
		if (calls[kind].is_apart)
			pthread_join(calls[kind].thread, NULL);
		if (!err)
			err = calls[kind].err;
	}
	return err;
}

static void forget_generation(const struct gates *g, uint64_t generation)
{
	call_all(g, generation, NULL);
}

/* The outer maps know a generation only when all of its tables are full. */
static int publish(const struct gates *g, const struct table *t)
{
	int err = call_all(g, t->generation, t->map);

	if (err)
		forget_generation(g, t->generation);
	return err;
}

/* The generations in one outer map, in any order; those of @list are known. */
static unsigned int add_generations(int outer, uint64_t *list, unsigned int cnt)
{
	uint64_t key, *last = NULL;
	unsigned int i;

	while (cnt < GENERATIONS_MAX && !bpf_map_get_next_key(outer, last, &key)) {
		last = &key;
		for (i = 0; i < cnt && list[i] != key; i++)
			;
		if (i == cnt)
			list[cnt++] = key;
	}
	return cnt;
}

/*
 * All that are in the kernel. Of one that was being put there, or taken away, by
 * an agent that was killed, some outer maps know and others do not.
 */
static unsigned int all_generations(const struct gates *g, uint64_t list[GENERATIONS_MAX])
{
	unsigned int cnt = 0;
	int kind;

	for (kind = 0; kind < KIND_MAX; kind++)
		cnt = add_generations(gates_map(g, table_map_outer(kind)), list, cnt);
	return cnt;
}

/* The number of the next one, for which there is room then. */
static uint64_t next_generation(struct gates *g)
{
	uint64_t list[GENERATIONS_MAX], victim, last = g->control.generation;
	unsigned int i, cnt = all_generations(g, list);

	for (i = 0; i < cnt; i++)
		if (list[i] > last)
			last = list[i];
	for (i = 0; i < GENERATIONS_MAX && cnt >= WEIR_GENERATIONS; i++) {
		victim = retired_victim(list, cnt, g->control.generation);
		forget_generation(g, victim);
		retired_remove(&g->retired, victim);
		cnt = all_generations(g, list);
	}
	return last + 1;
}

static int begin_in_module(const struct table *t, const struct compiled *c)
{
	uint32_t i, four = 0;

	for (i = 0; i < c->prefix_cnt; i++)
		four += c->prefixes[i].family == AF_INET;
	return module_gate_begin(t->module, t->generation, four, c->prefix_cnt - four);
}

int table_load(struct gates *g, const struct table_plan *plan, struct table **ret)
{
	struct table *t = calloc(1, sizeof(*t));
	int kind, err = 0;

	if (!t)
		return -ENOMEM;
	memset(t->map, -1, sizeof(t->map));
	t->generation = next_generation(g);
	t->module = g->module;
	if (t->module)
		err = begin_in_module(t, plan->compiled);
	for (kind = 0; kind < KIND_MAX && !err; kind++) {
		t->map[kind] = table_map_new(plan, kind, t->module, &t->has);
		err = t->map[kind] < 0 ? t->map[kind] : 0;
	}
	if (!err)
		err = publish(g, t);
	if (err) {
		free_maps(t);
		return err;
	}
	*ret = t;
	return 0;
}

/* Whatever else is there was in force until now, or earlier, or never. */
static void retire_others(struct gates *g)
{
	uint64_t list[GENERATIONS_MAX];
	unsigned int i, cnt = all_generations(g, list);

	for (i = 0; i < cnt; i++)
		if (list[i] != g->control.generation)
			retired_add(&g->retired, list[i], boot_clock_ns());
}

int table_switch(struct gates *g, struct table *t)
{
	const uint32_t keep = WEIR_RECORD_ALL;
	int err;

	g->control.generation = t->generation;
	g->control.flags = (g->control.flags & keep) | t->has;
	/* The gate first: what it does not take is not in force anywhere. */
	err = t->module ? module_gate_commit(t->module, &g->control) : 0;
	if (!err)
		err = gates_control(g);
	if (err)
		return err;
	t->was_in_force = true;
	retire_others(g);
	return 0;
}

void table_tend(struct gates *g)
{
	uint64_t generation;

	while ((generation = retired_due(&g->retired, boot_clock_ns()))) {
		forget_generation(g, generation);
		retired_remove(&g->retired, generation);
	}
}

struct table *table_drop(const struct gates *g, struct table *t)
{
	if (!t)
		return NULL;
	if (!t->was_in_force)
		forget_generation(g, t->generation);
	free_maps(t);
	return NULL;
}

int table_add_file(struct table *t, const struct weir_file *file, const struct weir_key *key)
{
	uint64_t flags = key->flags & WEIR_KEY_ENFORCE ? BPF_ANY : BPF_NOEXIST;
	int err = t->module ? module_gate_put(t->module, WEIR_KIND_FILES, file, sizeof(*file), key,
					      sizeof(*key)) : 0;

	if (err)
		return err;
	if (!bpf_map_update_elem(t->map[KIND_FILES], file, key, flags) || errno == EEXIST)
		return 0;
	return -errno;
}

int table_add_guard(struct table *t, const struct weir_file *file)
{
	uint32_t one = 1;
	int err = t->module ? module_gate_put(t->module, WEIR_KIND_GUARD, file, sizeof(*file), &one,
					      sizeof(one)) : 0;

	if (err)
		return err;
	return bpf_map_update_elem(t->map[KIND_GUARD], file, &one, BPF_ANY) ? -errno : 0;
}

int table_drop_file(struct table *t, const struct weir_file *file)
{
	int err = t->module ? module_gate_put(t->module, WEIR_KIND_FILES, file, sizeof(*file), NULL,
					      0) : 0;

	if (err)
		return err;
	return bpf_map_delete_elem(t->map[KIND_FILES], file) ? -errno : 0;
}

static int count_exemptions(int map, uint64_t *used, uint32_t cnt)
{
	struct weir_scope key, *last = NULL;
	struct weir_exemptions x;

	while (!bpf_map_get_next_key(map, last, &key)) {
		last = &key;
		if (bpf_map_lookup_elem(map, &key, &x))
			continue;
		for (int i = 0; i < WEIR_EXEMPT_MAX; i++)
			if (x.of[i].until_ns && x.of[i].index < cnt)
				used[x.of[i].index] += x.of[i].used;
	}
	return errno == ENOENT ? 0 : -errno;
}

int table_count_exemptions(const struct table *t, uint64_t *used, uint32_t cnt)
{
	return count_exemptions(t->map[KIND_EXEMPTIONS], used, cnt);
}

/* A map of a table that nobody here has made. Returns a descriptor or -errno. */
static int open_left(const struct gates *g, uint64_t generation, enum table_kind kind)
{
	uint32_t id;
	int map;

	if (bpf_map_lookup_elem(gates_map(g, table_map_outer(kind)), &generation, &id))
		return -errno;
	map = bpf_map_get_fd_by_id(id);
	return map < 0 ? -errno : map;
}

int table_count_left(const struct gates *g, uint64_t generation, uint64_t *used, uint32_t cnt)
{
	CLEANUP(close_fdp) int map = open_left(g, generation, KIND_EXEMPTIONS);

	return map < 0 ? map : count_exemptions(map, used, cnt);
}

int table_guard_left(const struct gates *g, uint64_t generation, const struct weir_file *files,
		     size_t cnt)
{
	struct table t = { .generation = generation, .module = g->module };
	CLEANUP(close_fdp) int map = open_left(g, generation, KIND_GUARD);
	int err = 0;

	if (map < 0)
		return map;
	t.map[KIND_GUARD] = map;
	for (size_t i = 0; i < cnt && !err; i++)
		err = table_add_guard(&t, &files[i]);
	return err;
}

uint64_t table_generation(const struct table *t)
{
	return t->generation;
}
