/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arguments: of a program that started from its own stack, in one piece; of
 * one that was denied from the registers of the task that asked, because at
 * that point the new stack cannot be read yet.
 */
#ifndef WEIR_BPF_ARGV_H
#define WEIR_BPF_ARGV_H

#include "emit.h"

#define NR_X86_EXECVE 59
#define NR_X86_EXECVEAT 322
#define NR_ARM64_EXECVE 221
#define NR_ARM64_EXECVEAT 281
#define X86_USER64_CS 0x33
#define THREAD_SIZE 16384

static __always_inline void argv_from_stack(struct file_record *r)
{
	struct task_struct *task = current_task();
	unsigned long start = READ(task, mm, arg_start);
	unsigned long len = READ(task, mm, arg_end) - start;

	if (!start || !len)
		return;
	if (len > WEIR_ARGV_MAX) {
		len = WEIR_ARGV_MAX;
		r->f.rec.flags |= WEIR_REC_ARGV_CUT;
	}
	if (bpf_probe_read_user(r->argv, len, (void *)start))
		return;
	r->argv[(len - 1) & (WEIR_ARGV_MAX - 1)] = 0;
	r->f.argv_source = WEIR_ARGV_STACK;
	r->f.argv_off = __builtin_offsetof(struct file_record, argv);
	r->f.argv_len = len;
}

static __always_inline void *user_regs(void)
{
#ifdef WEIR_FLOOR
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, stack) + THREAD_SIZE -
	       bpf_core_type_size(struct pt_regs___x86);
#else
	return (void *)bpf_task_pt_regs((void *)bpf_get_current_task_btf());
#endif
}

/* The argv pointer of the execve or execveat that the task is in, or 0. */
static __always_inline unsigned long argv_pointer(void *regs)
{
	struct pt_regs___x86 *x = regs;
	struct pt_regs___arm64 *a = regs;
	__u64 nr;

	if (bpf_core_field_exists(x->orig_ax)) {
		nr = BPF_CORE_READ(x, orig_ax);
		if (BPF_CORE_READ(x, cs) != X86_USER64_CS)
			return 0;
		if (nr == NR_X86_EXECVE)
			return BPF_CORE_READ(x, si);
		return nr == NR_X86_EXECVEAT ? BPF_CORE_READ(x, dx) : 0;
	}
	nr = BPF_CORE_READ(a, syscallno);
	if (nr == NR_ARM64_EXECVE)
		return BPF_CORE_READ(a, regs[1]);
	return nr == NR_ARM64_EXECVEAT ? BPF_CORE_READ(a, regs[2]) : 0;
}

static __always_inline void argv_from_regs(struct file_record *r)
{
	unsigned long argv = argv_pointer(user_regs());
	unsigned long arg = 0;
	bool is_cut = false;
	__u32 off = 0;
	long n;

	if (!argv)
		return;
	r->f.rec.flags |= WEIR_REC_ARGV_CUT;
	for (int i = 0; i < WEIR_ARGV_CNT; i++) {
		if (bpf_probe_read_user(&arg, sizeof(arg), (void *)(argv + i * sizeof(arg))))
			break;
		if (!arg) {
			if (!is_cut)
				r->f.rec.flags &= ~WEIR_REC_ARGV_CUT;
			break;
		}
		if (off >= WEIR_ARGV_MAX)
			break;
		n = bpf_probe_read_user_str(r->argv + (off & (WEIR_ARGV_MAX - 1)), WEIR_NAME_MAX,
					    (void *)arg);
		if (n <= 0)
			break;
		is_cut |= n == WEIR_NAME_MAX;
		off += n & (2 * WEIR_NAME_MAX - 1);
	}
	if (!off)
		return;
	r->f.argv_source = WEIR_ARGV_REGS;
	r->f.argv_off = __builtin_offsetof(struct file_record, argv);
	r->f.argv_len = off;
}

#endif /* WEIR_BPF_ARGV_H */
