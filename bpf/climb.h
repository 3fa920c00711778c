/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Climbing from a file to the root, one dentry at a time.
 *
 * Two climbs are made: for the place (is any directory above restricted?) and
 * for the path (for the record). The place climb goes up to the root of the
 * file system before it crosses to the mount point, so a bind mount of a
 * restricted directory's inside is still that directory's inside.
 *
 * bpf_loop() keeps the verifier's work constant; kernels before 5.17 unroll a
 * shorter climb, and what is deeper is said, never silently cut.
 */
#ifndef WEIR_BPF_CLIMB_H
#define WEIR_BPF_CLIMB_H

#include "maps.h"

#ifdef WEIR_FLOOR
#define CLIMB_MAX 32
/* Out of line: the 5.10 verifier takes a loop only if a jump closes it. */
#define STEP_FUNCTION static __noinline long
#define each_upto(max, step, ctx)                                             \
	do {                                                                  \
		for (__u32 i_ = 0; i_ < (max); i_++)                          \
			if (step(i_, ctx))                                    \
				break;                                        \
	} while (0)
#else
#define CLIMB_MAX 2100 /* PATH_MAX / 2 one-letter names, and mounts */
#define STEP_FUNCTION static long
#define each_upto(max, step, ctx) bpf_loop(max, step, ctx, 0)
#endif

struct climb {
	struct dentry *dentry;
	struct mount *mount;
	struct dentry *mount_root;
	__u32 whole_fs; /* cross a mount only at the file system's own root */
	__u32 done;
};

enum climb_step { CLIMB_END, CLIMB_NAME, CLIMB_MOUNT };

static __always_inline void climb_enter(struct climb *c, struct mount *mount)
{
	c->mount = mount;
	c->mount_root = PEEK(mount, mount, mnt.mnt_root);
}

static __always_inline void climb_start(struct climb *c, struct file *file, bool whole_fs)
{
	void *mnt = BPF_CORE_READ(file, f_path.mnt);

	c->dentry = BPF_CORE_READ(file, f_path.dentry);
	climb_enter(c, mnt - bpf_core_field_offset(struct mount, mnt));
	c->whole_fs = whole_fs;
	c->done = 0;
}

/* One step up. After CLIMB_NAME c->dentry is the parent of what it was. */
static __always_inline enum climb_step climb(struct climb *c)
{
	/* Locals, so that only the kernel's fields are relocated. */
	struct dentry *dentry = c->dentry, *parent = PEEK(dentry, dentry, d_parent);
	struct mount *mount = c->mount, *above;

	if (parent != dentry && (c->whole_fs || dentry != c->mount_root)) {
		c->dentry = parent;
		return CLIMB_NAME;
	}
	above = PEEK(mount, mount, mnt_parent);
	if (above == mount || !above)
		return CLIMB_END;
	c->dentry = PEEK(mount, mount, mnt_mountpoint);
	climb_enter(c, above);
	return CLIMB_MOUNT;
}

#endif /* WEIR_BPF_CLIMB_H */
