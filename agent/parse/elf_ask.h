/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a cell's ELF parser answers, as the facts that the parser itself had.
 */
#ifndef WEIR_PARSE_ELF_ASK_H
#define WEIR_PARSE_ELF_ASK_H

#include "parse/cell.h"
#include "parse/elf.h"

/*
 * Asks @c about @fd. found[i] is set for each of the cell's needles that
 * stands in the file; @found is the caller's, zeroed, @found_cnt long; NULL:
 * not searched for. @time_ns as for cell_ask(). 0, -ENOEXEC when it is not ELF, or as cell_ask().
 *
 * *ret is the caller's for elf_free(), also with an error when the facts came
 * before it; else NULL. It has neither loads nor the text of the package note.
 */
int elf_ask(struct cell *c, int fd, bool *found, uint32_t found_cnt, uint64_t time_ns,
	    struct elf_facts **ret);

#endif /* WEIR_PARSE_ELF_ASK_H */
