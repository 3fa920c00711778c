/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The database of dpkg below a root, read without dpkg and without its lock:
 * what is installed, and which files came with it.
 *
 * The bytes are parsed in the cell, and its answers checked again, as they
 * become names of files to open. Functions that are handed over are called
 * while the cell answers, so they ask it nothing, and return 0 or -ENOMEM.
 */
#ifndef WEIR_COLLECT_DPKGDB_H
#define WEIR_COLLECT_DPKGDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parse/dpkg.h"

struct survey;

#define DPKGDB_STATUS "/var/lib/dpkg/status"

struct dpkg_package {
	const char *name;
	const char *arch; /* NULL: unknown */
	const char *version, *maintainer, *vendor; /* each may be NULL */
	enum dpkg_state state;
	/* Of status.d: the file that names its files, else NULL. */
	const char *list;
};

/*
 * All packages, also those that are not installed. Names are valid. What
 * cannot be read is told to the survey, and makes *ret_is_whole false.
 */
int dpkgdb_packages(struct survey *s, int (*fn)(void *ctx, const struct dpkg_package *p),
		    void *ctx, bool *ret_is_whole);

/*
 * The paths of one package, all, or those whose last component passes the
 * sieve. -ENOENT: there is no list; -errno: it could not be read, in whole or
 * in part. *ret_changed (may be NULL): when the list was written.
 */
int dpkgdb_files(struct survey *s, const struct dpkg_package *p, const uint8_t *sieve,
		 size_t sieve_bytes, int (*fn)(void *ctx, const char *path), void *ctx,
		 int64_t *ret_changed);

/* @package: who diverts, its own files stay; NULL: the administrator. -ENOENT: none. */
int dpkgdb_diversions(struct survey *s,
		      int (*fn)(void *ctx, const char *from, const char *to,
				const char *package),
		      void *ctx);

#endif /* WEIR_COLLECT_DPKGDB_H */
