/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels we build for, and nothing else.
 *
 * Asked of the headers themselves (kmod/probe writes probed.h), never of a
 * version: stable kernels and distributions carry changes of later ones.
 */
#ifndef WEIR_COMPAT_H
#define WEIR_COMPAT_H

#include <linux/fs.h>
#include <linux/ftrace.h>
#include <linux/ptrace.h>

#include "probed.h"

#ifdef WEIR_HAVE_SHA2_HEADER
#include <crypto/sha2.h>
#else
#include <crypto/sha.h>
#endif

#ifndef WEIR_HAVE_SHA256_CTX
#define sha256_ctx sha256_state
#endif

/* What ftrace hands to a callback. */
#ifdef WEIR_HAVE_FTRACE_REGS
#define weir_regs ftrace_regs
#else
#define weir_regs pt_regs
#endif

#ifdef WEIR_HAVE_FTRACE_ARGUMENTS
static inline unsigned long weir_regs_argument(struct weir_regs *regs, unsigned int n)
{
	return ftrace_regs_get_argument(regs, n);
}

static inline void weir_regs_redirect(struct weir_regs *regs, void *to)
{
	ftrace_regs_set_instruction_pointer(regs, (unsigned long)to);
}

#define WEIR_FTRACE_FLAGS 0
#else
static inline struct pt_regs *weir_pt_regs(struct weir_regs *regs)
{
#ifdef WEIR_HAVE_FTRACE_REGS
	return ftrace_get_regs(regs);
#else
	return regs;
#endif
}

static inline unsigned long weir_regs_argument(struct weir_regs *regs, unsigned int n)
{
	return regs_get_kernel_argument(weir_pt_regs(regs), n);
}

static inline void weir_regs_redirect(struct weir_regs *regs, void *to)
{
	instruction_pointer_set(weir_pt_regs(regs), (unsigned long)to);
}

#define WEIR_FTRACE_FLAGS FTRACE_OPS_FL_SAVE_REGS
#endif

/*
 * ftrace keeps the filter with the ops. Telling it another one takes memory, and
 * without that the old one is lost: where it can, it is only told to let go.
 */
static inline void weir_forget_filter(struct ftrace_ops *ops)
{
#ifdef WEIR_HAVE_FTRACE_FREE_FILTER
	ftrace_free_filter(ops);
#else
	ftrace_set_filter(ops, NULL, 0, 1);
#endif
}

/* Nanoseconds, as the BPF programs count them. */
static inline u64 weir_inode_ctime(const struct inode *inode)
{
#ifdef WEIR_HAVE_INODE_GET_CTIME
	struct timespec64 t = inode_get_ctime(inode);
#else
	struct timespec64 t = inode->i_ctime;
#endif
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

/* What generic netlink calls an operation when it asks whether it may be done. */
#ifdef WEIR_HAVE_GENL_SPLIT_OPS
#define weir_genl_ops genl_split_ops
#else
#define weir_genl_ops genl_ops
#endif

#ifdef CONFIG_X86_KERNEL_IBT
#include <asm/cpufeature.h>
#define weir_has_ibt() boot_cpu_has(X86_FEATURE_IBT)
#else
#define weir_has_ibt() false
#endif

#endif /* WEIR_COMPAT_H */
