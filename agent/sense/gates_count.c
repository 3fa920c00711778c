// SPDX-License-Identifier: GPL-2.0-only
/*
 * What did not come through: records that found no room, and programs that the
 * kernel skipped because they were active on the CPU already.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sense/gates_private.h"
#include "sense/pins.h"

/* In weir_losses: of sets that are gone. */
#define KEPT_LOSSES 1

void gates_open_programs(struct gates *g)
{
	struct bpf_link_info info;
	__u32 len, i;

	for (i = 0; i < program_cnt; i++) {
		len = sizeof(info);
		memset(&info, 0, sizeof(info));
		if (g->p->prog_fd[i] >= 0 || !g->p->link[i] ||
		    bpf_obj_get_info_by_fd(bpf_link__fd(g->p->link[i]), &info, &len))
			continue;
		g->p->prog_fd[i] = bpf_prog_get_fd_by_id(info.prog_id);
	}
}

static uint64_t skips_of(const struct gates *g, unsigned int program)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	if (g->p->prog_fd[program] < 0 ||
	    bpf_obj_get_info_by_fd(g->p->prog_fd[program], &info, &len))
		return 0;
	return info.recursion_misses;
}

/* Calls that found a whole row busy: at most as many as its luckiest member missed. */
static uint64_t row_skips(const struct gates *g, enum row row)
{
	uint64_t least = ~0ull, skips;
	unsigned int i;

	for (i = 0; i < program_cnt; i++) {
		if (programs[i].row != row || g->p->prog_fd[i] < 0)
			continue;
		skips = skips_of(g, i);
		if (skips < least)
			least = skips;
	}
	return least == ~0ull ? 0 : least;
}

uint64_t gates_skips(const struct gates *g)
{
	uint64_t sum = 0;
	unsigned int i;
	int row;

	for (row = ROW_NONE + 1; row < ROW_MAX; row++)
		sum += row_skips(g, row);
	for (i = 0; i < program_cnt; i++)
		if (programs[i].choices == 1u << CHOICE_FMOD_RET &&
		    !(programs[i].what & FOR_PREEMPTION))
			sum += skips_of(g, i);
	return sum;
}

static int find(const char *name)
{
	unsigned int i;

	for (i = 0; i < program_cnt; i++)
		if (!strcmp(programs[i].name, name))
			return i;
	return -1;
}

/* Execs past the last program that looks for them. */
static uint64_t unseen(const struct gates *g)
{
	int last = find("weir_exec_last");

	return skips_of(g, g->p->prog_fd[last] >= 0 ? last : find("weir_exec_tp"));
}

/* The same of the set in @dir, by its pins. */
static uint64_t unseen_by(const char *dir)
{
	CLEANUP(close_fdp) int link = -1, prog = -1;
	struct bpf_link_info of_link = {};
	struct bpf_prog_info info = {};
	__u32 len = sizeof(of_link);
	char path[192];

	snprintf(path, sizeof(path), "%s/weir_exec_last", dir);
	link = bpf_obj_get(path);
	if (link < 0) {
		snprintf(path, sizeof(path), "%s/weir_exec_tp", dir);
		link = bpf_obj_get(path);
	}
	if (link < 0 || bpf_obj_get_info_by_fd(link, &of_link, &len))
		return 0;
	prog = bpf_prog_get_fd_by_id(of_link.prog_id);
	len = sizeof(info);
	return prog < 0 || bpf_obj_get_info_by_fd(prog, &info, &len) ? 0 : info.recursion_misses;
}

void gates_keep_count(struct gates *g, uint64_t build)
{
	int cpus = libbpf_num_possible_cpus();
	CLEANUP(freep) struct weir_losses *each = cpus > 0 ? calloc(cpus, sizeof(*each)) : NULL;
	int map = gates_map(g, "weir_losses");
	uint32_t kept = KEPT_LOSSES;
	char dir[PINS_DIR_MAX];

	pins_build_dir(build, dir);
	if (!each || bpf_map_lookup_elem(map, &kept, each))
		return;
	each[0].by_type[WEIR_REC_EXEC] += unseen_by(dir);
	bpf_map_update_elem(map, &kept, each, BPF_ANY);
}

int gates_losses(const struct gates *g, struct weir_losses *sum)
{
	int cpus = libbpf_num_possible_cpus();
	CLEANUP(freep) struct weir_losses *each = cpus > 0 ? calloc(cpus, sizeof(*each)) : NULL;
	uint32_t i;
	int cpu, t;

	if (!each)
		return -ENOMEM;
	memset(sum, 0, sizeof(*sum));
	for (i = 0; i <= KEPT_LOSSES; i++) {
		if (bpf_map_lookup_elem(gates_map(g, "weir_losses"), &i, each))
			return -errno;
		for (cpu = 0; cpu < cpus; cpu++) {
			for (t = 0; t < WEIR_REC_MAX; t++)
				sum->by_type[t] += each[cpu].by_type[t];
			sum->denials += each[cpu].denials;
		}
	}
	sum->by_type[WEIR_REC_EXEC] += unseen(g);
	return 0;
}
