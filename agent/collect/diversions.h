/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Diversions of dpkg: files that lie elsewhere than their package's list says,
 * since another package or the administrator wanted their place.
 */
#ifndef WEIR_COLLECT_DIVERSIONS_H
#define WEIR_COLLECT_DIVERSIONS_H

#include "base/arena.h"
#include "base/index.h"

struct survey;

struct diversion {
	const char *from, *to;
	const char *package; /* whose file at @from stays; NULL: the administrator's, none does */
};

/* A zeroed struct has none. */
struct diversions {
	struct arena arena;
	struct arena_list list; /* struct diversion */
	struct index by_from;
};

/* 0, also when there is no such file; -ENOMEM, or why not all were read. */
int diversions_read(struct diversions *d, struct survey *s);
void diversions_exit(struct diversions *d);

/* Where @path of @package lies. NULL: where the list says. */
const char *diversions_of(const struct diversions *d, const char *path, const char *package);

#endif /* WEIR_COLLECT_DIVERSIONS_H */
