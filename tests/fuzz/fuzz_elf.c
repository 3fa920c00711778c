// SPDX-License-Identifier: GPL-2.0-only
/* ELF facts of arbitrary bytes, and the rows that are made of them. */
#include <stdlib.h>
#include <string.h>

#include "memory_file.h"

#include "base/cleanup.h"
#include "parse/elf.h"
#include "parse/here.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_rows(const uint8_t *data, size_t size)
{
	CLEANUP(close_fdp) int fd = memory_file(data, size);

	parse_here(PARSER_ELF, NULL, fd, NULL, 0, NULL, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(elf_freep) struct elf_facts *f = NULL;

	read_rows(data, size);
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
