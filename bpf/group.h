/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Groups: the names of the control group in which something was done.
 *
 * A record has the group's number only. What systemd starts and what is refused
 * at once takes its group with it, faster than any reader is, so that nobody
 * could say which unit it was. Here the names are still there.
 */
#ifndef WEIR_BPF_GROUP_H
#define WEIR_BPF_GROUP_H

#include "maps.h"

/* All "", to begin with; too large for the stack. */
static const struct weir_group nameless;

static __always_inline struct kernfs_node *group_above(struct kernfs_node *node)
{
	struct kernfs_node___v615 *newer = (void *)node;

	if (bpf_core_field_exists(newer->__parent))
		return BPF_CORE_READ(newer, __parent);
	return BPF_CORE_READ(node, parent);
}

/* Remembers that of the current task, once. A number in and out: bpf/identity.h. */
__noinline int name_group(__u64 id)
{
	struct task_struct *task = current_task();
	struct kernfs_node *node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
	struct weir_group *group = bpf_map_lookup_elem(&weir_groups, &id);

	if (group)
		return 1;
	bpf_map_update_elem(&weir_groups, &id, &nameless, BPF_ANY);
	group = bpf_map_lookup_elem(&weir_groups, &id);
	if (!group)
		return 0;
#pragma unroll
	for (int i = 0; i < WEIR_GROUP_DEPTH; i++) {
		bpf_probe_read_kernel_str(group->name[i], WEIR_GROUP_NAME,
					  BPF_CORE_READ(node, name));
		node = group_above(node);
	}
	return node == NULL;
}

#endif /* WEIR_BPF_GROUP_H */
