/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Installed: what a freeze lets run, the files of each product as they were
 * when its freeze began.
 *
 * Until then the set follows the inventory; from then on it stays as it is,
 * over restarts, policies and whatever is installed meanwhile, until the
 * product is no longer frozen. A product that was not here at all when its
 * freeze began has an empty set, which is not the same as having none.
 */
#ifndef WEIR_INVENTORY_INSTALLED_H
#define WEIR_INVENTORY_INSTALLED_H

#include "inventory/known.h"
#include "policy/compile.h"

struct installed {
	struct known files;
	char **frozen; /* ids of products whose freeze has begun */
	uint32_t frozen_cnt;
	/* The whole host was looked through at least once: the sets mean something. */
	bool is_counted;
};

/*
 * The sets under a new table: of products that @t does not freeze at @now_ns
 * what is @known now, of those it does what was in @old, or what is known now
 * when their freeze has only begun. 0 and *ret for installed_exit(), or -ENOMEM.
 */
int installed_make(const struct installed *old, const struct known *known,
		   const struct compiled *t, const struct catalog *c, uint64_t now_ns,
		   struct installed *ret);
void installed_exit(struct installed *in);

/*
 * Dates come without anybody loading a table: of products that @t, which is in
 * force, freezes at @now_ns the sets stay as they are from here on. How many have
 * begun to since they were last asked for, or -ENOMEM.
 */
int installed_begin(struct installed *in, const struct compiled *t, const struct catalog *c,
		    uint64_t now_ns);

/* As known_read() and known_write(). */
int installed_read(const char *path, struct installed *in);
int installed_write(const char *path, const struct installed *in);

#endif /* WEIR_INVENTORY_INSTALLED_H */
