/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Facts of an ELF file: what it says about itself and what it needs.
 *
 * The file was written by somebody who may not wish to be found, and is read
 * by root. So it is read the way the kernel and the loader read it, from its
 * program headers: these decide what runs, while section headers can be
 * anything in a file that runs well. (libelf wants the section headers in
 * order and allocates for each, so with it a damaged table would hide a file
 * or cost gigabytes; it is not used here.) Nothing is mapped, as a file that
 * shrinks would then kill the reader. Each part has a bound, and a part that
 * lies is left out and told by `cut`: it never hides the other parts.
 */
#ifndef WEIR_PARSE_ELF_H
#define WEIR_PARSE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/event.h>
#include <weir/limits.h>

/* What the kernel accepts: a table of program headers up to 64 KiB. */
#define ELF_PHDR_BYTES_MAX 65536

/* Notes and dynamic sections are a few hundred bytes. */
#define ELF_PART_BYTES_MAX 65536

#define ELF_NEEDED_MAX 1024
#define ELF_NAME_MAX 1024
#define ELF_SECTIONS_MAX 8192

struct elf_range {
	uint64_t off, len;
};

struct elf_facts {
	char *soname;
	char *interp; /* the loader, PT_INTERP */
	char *rpath, *runpath;
	char *package; /* JSON text of the package note */
	char *note_type, *note_name; /* what it says: by elf_ask() only */
	char **needed;
	uint32_t needed_cnt;
	struct weir_build_id build_id; /* len 0: none */
	struct elf_range *loads;       /* what gets mapped; sorted, disjoint */
	uint32_t load_cnt;
	uint16_t machine, type; /* e_machine, e_type */
	uint8_t class;		/* ELFCLASS32, ELFCLASS64 */
	bool cut;		/* some part was damaged or larger than is read */
};

/*
 * Both: 0 and *ret the caller's for elf_free(), -ENOEXEC when it is not ELF,
 * -EINVAL when @fd is not a regular file, or -errno. @fd's offset is not
 * used; a file that changes meanwhile gives some mixture, never a crash.
 */
int elf_read(int fd, struct elf_facts **ret);
int elf_read_memory(const void *image, size_t len, struct elf_facts **ret);

struct elf_facts *elf_free(struct elf_facts *f); /* returns NULL; takes NULL */
void elf_freep(struct elf_facts **f);

#endif /* WEIR_PARSE_ELF_H */
