/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sandbox: the walls around the cell's child. Private to parse/.
 *
 * Two must stand or the child answers nothing: no capabilities and the filter
 * of system calls. The others are raised where the kernel and the rights of
 * whoever started it let them, and told.
 */
#ifndef WEIR_PARSE_SANDBOX_H
#define WEIR_PARSE_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

enum sandbox_wall {
	SANDBOX_CAPABILITIES = 1u << 0, /* none, no way to get any */
	SANDBOX_SYSCALLS = 1u << 1,	/* seccomp: read and answer, nothing else */
	SANDBOX_LIMITS = 1u << 2,	/* memory, descriptors, files, processes */
	SANDBOX_USER = 1u << 3,		/* it is not root */
	SANDBOX_ROOT = 1u << 4,		/* an empty root directory */
	SANDBOX_LANDLOCK = 1u << 5,	/* no file system, no network, no signals */
};

/* Without these nothing hostile is read. */
#define SANDBOX_NEEDED (SANDBOX_CAPABILITIES | SANDBOX_SYSCALLS | SANDBOX_LIMITS)

struct sandbox {
	uint32_t walls; /* that stand */
	uint32_t wall;	/* one that was needed and failed */
	int err;	/* why, -errno */
};

/*
 * Confines this process for good: it keeps @memory_bytes of address space and
 * what it has open. 0, or -errno with sandbox.err and .wall set.
 */
int sandbox_enter(uint64_t memory_bytes, struct sandbox *ret);

/* "no capabilities, seccomp, ..." */
void sandbox_text(uint32_t walls, char *text, size_t size);

#endif /* WEIR_PARSE_SANDBOX_H */
