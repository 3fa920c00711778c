/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the loader looks for shared libraries on this host.
 *
 * /etc/ld.so.conf with its includes, musl's /etc/ld-musl-*.path, and the
 * directories built into the loaders. The loader's cache is not read: it may
 * be older than the disk. Directories for better processors (glibc-hwcaps)
 * come as extra candidates, because which one is taken is the loader's choice.
 */
#ifndef WEIR_INVENTORY_LIBRARY_H
#define WEIR_INVENTORY_LIBRARY_H

#include <stdbool.h>
#include <stdint.h>

struct library_paths;

/* 0 and *ret the caller's for library_free(), or -errno. */
int library_new(int root_fd, struct library_paths **ret);
struct library_paths *library_free(struct library_paths *l); /* returns NULL; takes NULL */
void library_freep(struct library_paths **l);

/* What the library has to be, to fit the program that needs it. */
struct library_fit {
	uint16_t machine;
	uint8_t class;
};

/* Non-zero ends the search and is returned. */
typedef int (*library_fn)(void *ctx, const char *path);

/*
 * Calls @fn for each file that the loader may take for @name: @search
 * (directories with colons, $ORIGIN already replaced, or NULL) goes first; the
 * search ends at the first that fits, extra candidates before it included.
 */
int library_find(const struct library_paths *l, const char *name, const char *search,
		 struct library_fit fit, library_fn fn, void *ctx);

#endif /* WEIR_INVENTORY_LIBRARY_H */
