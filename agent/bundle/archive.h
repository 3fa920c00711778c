/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Archives: the subset of ustar that a bundle is made of. Administrators look
 * into one with tar(1), and hosts need no library and no forgiving reader.
 *
 * Regular files only, with names of at most 99 bytes in the order of their
 * bytes, each once; two empty blocks at the end and nothing but zeros behind
 * them. Pure: the reader points into the bytes it was given.
 */
#ifndef WEIR_BUNDLE_ARCHIVE_H
#define WEIR_BUNDLE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define ARCHIVE_FILES_MAX 4096
#define ARCHIVE_NAME_MAX 100 /* with its NUL */

struct archive_file {
	char name[ARCHIVE_NAME_MAX];
	const char *data; /* borrowed from the archive */
	size_t len;
};

struct archive {
	struct archive_file *files;
	uint32_t cnt;
};

/* Do these bytes look like one? */
bool archive_is(const char *bytes, size_t len);

/* 0 and *ret for archive_exit(); -EINVAL with *@why a phrase for people; -ENOMEM. */
int archive_read(const char *bytes, size_t len, struct archive *ret, const char **why);
void archive_exit(struct archive *a);
const struct archive_file *archive_find(const struct archive *a, const char *name);

/* The same bytes for the same files on every host. @name is short enough. */
void archive_add(struct buf *out, const char *name, const void *data, size_t len, int64_t mtime_s);
void archive_end(struct buf *out);

#endif /* WEIR_BUNDLE_ARCHIVE_H */
