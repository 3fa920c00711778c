// SPDX-License-Identifier: GPL-2.0-only
#include "sense/table.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/cleanup.h"

/* Room for files that are identified while the table is in force. */
#define SPARE_FILES 4096

/* An outer map has WEIR_GENERATIONS; not all of them the same after a kill. */
#define GENERATIONS_MAX (WEIR_GENERATIONS * KIND_MAX)

/* Entries a system call takes at once; older kernels take them one by one. */
#define BATCH 4096

enum kind {
	KIND_RULES,
	KIND_GUARD,
	KIND_FILES,
	KIND_DIRS,
	KIND_MODULES,
	KIND_SIZES,
	KIND_HASHES,
	KIND_BUILD_IDS,
	KIND_PREFIX4,
	KIND_PREFIX6,
	KIND_EXEMPTIONS,
	KIND_INSTALLED,
	KIND_CONTENTS,
	KIND_MAX,
};

static const struct {
	const char *outer;
	enum bpf_map_type type;
	uint32_t key_size, value_size, flags;
	uint32_t has; /* WEIR_HAS_* when it is not empty */
} kinds[] = {
	[KIND_RULES] = { "weir_rules", BPF_MAP_TYPE_HASH, 4, sizeof(struct weir_rule), 0, 0 },
	[KIND_GUARD] = { "weir_guard", BPF_MAP_TYPE_HASH, sizeof(struct weir_file), 4, 0, 0 },
	[KIND_FILES] = { "weir_files", BPF_MAP_TYPE_HASH, sizeof(struct weir_file),
			 sizeof(struct weir_key), 0, WEIR_HAS_FILES },
	[KIND_DIRS] = { "weir_dirs", BPF_MAP_TYPE_HASH, sizeof(struct weir_file),
			sizeof(struct weir_key), 0, WEIR_HAS_DIRS },
	[KIND_MODULES] = { "weir_modules", BPF_MAP_TYPE_HASH, sizeof(struct weir_module_name),
			   sizeof(struct weir_key), 0, WEIR_HAS_MODULES },
	[KIND_SIZES] = { "weir_sizes", BPF_MAP_TYPE_HASH, 8, sizeof(struct weir_key), 0,
			 WEIR_HAS_HASHES },
	[KIND_HASHES] = { "weir_hashes", BPF_MAP_TYPE_HASH, WEIR_SHA256_LEN,
			  sizeof(struct weir_key), 0, WEIR_HAS_HASHES },
	[KIND_BUILD_IDS] = { "weir_build_ids", BPF_MAP_TYPE_HASH, sizeof(struct weir_build_id),
			     sizeof(struct weir_key), 0, WEIR_HAS_BUILD_IDS },
	[KIND_PREFIX4] = { "weir_prefix4", BPF_MAP_TYPE_LPM_TRIE, sizeof(struct weir_prefix4),
			   sizeof(struct weir_ports), BPF_F_NO_PREALLOC, WEIR_HAS_PREFIX4 },
	[KIND_PREFIX6] = { "weir_prefix6", BPF_MAP_TYPE_LPM_TRIE, sizeof(struct weir_prefix6),
			   sizeof(struct weir_ports), BPF_F_NO_PREALLOC, WEIR_HAS_PREFIX6 },
	[KIND_EXEMPTIONS] = { "weir_exemptions", BPF_MAP_TYPE_HASH, sizeof(struct weir_scope),
			      sizeof(struct weir_exemptions), 0, WEIR_HAS_EXEMPTIONS },
	[KIND_INSTALLED] = { "weir_installed", BPF_MAP_TYPE_HASH, sizeof(struct weir_installed),
			     4, 0, WEIR_HAS_INSTALLED },
	[KIND_CONTENTS] = { "weir_contents", BPF_MAP_TYPE_HASH, sizeof(struct weir_sha256), 4, 0,
			    WEIR_HAS_INSTALLED },
};
_Static_assert(ARRAY_SIZE(kinds) == KIND_MAX, "every kind has a row");

struct table {
	uint64_t generation;
	bool was_in_force;
	uint32_t has;
	int map[KIND_MAX];
};

/* Keys and values of one map on their way into the kernel. */
struct filling {
	int map;
	uint32_t key_size, value_size, cnt;
	bool singly; /* this kernel has no batches for the type */
	char *keys, *values;
};

static void filling_free(struct filling *f)
{
	free(f->keys);
	free(f->values);
}

static int filling_start(struct filling *f, int map, enum kind kind)
{
	*f = (struct filling){ .map = map,
			       .key_size = kinds[kind].key_size,
			       .value_size = kinds[kind].value_size };
	f->keys = malloc((size_t)BATCH * f->key_size);
	f->values = malloc((size_t)BATCH * f->value_size);
	return f->keys && f->values ? 0 : -ENOMEM;
}

static int put_singly(struct filling *f)
{
	uint32_t i;

	for (i = 0; i < f->cnt; i++)
		if (bpf_map_update_elem(f->map, f->keys + (size_t)i * f->key_size,
					f->values + (size_t)i * f->value_size, BPF_ANY))
			return -errno;
	return 0;
}

static int filling_flush(struct filling *f)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t cnt = f->cnt;
	int err = 0;

	if (cnt && !f->singly && bpf_map_update_batch(f->map, f->keys, f->values, &cnt, &opts))
		f->singly = true;
	if (f->singly)
		err = put_singly(f);
	f->cnt = 0;
	return err;
}

static int put(struct filling *f, const void *key, const void *value)
{
	memcpy(f->keys + (size_t)f->cnt * f->key_size, key, f->key_size);
	memcpy(f->values + (size_t)f->cnt * f->value_size, value, f->value_size);
	return ++f->cnt == BATCH ? filling_flush(f) : 0;
}

static int put_rules(struct filling *f, const struct table_plan *p)
{
	uint32_t i;
	int err = 0;

	for (i = 1; i < p->compiled->rule_cnt && !err; i++)
		err = put(f, &i, &p->compiled->rules[i]);
	return err;
}

static int put_guard(struct filling *f, const struct table_plan *p)
{
	uint32_t one = 1;
	size_t i;
	int err = 0;

	for (i = 0; i < p->guard_cnt && !err; i++)
		err = put(f, &p->guard[i], &one);
	return err;
}

static int put_files(struct filling *f, const struct file_entry *e, size_t cnt)
{
	size_t i;
	int err = 0;

	for (i = 0; i < cnt && !err; i++)
		err = put(f, &e[i].file, &e[i].key);
	return err;
}

static int put_modules(struct filling *f, const struct table_plan *p)
{
	size_t i;
	int err = 0;

	for (i = 0; i < p->module_cnt && !err; i++)
		err = put(f, &p->modules[i].name, &p->modules[i].key);
	return err;
}

static int put_sizes(struct filling *f, const struct table_plan *p)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < p->compiled->hash_cnt && !err; i++)
		err = put(f, &p->compiled->hashes[i].size, &p->compiled->hashes[i].key);
	return err;
}

static int put_hashes(struct filling *f, const struct table_plan *p)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < p->compiled->hash_cnt && !err; i++)
		err = put(f, p->compiled->hashes[i].sha256, &p->compiled->hashes[i].key);
	return err;
}

static int put_build_ids(struct filling *f, const struct table_plan *p)
{
	uint32_t i;
	int err = 0;

	for (i = 0; i < p->compiled->build_id_cnt && !err; i++)
		err = put(f, &p->compiled->build_ids[i].id, &p->compiled->build_ids[i].key);
	return err;
}

static int put_prefixes(struct filling *f, const struct table_plan *p, int family)
{
	const struct prefix_key *k;
	struct weir_prefix6 key;
	uint32_t i;
	int err = 0;

	/* Both key types begin alike; the shorter one is the front of the longer. */
	for (i = 0; i < p->compiled->prefix_cnt && !err; i++) {
		k = &p->compiled->prefixes[i];
		if (k->family != family)
			continue;
		key.len = k->len;
		memcpy(key.addr, k->addr, sizeof(key.addr));
		err = put(f, &key, &k->ports);
	}
	return err;
}

static int put_exemptions(struct filling *f, const struct table_plan *p)
{
	int err = 0;

	for (size_t i = 0; i < p->exemption_cnt && !err; i++)
		err = put(f, &p->exemptions[i].scope, &p->exemptions[i].of);
	return err;
}

static int put_installed(struct filling *f, const struct table_plan *p)
{
	uint32_t one = 1;
	int err = 0;

	for (size_t i = 0; i < p->installed_cnt && !err; i++)
		err = put(f, &p->installed[i], &one);
	return err;
}

static int put_contents(struct filling *f, const struct table_plan *p)
{
	uint32_t one = 1;
	int err = 0;

	for (size_t i = 0; i < p->content_cnt && !err; i++)
		err = put(f, &p->contents[i], &one);
	return err;
}

static int put_kind(struct filling *f, const struct table_plan *p, enum kind kind)
{
	switch (kind) {
	case KIND_RULES:
		return put_rules(f, p);
	case KIND_GUARD:
		return put_guard(f, p);
	case KIND_FILES:
		return put_files(f, p->files, p->file_cnt);
	case KIND_DIRS:
		return put_files(f, p->dirs, p->dir_cnt);
	case KIND_MODULES:
		return put_modules(f, p);
	case KIND_SIZES:
		return put_sizes(f, p);
	case KIND_HASHES:
		return put_hashes(f, p);
	case KIND_BUILD_IDS:
		return put_build_ids(f, p);
	case KIND_EXEMPTIONS:
		return put_exemptions(f, p);
	case KIND_INSTALLED:
		return put_installed(f, p);
	case KIND_CONTENTS:
		return put_contents(f, p);
	case KIND_PREFIX4:
		return put_prefixes(f, p, AF_INET);
	default:
		return put_prefixes(f, p, AF_INET6);
	}
}

static size_t entries_of(const struct table_plan *p, enum kind kind)
{
	switch (kind) {
	case KIND_RULES:
		return p->compiled->rule_cnt;
	case KIND_GUARD:
		return p->guard_cnt;
	case KIND_FILES:
		return p->file_cnt;
	case KIND_DIRS:
		return p->dir_cnt;
	case KIND_MODULES:
		return p->module_cnt;
	case KIND_SIZES:
	case KIND_HASHES:
		return p->compiled->hash_cnt;
	case KIND_BUILD_IDS:
		return p->compiled->build_id_cnt;
	case KIND_EXEMPTIONS:
		return p->exemption_cnt;
	case KIND_INSTALLED:
		return p->installed_cnt;
	case KIND_CONTENTS:
		return p->content_cnt;
	default:
		return p->compiled->prefix_cnt;
	}
}

static int fill(struct table *t, const struct table_plan *p, enum kind kind)
{
	CLEANUP(filling_free) struct filling f = {};
	int err = filling_start(&f, t->map[kind], kind);

	if (!err)
		err = put_kind(&f, p, kind);
	return err ? err : filling_flush(&f);
}

static int create(struct table *t, const struct table_plan *p, enum kind kind)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = kinds[kind].flags);
	size_t cnt = entries_of(p, kind);

	if (cnt)
		t->has |= kinds[kind].has;
	/* Files are added while the table is in force, so there is always room. */
	if (kind == KIND_GUARD)
		cnt += SPARE_FILES;
	if (kind == KIND_FILES) {
		cnt += SPARE_FILES;
		t->has |= WEIR_HAS_FILES;
	}
	t->map[kind] = bpf_map_create(kinds[kind].type, "weir_table", kinds[kind].key_size,
				      kinds[kind].value_size, cnt ? cnt : 1, &opts);
	return t->map[kind] < 0 ? -errno : 0;
}

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

		*c = (struct outer_call){ .outer = gates_map(g, kinds[kind].outer),
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
		cnt = add_generations(gates_map(g, kinds[kind].outer), list, cnt);
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

int table_load(struct gates *g, const struct table_plan *plan, struct table **ret)
{
	struct table *t = calloc(1, sizeof(*t));
	int kind, err = 0;

	if (!t)
		return -ENOMEM;
	memset(t->map, -1, sizeof(t->map));
	t->generation = next_generation(g);
	for (kind = 0; kind < KIND_MAX && !err; kind++) {
		err = create(t, plan, kind);
		if (!err)
			err = fill(t, plan, kind);
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

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* Whatever else is there was in force until now, or earlier, or never. */
static void retire_others(struct gates *g)
{
	uint64_t list[GENERATIONS_MAX];
	unsigned int i, cnt = all_generations(g, list);

	for (i = 0; i < cnt; i++)
		if (list[i] != g->control.generation)
			retired_add(&g->retired, list[i], now_ns());
}

int table_switch(struct gates *g, struct table *t)
{
	const uint32_t keep = WEIR_RECORD_ALL;
	int err;

	g->control.generation = t->generation;
	g->control.flags = (g->control.flags & keep) | t->has;
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

	while ((generation = retired_due(&g->retired, now_ns()))) {
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

	if (!bpf_map_update_elem(t->map[KIND_FILES], file, key, flags) || errno == EEXIST)
		return 0;
	return -errno;
}

int table_add_guard(struct table *t, const struct weir_file *file)
{
	uint32_t one = 1;

	return bpf_map_update_elem(t->map[KIND_GUARD], file, &one, BPF_ANY) ? -errno : 0;
}

int table_drop_file(struct table *t, const struct weir_file *file)
{
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

int table_count_left(const struct gates *g, uint64_t generation, uint64_t *used, uint32_t cnt)
{
	CLEANUP(close_fdp) int map = -1;
	uint32_t id;

	if (bpf_map_lookup_elem(gates_map(g, kinds[KIND_EXEMPTIONS].outer), &generation, &id))
		return -errno;
	map = bpf_map_get_fd_by_id(id);
	return map < 0 ? -errno : count_exemptions(map, used, cnt);
}

uint64_t table_generation(const struct table *t)
{
	return t->generation;
}
