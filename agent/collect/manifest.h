/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Manifest: the files that a package says it has, held against what is there.
 *
 * An entry of a package database is a claim. It is borne out by one file that
 * exists; directories prove nothing, and no list is no proof. Documentation
 * may be left out when a package is installed, so its absence is not told.
 */
#ifndef WEIR_COLLECT_MANIFEST_H
#define WEIR_COLLECT_MANIFEST_H

#include "base/arena.h"
#include "catalog/catalog.h"

struct survey;

/* Bounds what a forged list costs; the largest packages known have 60,000. */
#define MANIFEST_PATHS_MAX 400000

/* Zeroed but for the first three, and given to manifest_exit(). Not to be moved. */
struct manifest {
	struct survey *survey;
	enum indicator_kind kind; /* IND_DEB, IND_RPM */
	const char *package;
	/* Where a listed path lies since another package diverted it; NULL: none is. */
	const char *(*diverted)(void *ctx, const char *path, const char *package);
	void *diverted_ctx;

	uint32_t path_cnt;
	uint32_t file_cnt;    /* listed files, as far as one can tell of what is absent */
	uint32_t here_cnt;    /* of these, there */
	uint32_t missing_cnt; /* of these, absent, and no documentation */
	char *absent;	      /* the last path that is absent: a directory or a file? */
	struct arena arena;
	struct arena_list runnable; /* char *: programs, libraries, modules that exist */
};

/* 0, -E2BIG beyond MANIFEST_PATHS_MAX, -ENOMEM. */
int manifest_add(struct manifest *m, const char *path);

/* After the last; then the counts hold. */
void manifest_close(struct manifest *m);

/* Why the claim is not borne out, or what is missing; empty when all is well. */
void manifest_detail(const struct manifest *m, char *out, size_t size);

/* A trace for each file that can run or be loaded. 0 or what take() returned. */
int manifest_take(struct manifest *m);

void manifest_exit(struct manifest *m);

#endif /* WEIR_COLLECT_MANIFEST_H */
