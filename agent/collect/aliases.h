/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Aliases: directories that are links to others, as /bin is to usr/bin, so
 * that two names of one file can be told to be one.
 *
 * Looked for where distributions and administrators make them: in the root,
 * in /usr, in /var and in /opt. Which way a package wrote a path does not
 * matter then; both become the one that the file system has.
 */
#ifndef WEIR_COLLECT_ALIASES_H
#define WEIR_COLLECT_ALIASES_H

#include <stddef.h>
#include <stdint.h>

/* A host has a handful. */
#define ALIASES_MAX 64

struct alias {
	char *from, *to; /* without a slash at the end */
};

struct aliases {
	struct alias list[ALIASES_MAX];
	uint32_t cnt;
};

/* 0 or -ENOMEM. */
int aliases_read(struct aliases *a, int root_fd);
void aliases_exit(struct aliases *a);

/* @path itself, or what it becomes, in @buf; NULL: that is too long. */
const char *aliases_of(const struct aliases *a, const char *path, char *buf, size_t size);

#endif /* WEIR_COLLECT_ALIASES_H */
