// SPDX-License-Identifier: GPL-2.0-only
/*
 * What did not come through: records that found no room, and programs that the
 * kernel skipped because they were active on the CPU already.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sense/gates_private.h"

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

int gates_losses(const struct gates *g, struct weir_losses *sum)
{
	int cpus = libbpf_num_possible_cpus();
	CLEANUP(freep) struct weir_losses *each = cpus > 0 ? calloc(cpus, sizeof(*each)) : NULL;
	uint32_t zero = 0;
	int cpu, t;

	if (!each)
		return -ENOMEM;
	if (bpf_map_lookup_elem(gates_map(g, "weir_losses"), &zero, each))
		return -errno;
	memset(sum, 0, sizeof(*sum));
	for (cpu = 0; cpu < cpus; cpu++) {
		for (t = 0; t < WEIR_REC_MAX; t++)
			sum->by_type[t] += each[cpu].by_type[t];
		sum->denials += each[cpu].denials;
	}
	sum->by_type[WEIR_REC_EXEC] += unseen(g);
	return 0;
}
