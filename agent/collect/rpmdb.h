/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The database of rpm below a root, read through the rpm of this host.
 *
 * There are three formats, and only rpm reads them all. Rpm also writes where
 * it reads (a lock, a log of sqlite's) and wants to be root for it; so it is
 * given a copy, in a directory of its own, and runs as nobody. What is looked
 * at stays as it was. What rpm prints is parsed in the cell.
 */
#ifndef WEIR_COLLECT_RPMDB_H
#define WEIR_COLLECT_RPMDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct survey;
struct rpmdb; /* private */

/* A larger database is not read: the largest known have half a gigabyte. */
#define RPMDB_BYTES_MAX (1ULL << 30)

/* What rpm may print: 4,000 packages with all their files are 50 MiB. */
#define RPMDB_OUTPUT_BYTES_MAX (512ULL << 20)

#define RPMDB_TIME_NS 30000000000ULL

struct rpm_package {
	const char *name;
	const char *version, *arch, *vendor, *packager; /* each may be NULL */
	int64_t changed;
};

struct rpm_file {
	const char *path;
	uint32_t mode;
	bool is_there; /* as the database has it */
};

/* Called in order: a package, then its files. 0 or -ENOMEM; they ask the cell nothing. */
struct rpm_reader {
	int (*package)(void *ctx, const struct rpm_package *p);
	int (*file)(void *ctx, const struct rpm_file *f); /* NULL: files are not asked for */
	void *ctx;
	/* For the last component of the files' paths; 0: all are wanted. */
	const uint8_t *sieve;
	size_t sieve_bytes;
};

/*
 * 0 with *ret the caller's for rpmdb_close(), NULL when there is no database
 * or it could not be opened: *ret_is_whole false, and the survey was told. Or
 * -ENOMEM.
 */
int rpmdb_open(struct survey *s, struct rpmdb **ret, bool *ret_is_whole);
struct rpmdb *rpmdb_close(struct rpmdb *db); /* returns NULL; takes NULL */
void rpmdb_closep(struct rpmdb **db);

/*
 * Reads all packages, or the installed ones of those names (NULL-terminated).
 * 0 or -ENOMEM; what could not be read is told, and *ret_is_whole false.
 */
int rpmdb_read(struct rpmdb *db, struct survey *s, const char *const *names,
	       const struct rpm_reader *reader, bool *ret_is_whole);

#endif /* WEIR_COLLECT_RPMDB_H */
