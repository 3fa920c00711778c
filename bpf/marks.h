/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks and spares: programs that stand in for one another, and how they do
 * each thing once.
 *
 * The kernel skips a tracing program that is active on the CPU already. Where
 * kernels preempt, a task that was preempted inside one lets the next task past
 * it. So there a gate by fmod_ret is a row of small programs. The first that is
 * not busy calls the gate and counts as active until that has returned: each
 * takes one preempted task. The gate it jumps to is not counted again. What a
 * whole row missed is beyond refusal; of an exec it is killed (exec.bpf.c).
 *
 * By a mark the rest of the row finds out that it is not needed. A mark is one
 * word, stored and read whole: of two tasks that share a slot one finds a
 * stranger's word, and the work is done once more. It names the file and the
 * table, not an address: an address is soon that of another file. It is not to
 * outlive the call: an exec's is wiped as the next begins (weir_exec_fresh), the
 * others hold for moments.
 */
#ifndef WEIR_BPF_MARKS_H
#define WEIR_BPF_MARKS_H

#include "identity.h"

/* In the lowest bit: a key was found, there is more to say about this exec. */
#define MARK_LISTED 1ULL

static __always_inline __u64 mix(__u64 sum, __u64 word)
{
	sum = (sum ^ word) * 0x9e3779b97f4a7c15ULL;
	return sum ^ sum >> 29;
}

/* @task: bpf_get_current_pid_tgid(), of the thread that called execve. */
static __always_inline struct weir_mark *mark_of(__u64 task)
{
	__u32 slot = (__u32)task & (MARKS - 1);

	return bpf_map_lookup_elem(&weir_marks, &slot);
}

/* Of this file as @task's, under this table and this state of arming. */
static __always_inline __u64 mark_file(__u64 task, const struct weir_look *look)
{
	__u32 zero = 0;
	const struct weir_arm *arm = bpf_map_lookup_elem(&weir_arm, &zero);
	__u64 sum = mix(task, look->file.ino);

	sum = mix(sum, (__u64)look->file.dev << 32 | look->file.gen);
	sum = mix(sum, look->ctime_ns);
	sum = mix(sum, look->generation);
	return mix(sum, arm ? arm->until_ns : 0) & ~MARK_LISTED;
}

/* The same for one that nobody wipes. */
#define MOMENT_SHIFT 24 /* 17 ms */

static __always_inline __u64 mark_moment(__u64 task, const struct weir_look *look)
{
	return mix(mark_file(task, look), bpf_ktime_get_boot_ns() >> MOMENT_SHIFT);
}

/* The exec that has just succeeded: its number is never used again. */
static __always_inline __u64 mark_exec(__u64 task)
{
	struct task_struct *current = current_task();

	return mix(task, READ(current, self_exec_id));
}

/*
 * A gate's slot, for its row to jump to; the agent puts it there. The gate has
 * to hold such a jump itself, even if it is never taken: that makes kernels from
 * 6.13 on run it on the task's own stack. They would give it one per CPU, which
 * is one too few when two members of the row have called it.
 */
#define GATE_SLOT(name)                                                       \
	struct {                                                              \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY);                        \
		__uint(max_entries, 1);                                       \
		__type(key, __u32);                                           \
		__type(value, __u32);                                         \
	} name SEC(".maps")

#define NEVER_JUMP(ctx, slot, ret)                                            \
	do {                                                                  \
		if ((ret) > 0)                                                \
			bpf_tail_call(ctx, &(slot), 0);                       \
	} while (0)

/* One of a row: @done tells whether the gate was asked already. */
#define SPARE(ctx, slot, ret, done)                                           \
	do {                                                                  \
		if (!(ret) && !(done))                                        \
			bpf_tail_call(ctx, &(slot), 0);                       \
		return ret;                                                   \
	} while (0)

#endif /* WEIR_BPF_MARKS_H */
