/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owners: which package brought a file, and which files a package brought.
 *
 * All lists of files are read once for all the paths that are asked about,
 * and only names that are asked about come out of the cell: memory goes with
 * the question, not with the host. A path is found under the name that its
 * package gave it and under the one it has here, where /bin is a link to
 * usr/bin or dpkg diverted it.
 */
#ifndef WEIR_COLLECT_OWNERS_H
#define WEIR_COLLECT_OWNERS_H

#include <stdbool.h>
#include <stdint.h>

struct survey;
struct owners; /* private */

enum owner_kind {
	OWNER_NONE,    /* no package has it */
	OWNER_UNKNOWN, /* none that could be read, and not all could */
	OWNER_DEB,
	OWNER_RPM,
	OWNER_SNAP, /* and the next: by the path alone */
	OWNER_FLATPAK,
};

struct owner {
	const char *path; /* in: absolute and normal, as root_path_of() has it */
	enum owner_kind kind;
	const char *package; /* lives as long as the owners; NULL: none known */
};

/*
 * Of @s the root, the cell and what tells of unread things are used; it must
 * outlive *ret. 0 and *ret the caller's for owners_free(), or -ENOMEM.
 */
int owners_new(struct survey *s, struct owners **ret);
struct owners *owners_free(struct owners *o); /* returns NULL; takes NULL */
void owners_freep(struct owners **o);

/* Fills in all of @asked. Each call reads the lists again. 0 or -ENOMEM. */
int owners_find(struct owners *o, struct owner *asked, uint32_t cnt);

/* What a database says of a package by that name. */
struct owner_package {
	enum owner_kind kind;
	const char *name;
	const char *arch, *version, *vendor; /* each may be NULL */
	bool is_removed; /* its configuration is left */
};

struct owners_fn {
	int (*package)(void *ctx, const struct owner_package *p);
	int (*file)(void *ctx, const char *path); /* of the last package; as it lies here */
	void *ctx;
};

/* Both of @fn return 0 or -ENOMEM. -ENOENT: no database has such a package. */
int owners_explain(struct owners *o, const char *package, const struct owners_fn *fn);

#endif /* WEIR_COLLECT_OWNERS_H */
