/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Package: an entry of a package database that an indicator means, whichever
 * database it is.
 */
#ifndef WEIR_COLLECT_PACKAGE_H
#define WEIR_COLLECT_PACKAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "catalog/catalog.h"

struct survey;

/* Kept of one database. No catalogue means a tenth of that. */
#define PACKAGES_MAX 4096

struct package {
	enum indicator_kind kind; /* IND_DEB, IND_RPM */
	const char *name;
	/* Each may be NULL. */
	const char *arch, *version;
	const char *vendor;   /* as the database has it */
	const char *packager; /* "Name <mail>" */
	const char *list;     /* as in struct dpkg_package */
	unsigned int state;   /* the higher the more is installed */
	int64_t changed;
	bool is_listed; /* by its name, as a product and not as what resembles one */
};

struct packages {
	struct arena arena;
	struct arena_list list; /* struct package */
};

/*
 * Keeps a copy when an indicator means it, and sets is_listed. Of two of one
 * name and architecture the one that is installed stays. 0, -E2BIG beyond
 * PACKAGES_MAX, -ENOMEM.
 */
int packages_offer(struct packages *p, struct survey *s, const struct package *package);
void packages_exit(struct packages *p);

/* Gives the trace of number @i. @detail may be empty. What take() returned. */
int packages_take(const struct packages *p, uint32_t i, struct survey *s, uint32_t flags,
		  const char *detail);

#endif /* WEIR_COLLECT_PACKAGE_H */
