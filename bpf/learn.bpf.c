// SPDX-License-Identifier: GPL-2.0-only
/*
 * Learning keys: the agent opens files and asks what the kernel calls them.
 *
 * stat's st_dev is not the kernel's s_dev on btrfs subvolumes and overlayfs,
 * so a key made from stat would silently never match there. This iterator
 * walks descriptors and prints (fd, key) for those of the agent itself.
 */
#include "identity.h"

const volatile __u32 weir_learner; /* tgid */

struct learned {
	__u64 fd;
	struct weir_file file;
};

SEC("iter/task_file")
int weir_learn(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct learned l = {};

	if (!task || !file || (__u32)task->tgid != weir_learner || task->pid != task->tgid)
		return 0;
	l.fd = ctx->fd;
	file_key(BPF_CORE_READ(file, f_inode), &l.file);
	bpf_seq_write(ctx->meta->seq, &l, sizeof(l));
	return 0;
}
