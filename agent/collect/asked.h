/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asked: the spelling of a path that the catalogue means.
 *
 * A unit says /bin/tool, a crontab says tool, PAM says pam_tool.so, and the
 * catalogue knows /usr/bin/tool or the directory that a link leads to.
 */
#ifndef WEIR_COLLECT_ASKED_H
#define WEIR_COLLECT_ASKED_H

#include "collect/survey.h"

/*
 * All of them: 0 with the caller's to free() in *ret, NULL when no indicator
 * means it, or -ENOMEM.
 */

/* @path as it stands, or as it is once links are followed. */
int asked_path(struct survey *s, const char *path, char **ret);

/* @name in a directory that programs are looked up in. */
int asked_program(struct survey *s, const char *name, char **ret);

/* Where libraries of the host lie; a zeroed one is filled by the first question. */
struct library_places {
	char **list;
	size_t cnt;
};

/* @name, of a PAM or NSS module or a library, where it exists. */
int asked_library(struct survey *s, struct library_places *places, const char *name, char **ret);
void library_places_exit(struct library_places *p);

#endif /* WEIR_COLLECT_ASKED_H */
