/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Constants of a BPF object, set by name between open and load. (A skeleton
 * would do this too, but it ties one struct to one object, and we have two
 * builds of each.)
 */
#ifndef WEIR_SENSE_RODATA_H
#define WEIR_SENSE_RODATA_H

#include <stdint.h>

struct bpf_object;

/* -ENOENT when @object has no such constant; that is no error for the caller. */
int rodata_set(struct bpf_object *object, const char *name, uint64_t value);

#endif /* WEIR_SENSE_RODATA_H */
