/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this kernel offers, asked of the kernel and never of its version.
 *
 * This only prunes what cannot work and words the advice; whether a gate
 * denies is for its canary to say. A kernel with BPF LSM built but not active
 * loads and attaches LSM programs and never runs them.
 */
#ifndef WEIR_SENSE_KERNEL_H
#define WEIR_SENSE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lsm_state { LSM_NOT_BUILT, LSM_INACTIVE, LSM_ACTIVE, LSM_UNKNOWN };

struct kernel {
	bool has_btf;
	bool has_loop;	   /* bpf_loop(): 5.17 and later */
	bool has_hash;	   /* bpf_ima_file_hash() */
	bool has_modules;  /* built to load modules at all */
	bool has_cast;	   /* bpf_rdonly_cast(): 6.2 and later */
	bool preempts;	   /* a task may be preempted inside a program */
	int trampoline;	   /* 0, or the errno of loading or attaching one */
	enum lsm_state lsm;
	char lsm_list[256]; /* active security modules, "" when unreadable */
	uint64_t vmemmap, page_offset, page_size; /* 0: not known */
};

void kernel_probe(struct kernel *k);

#endif /* WEIR_SENSE_KERNEL_H */
