/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the policy turned into files of this host.
 *
 * A path, a directory or a kernel module that the catalogue names is looked
 * for, with its stars, and each existing file is handed to the caller open.
 * Links are followed as exec follows them, so the file is the one that would
 * run, and a merged /usr or an /opt that is a link needs no case of its own.
 * Modules are looked for in the running kernel's tree, which is read once;
 * `-` and `_` are the same there. One descriptor is open at a time.
 *
 * These walks may wait for a dead network mount: not for the main loop.
 */
#ifndef WEIR_INVENTORY_NAMES_H
#define WEIR_INVENTORY_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "policy/compile.h"

struct resolved {
	const char *path; /* as found, before links; valid during the call */
	int fd;		  /* O_PATH of the target; set to -1 to keep it */
	uint32_t name;	  /* index of the name_key */
	bool is_link;	  /* the last component is a link: others may use the target */
	struct stat st;	  /* of the target; no key is made of it */
};

/* Non-zero ends the walk and is returned. */
typedef int (*names_fn)(void *ctx, struct resolved *r);

/*
 * Calls @fn for each existing file (path, module) or directory (dir) that one
 * of @names means below @root_fd; a file with two names comes twice. 0,
 * -E2BIG when all was tried but some pattern had too much to look through,
 * -errno, or what @fn returned.
 */
int names_resolve(const struct name_key *names, uint32_t cnt, int root_fd, names_fn fn,
		  void *ctx);

/*
 * The module that a file name says: "vmw_vmci" of "vmw-vmci.ko.xz". False when
 * it is no module's name.
 */
bool names_module_of(const char *file_name, char *out, size_t size);

#endif /* WEIR_INVENTORY_NAMES_H */
