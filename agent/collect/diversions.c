// SPDX-License-Identifier: GPL-2.0-only
#include "collect/diversions.h"

#include <errno.h>
#include <string.h>

#include "collect/dpkgdb.h"

/* A host has some dozens. */
#define DIVERSIONS_MAX 100000

static int take(void *ctx, const char *from, const char *to, const char *package)
{
	struct diversions *d = ctx;
	struct diversion *new;
	uint32_t old;

	if (d->list.cnt == DIVERSIONS_MAX)
		return -E2BIG;
	new = arena_list_add(&d->arena, &d->list, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->from = arena_strndup(&d->arena, from, strlen(from));
	new->to = arena_strndup(&d->arena, to, strlen(to));
	new->package = package ? arena_strndup(&d->arena, package, strlen(package)) : NULL;
	if (!new->from || !new->to || (package && !new->package))
		return -ENOMEM;
	return index_put(&d->by_from, new->from, 0, d->list.cnt - 1, &old);
}

int diversions_read(struct diversions *d, struct survey *s)
{
	int err = dpkgdb_diversions(s, take, d);

	return err == -ENOENT ? 0 : err;
}

void diversions_exit(struct diversions *d)
{
	index_exit(&d->by_from);
	arena_exit(&d->arena);
}

const char *diversions_of(const struct diversions *d, const char *path, const char *package)
{
	const struct diversion *list = d->list.item;
	uint32_t at = d->list.cnt ? index_get(&d->by_from, path, 0) : INDEX_NONE;

	if (at == INDEX_NONE || (list[at].package && !strcmp(list[at].package, package)))
		return NULL;
	return list[at].to;
}
