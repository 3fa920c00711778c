// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF facts of arbitrary bytes. The reader is compiled in here, because the
 * fuzzers are linked with the pure folders only and it is not one of them.
 */
#include <stdlib.h>

#include "inventory/elf.c"
#include "inventory/root.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(elf_freep) struct elf_facts *f = NULL;

	if (elf_read_memory(data, size, &f))
		return 0;
	for (uint32_t i = 0; i < f->load_cnt; i++) {
		const struct elf_range *r = &f->loads[i];

		if (!r->len || r->off >= size || r->len > size - r->off)
			abort();
		if (i && r->off <= f->loads[i - 1].off + f->loads[i - 1].len)
			abort();
	}
	for (uint32_t i = 0; i < f->needed_cnt; i++) {
		if (strlen(f->needed[i]) >= ELF_NAME_MAX)
			abort();
	}
	if (f->build_id.len > sizeof(f->build_id.id))
		abort();
	return 0;
}
