// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading programs.
 *
 * One object holds all of them. What probably works is loaded in one go; where
 * that fails, or a canary says otherwise, a family is loaded anew by itself
 * with the next choice. The maps are the same under all: libbpf finds a map
 * that is already pinned and creates and pins it otherwise, which is also how
 * a restarted agent comes by the tables of the one before.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sense/gates_private.h"
#include "sense/objects.h"
#include "sense/pins.h"
#include "sense/rodata.h"

/* What all builds share, see WEIR_PIN_DIR. */
static bool is_shared(const char *name)
{
	static const char *const shared[] = { "weir_active", "weir_arm",    "weir_holds",
					      "weir_seq",    "weir_losses", "weir_denials",
					      "weir_marks",  "weir_records" };

	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		if (!strcmp(name, shared[i]))
			return true;
	return false;
}

/*
 * Slots for programs belong to the build, and must be pinned: the kernel empties
 * them when nobody holds them in user space.
 */
void gates_map_path(const struct gates *g, const struct bpf_map *map, char *path, size_t size)
{
	const char *name = bpf_map__name(map);
	char dir[PINS_DIR_MAX] = WEIR_PIN_DIR;

	if (bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY || !strcmp(name, "weir_control"))
		pins_build_dir(g->build, dir);
	else if (!is_shared(name))
		pins_tables_dir(object_abi(), dir);
	snprintf(path, size, "%s/%s", dir, name);
}

/* Shared maps come from the pins, or in a rehearsal from the first object. */
static int share_maps(struct gates *g, struct bpf_object *object)
{
	struct bpf_map *map;
	char path[160];
	int err = 0;

	bpf_object__for_each_map(map, object) {
		if (bpf_map__is_internal(map))
			continue;
		if (g->p->opts.pin) {
			gates_map_path(g, map, path, sizeof(path));
			err = bpf_map__set_pin_path(map, path);
		} else if (g->p->first) {
			err = bpf_map__reuse_fd(map, gates_map(g, bpf_map__name(map)));
		}
		if (err)
			return err;
	}
	return 0;
}

static void set_constants(struct gates *g, struct bpf_object *object)
{
	rodata_set(object, "weir_build", g->build);
	rodata_set(object, "weir_learner", getpid());
	rodata_set(object, "weir_has_cast", g->kernel.has_cast);
	rodata_set(object, "weir_vmemmap", g->kernel.vmemmap);
	rodata_set(object, "weir_page_offset", g->kernel.page_offset);
	rodata_set(object, "weir_page_size", g->kernel.page_size);
}

uint64_t gates_programs(const struct gates *g, enum family family, enum choice choice)
{
	uint64_t set = 0;
	unsigned int i;

	for (i = 0; i < program_cnt; i++)
		if (programs[i].family == family && programs[i].choices & 1u << choice &&
		    program_fits(&programs[i], &g->kernel))
			set |= 1ull << i;
	return set;
}

static void select_programs(struct bpf_object *object, uint64_t set)
{
	struct bpf_program *prog;
	unsigned int i;

	bpf_object__for_each_program(prog, object)
		bpf_program__set_autoload(prog, false);
	for (i = 0; i < program_cnt; i++) {
		prog = bpf_object__find_program_by_name(object, programs[i].name);
		if (prog)
			bpf_program__set_autoload(prog, set >> i & 1);
	}
}

static int fill_slot(const struct bpf_object *object, const struct gate_slot *slot)
{
	const struct bpf_program *gate = bpf_object__find_program_by_name(object, slot->gate);
	const struct bpf_map *map = bpf_object__find_map_by_name(object, slot->map);
	int fd = gate ? bpf_program__fd(gate) : -1;
	uint32_t zero = 0;

	if (fd < 0 || !map)
		return 0; /* not among those that were loaded */
	return bpf_map_update_elem(bpf_map__fd(map), &zero, &fd, BPF_ANY) ? -errno : 0;
}

static int fill_slots(const struct bpf_object *object)
{
	int row, err = 0;

	for (row = ROW_NONE + 1; row < ROW_MAX && !err; row++)
		err = fill_slot(object, &gate_slots[row]);
	return err;
}

/* The object with the programs in @set loaded. */
static int load_set(struct gates *g, uint64_t set, struct bpf_object **ret)
{
	struct object_bytes bytes = object_bytes(!g->kernel.has_loop);
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "weir");
	struct bpf_object *object;
	int err;

	object = bpf_object__open_mem(bytes.start, bytes.size, &opts);
	if (!object)
		return -errno;
	select_programs(object, set);
	set_constants(g, object);
	err = share_maps(g, object);
	if (!err)
		err = bpf_object__load(object);
	if (!err)
		err = fill_slots(object);
	if (err) {
		bpf_object__close(object);
		return err;
	}
	*ret = object;
	return 0;
}

/* Those of @set that this kernel takes when asked one at a time. */
static uint64_t accepted(struct gates *g, uint64_t set)
{
	struct bpf_object *object;
	uint64_t good = 0;
	unsigned int i;

	for (i = 0; i < program_cnt; i++) {
		if (!(set >> i & 1) || load_set(g, 1ull << i, &object))
			continue;
		bpf_object__close(object);
		good |= 1ull << i;
	}
	return good;
}

/* What each family would use if everything held what it promises. */
static uint64_t first_set(const struct gates *g)
{
	char why[160];
	uint64_t set = 0;
	int family, choice;

	for (family = 0; family < FAMILY_MAX; family++) {
		if (g->module && (family == FAMILY_CONNECT || family == FAMILY_SOCKET))
			continue;
		for (choice = g->module ? CHOICE_LAST : 0; choice < CHOICE_MAX; choice++)
			if (choice_offered(family, choice) &&
			    choice_possible(choice, &g->kernel, why, sizeof(why)))
				break;
		if (choice < CHOICE_MAX)
			set |= gates_programs(g, family, choice);
	}
	return set;
}

/* If not all at once, then the maps alone, and the families one by one. */
int gates_load_first(struct gates *g, bool has_gates)
{
	uint64_t set = has_gates ? gates_programs(g, FAMILY_LEARN, CHOICE_LAST) : first_set(g);

	if (!load_set(g, set, &g->p->first)) {
		g->p->loaded = set;
		return 0;
	}
	return load_set(g, 0, &g->p->first);
}

int gates_load_family(struct gates *g, enum family family, enum choice choice)
{
	uint64_t set = gates_programs(g, family, choice);

	if ((g->p->loaded & set) == set)
		return 0;
	if (!load_set(g, set, &g->p->object[family]))
		return 0;
	/* One program that this kernel lacks must not take the others along. */
	set = accepted(g, set);
	return set ? load_set(g, set, &g->p->object[family]) : -ENOTSUP;
}
