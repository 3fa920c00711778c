/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Presence: what there is by a name, on this host or in a tree: a package with
 * its files, a unit with its program, a user, a module; and what that amounts
 * to, by the same findings as of a scan.
 *
 * Asks the collectors that know things by their names, and of the files of a
 * package only their places: weir explain FILE looks into one.
 */
#ifndef WEIR_CMD_PRESENCE_H
#define WEIR_CMD_PRESENCE_H

#include "base/arena.h"
#include "cmd/look.h"

/* Told of a package's files; more are counted. */
#define PRESENCE_FILES_MAX 8

struct presence_file {
	const char *path;
	uint32_t product; /* that its place is listed for */
};

struct presence {
	struct look look; /* things by that name alone */
	/* The package of that name; NULL version: there is none. */
	const char *manager; /* "dpkg", "rpm" */
	const char *version, *vendor;
	bool is_removed; /* its configuration is left */
	uint32_t file_cnt, listed_cnt;
	struct presence_file files[PRESENCE_FILES_MAX];
	uint32_t told_cnt; /* of files */
	struct arena texts; /* private */
};

/*
 * Borrows @c. @root_fd: where to look. 0 and *ret is to be given to
 * presence_exit(), or -errno.
 */
int presence_of(const struct catalog *c, int root_fd, const char *name, struct presence *ret);
void presence_exit(struct presence *p);

/* Was anything seen by that name, listed or not? */
bool presence_is_here(const struct presence *p);

#endif /* WEIR_CMD_PRESENCE_H */
