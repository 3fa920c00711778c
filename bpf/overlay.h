/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Behind overlayfs: the inode of the file that a merged view shows.
 *
 * A container sees files under inodes of its overlay, which no table knows and
 * whose page cache is empty. What they stand for hangs behind the inode that
 * the kernel knows, in a struct of the overlay module, of which three layouts
 * are in use and for which 5.10 has no BTF. So each is tried, and believed
 * only if what it leads to has the same mode and size on another file system.
 */
#ifndef WEIR_BPF_OVERLAY_H
#define WEIR_BPF_OVERLAY_H

#include "kernel.h"

/* Is @real plausibly what @inode shows? Reading a wrong pointer is harmless. */
static __always_inline bool stands_for(struct inode *inode, struct inode *real)
{
	return real && PEEK(inode, real, i_mode) == PEEK(inode, inode, i_mode) &&
	       PEEK(inode, real, i_size) == PEEK(inode, inode, i_size) &&
	       PEEK(inode, real, i_sb) != PEEK(inode, inode, i_sb);
}

static __always_inline void *word_at(const void *at)
{
	void *word = NULL;

	bpf_probe_read_kernel(&word, sizeof(word), at);
	return word;
}

/*
 * The inode behind @inode, or 0 when it is none of overlayfs or its layout is
 * not understood. A number in, a number out: bpf/identity.h says why.
 */
__noinline __u64 real_inode(__u64 overlaid)
{
	struct inode *inode = (void *)overlaid, *real;
	void *behind = (void *)inode + bpf_core_type_size(struct inode);
	struct dentry *dentry;

	if (PEEK(inode, inode, i_sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
		return 0;
	dentry = word_at(behind); /* __upperdentry, first in all layouts */
	real = dentry ? BPF_CORE_READ(dentry, d_inode) : NULL;
	if (stands_for(inode, real))
		return (__u64)real;
	real = word_at(behind + 8); /* to 5.18: struct inode *lower */
	if (stands_for(inode, real))
		return (__u64)real;
	dentry = word_at(behind + 16); /* to 6.4: struct ovl_path lowerpath */
	real = dentry ? BPF_CORE_READ(dentry, d_inode) : NULL;
	if (stands_for(inode, real))
		return (__u64)real;
	dentry = word_at(word_at(behind + 8) + 16); /* from 6.5: oe->__lowerstack[0] */
	real = dentry ? BPF_CORE_READ(dentry, d_inode) : NULL;
	return stands_for(inode, real) ? (__u64)real : 0;
}

#endif /* WEIR_BPF_OVERLAY_H */
