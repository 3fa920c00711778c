/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small 64-bit ELF file in memory, made field by field so that a test can
 * lie in any of them. It is never run.
 */
#ifndef WEIR_TESTS_ELF_IMAGE_H
#define WEIR_TESTS_ELF_IMAGE_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { IMAGE_LOAD, IMAGE_INTERP, IMAGE_DYNAMIC, IMAGE_NOTE, IMAGE_PHDRS };

struct elf_image {
	Elf64_Ehdr head;
	Elf64_Phdr phdrs[IMAGE_PHDRS];
	char interp[64];
	Elf64_Dyn dyn[16];
	struct {
		Elf64_Nhdr head;
		char name[4];
		uint8_t id[20];
		Elf64_Nhdr package_head;
		char package_name[4];
		char package[64];
	} note;
	char strings[512];
	char text[512];
	/* Not of the file. */
	unsigned int dyn_cnt, strings_len;
};

#define ELF_IMAGE_BYTES offsetof(struct elf_image, dyn_cnt)

static inline void elf_image_tag(struct elf_image *e, uint64_t tag, const char *text)
{
	e->dyn[e->dyn_cnt].d_tag = (Elf64_Sxword)tag;
	e->dyn[e->dyn_cnt++].d_un.d_val = e->strings_len;
	strncpy(e->strings + e->strings_len, text, sizeof(e->strings) - e->strings_len - 1);
	e->strings_len += (unsigned int)strlen(text) + 1;
}

static inline void elf_image_segment(struct elf_image *e, int i, uint32_t type, size_t off,
				     size_t len)
{
	e->phdrs[i].p_type = type;
	e->phdrs[i].p_offset = e->phdrs[i].p_vaddr = off;
	e->phdrs[i].p_filesz = e->phdrs[i].p_memsz = len;
	e->phdrs[i].p_align = 4;
}

static inline void elf_image_init(struct elf_image *e, const char *interp)
{
	memset(e, 0, sizeof(*e));
	memcpy(e->head.e_ident, ELFMAG, SELFMAG);
	e->head.e_ident[EI_CLASS] = ELFCLASS64;
	e->head.e_ident[EI_DATA] = ELFDATA2LSB;
	e->head.e_type = ET_DYN;
#ifdef __aarch64__
	e->head.e_machine = EM_AARCH64;
#else
	e->head.e_machine = EM_X86_64;
#endif
	e->head.e_phoff = offsetof(struct elf_image, phdrs);
	e->head.e_phentsize = sizeof(Elf64_Phdr);
	e->head.e_phnum = IMAGE_PHDRS;
	strncpy(e->interp, interp, sizeof(e->interp) - 1);
	elf_image_segment(e, IMAGE_LOAD, PT_LOAD, 0, ELF_IMAGE_BYTES);
	elf_image_segment(e, IMAGE_INTERP, *interp ? PT_INTERP : PT_NULL,
			  offsetof(struct elf_image, interp), sizeof(e->interp));
	elf_image_segment(e, IMAGE_DYNAMIC, PT_DYNAMIC, offsetof(struct elf_image, dyn),
			  sizeof(e->dyn));
	elf_image_segment(e, IMAGE_NOTE, PT_NOTE, offsetof(struct elf_image, note),
			  sizeof(e->note));
	e->note.head = (Elf64_Nhdr){ 4, sizeof(e->note.id), NT_GNU_BUILD_ID };
	memcpy(e->note.name, "GNU", 4);
	e->note.package_head = (Elf64_Nhdr){ 4, sizeof(e->note.package), 0xcafe1a7e };
	memcpy(e->note.package_name, "FDO", 4);
	e->strings_len = 1;
	e->dyn[0] = (Elf64_Dyn){ DT_STRTAB, { offsetof(struct elf_image, strings) } };
	e->dyn[1] = (Elf64_Dyn){ DT_STRSZ, { sizeof(e->strings) } };
	e->dyn_cnt = 2;
}

#endif /* WEIR_TESTS_ELF_IMAGE_H */
