/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PARSER_ELF: what an ELF file says about itself, and which needles stand in it.
 *
 * One row of ELF_FILE, or none and -ENOEXEC when it is not ELF. The search for
 * needles comes behind it, as rows of ELF_FOUND: a search that runs out of
 * bytes (-EFBIG) or time (-ETIMEDOUT) takes nothing back.
 *
 * Asked with nothing, or with ELF_ASK_FACTS alone: no search.
 */
#ifndef WEIR_PARSE_ELF_ROWS_H
#define WEIR_PARSE_ELF_ROWS_H

#include "parse/parsers.h"

/* The question, one byte; it may be left out. */
#define ELF_ASK_FACTS 'f'

enum elf_row_kind {
	ELF_FILE = 1,
	ELF_FOUND, /* needles */
};

enum elf_tag {
	ELF_SONAME = 1, /* text */
	ELF_NEEDED,	/* texts, in their order */
	ELF_INTERP,	/* text: the loader */
	ELF_RPATH,	/* text */
	ELF_RUNPATH,	/* text */
	ELF_BUILD_ID,	/* bytes, at most WEIR_BUILD_ID_MAX */
	ELF_NOTE_TYPE,	/* text: of the package note, "deb" */
	ELF_NOTE_NAME,	/* text */
	ELF_MACHINE,	/* number: e_machine */
	ELF_TYPE,	/* number: e_type */
	ELF_CLASS,	/* number: 1, 2 */
	ELF_CUT,	/* number, 1: some part was damaged or larger than is read */
	ELF_NEEDLE,	/* numbers: index of a text that was found */
};

/* See parsers.h. */
int elf_rows(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
	     struct reply *out);

#endif /* WEIR_PARSE_ELF_ROWS_H */
