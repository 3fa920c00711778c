/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Content: what one file says of itself, cheapest question first.
 *
 * The size is known from the listing; four bytes tell whether it is ELF; only
 * then is more of it read, by identity_of() and the cell, and only when it is not
 * remembered from last time.
 */
#ifndef WEIR_COLLECT_CONTENT_H
#define WEIR_COLLECT_CONTENT_H

#include "collect/survey.h"
#include "inventory/mount_table.h"

/* A regular file that was found in a directory. */
struct content_file {
	int dir_fd;
	const char *name;
	const char *where;		/* to people */
	const char *path;		/* to the matcher */
	const struct stat *st;		/* as of the listing */
	const struct mount *mount;	/* NULL: not known */
	/* Its place is: all facts are wanted, not only those that are asked for. */
	bool is_asked;
};

/* What it said. */
struct content {
	struct facts facts;
	struct identity *identity; /* owns the facts; NULL: the cache does */
	bool is_elf;
	bool is_asked; /* some indicator means the facts, or the path */
};

/*
 * 0 and *ret, to be given to content_exit(), also when the file went away; what
 * could not be read is told to the survey. -ENOMEM otherwise.
 */
int content_read(struct survey *s, const struct content_file *f, struct content *ret);
void content_exit(struct content *c);

/* By its name or mode: may it be a program, a library or a module? */
bool content_can_run(const char *name, mode_t mode);

#endif /* WEIR_COLLECT_CONTENT_H */
