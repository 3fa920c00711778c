/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF object inside the agent's own binary, in two builds: for current
 * kernels, and "floor" for those before 5.17 (bpf/climb.h says why).
 */
#ifndef WEIR_SENSE_OBJECTS_H
#define WEIR_SENSE_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object_bytes {
	const void *start;
	size_t size;
};

/* Never fails. */
struct object_bytes object_bytes(bool floor);

/*
 * What runs in the kernel, as a number: the first eight bytes of the SHA-256 of
 * the object and its ABI, never 0. Two agents that carry the same object share their gates.
 */
uint64_t object_build(bool floor);

/* WEIR_ABI as its programs were built with. */
uint32_t object_abi(void);

#endif /* WEIR_SENSE_OBJECTS_H */
