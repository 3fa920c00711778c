/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identity: the facts of one file, as far as only user space can tell them.
 *
 * Everything is bounded: a file is hashed only when the catalogue knows its
 * size, searched for texts only when it is ELF, and read at all only when it
 * is a regular file on a file system that answers without asking a process
 * or another host; for the others the path alone is told.
 */
#ifndef WEIR_INVENTORY_IDENTITY_H
#define WEIR_INVENTORY_IDENTITY_H

#include <stdint.h>
#include <sys/stat.h>

#include "match/facts.h"
#include "parse/cell.h"
#include "parse/elf.h"

/* Larger files are not hashed; no catalogue lists any. */
#define IDENTITY_HASH_BYTES_MAX (2ULL << 30)

/* What the catalogue makes worth looking for. Immutable, counted. */
struct expectation;

/*
 * From the catalogue, which need not outlive it. ELF strings below
 * NEEDLE_LEN_MIN bytes are not looked for. 0 and one reference in *ret, to be
 * dropped by expectation_put(), or -ENOMEM.
 */
int expectation_new(const struct catalog *c, struct expectation **ret);
struct expectation *expectation_get(struct expectation *x);
void expectation_put(struct expectation *x); /* takes NULL */

/* A cell that looks for what @x makes worth it; the caller's for cell_free(). */
int expectation_cell(const struct expectation *x, struct cell **ret);

/* Does the catalogue list a file of this size? Only such are hashed. */
bool expectation_has_size(const struct expectation *x, uint64_t size);

struct identity {
	struct facts facts; /* borrows from what follows */
	struct stat st;	    /* no key is made of it */
	char *path;
	int err;   /* 0, or why facts other than the path are missing or partial */
	enum cell_fault fault; /* of the cell over this file; then .err is set too */
	char *why;	       /* in words; NULL without a fault */
	bool is_elf;
	/* private */
	struct elf_facts *elf;
	struct fact *others;
	struct expectation *expectation;
};

/*
 * What can be told of the file behind @path_fd (O_PATH suffices), known as
 * @path. @cell: of this @x. @pid: whose mounts it may be on, 0: ours. 0 and *ret the caller's for
 * identity_free(), with identity.err telling what went wrong on the way, or
 * -ENOMEM.
 */
int identity_of(struct expectation *x, struct cell *cell, int path_fd, const char *path,
		uint32_t pid, struct identity **ret);

/*
 * The same of @fd, which is open for reading and on a file system that is known
 * to answer, for who may wait: a large file has the time that it takes.
 */
int identity_of_open(struct expectation *x, struct cell *cell, int fd, const char *path,
		     struct identity **ret);
struct identity *identity_free(struct identity *i); /* returns NULL; takes NULL */
void identity_freep(struct identity **i);

#endif /* WEIR_INVENTORY_IDENTITY_H */
