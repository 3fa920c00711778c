/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guard: the files that no rule can ever block, because a host without
 * them cannot boot, be logged into or be repaired.
 *
 * It is a closure. From the members (members.h), pid 1 and the agent it goes
 * to the loader and the libraries that each needs, as the loader would find
 * them, and to the interpreters of scripts; so a listed library that PAM, NSS
 * or ld.so.preload pulls into a login is in it. A member that is absent is no
 * error. It describes the disk at one moment: an upgrade replaces files, so it
 * is built anew when packages change.
 *
 * Beside files it holds what a rule can stop by other keys: the kernel modules
 * that the host hangs on (drivers.h; their files are entries, for every kernel that
 * is installed) and the addresses without which it is cut off (reach.h).
 */
#ifndef WEIR_INVENTORY_GUARD_H
#define WEIR_INVENTORY_GUARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <weir/event.h>

#include "inventory/reach.h"

/* More than twice what a large host has; beyond it `is_cut` says so, as after a fault. */
#define GUARD_ENTRIES_MAX 16384

struct guard_entry {
	char *path; /* after links, as seen from the root */
	char *why;  /* "loader of /usr/sbin/sshd", "PAM module in /etc/pam.d/sshd" */
	dev_t dev;  /* as stat(2) says: never a kernel key */
	ino_t ino;
	uint64_t size;
	struct weir_build_id build_id; /* len 0: none */
};

struct guard_module {
	char *name, *why; /* "virtio_net", "kernel module, network device eth0" */
};

struct guard_address {
	struct reach reach;
	char text[PREFIX_TEXT_MAX];
};

/* More gateways and resolvers than that no host has; more are left out. */
#define GUARD_ADDRESSES_MAX 32

struct guard {
	struct guard_entry *entries;
	uint32_t cnt;
	struct guard_module *modules; /* by name */
	uint32_t module_cnt;
	struct guard_address addresses[GUARD_ADDRESSES_MAX];
	uint32_t address_cnt;
	bool is_cut;
	int root_fd;	 /* the guard's own */
	void *by_file;	 /* private: search tree over entries */
	void *ancestors; /* private: directories with an entry below */
};

/*
 * @own: NULL-terminated paths that belong to the agent beside its executable
 * (the canary), or NULL. Pid 1 and the agent itself are asked only when
 * @root_fd is the live root. 0 and *ret the caller's for guard_free(), or
 * -errno (-ECHILD: no parser can be started); well under a second, so not for
 * every event.
 */
int guard_new(int root_fd, const char *const *own, struct guard **ret);
struct guard *guard_free(struct guard *g); /* returns NULL; takes NULL */

/*
 * While a guard is built @fn is called between its files: on a slow host that takes
 * long, and whoever builds it may have something to do that does not wait.
 */
void guard_set_breath(void (*fn)(void *ctx), void *ctx);
void guard_freep(struct guard **g);

/* NULL: not guarded. */
const struct guard_entry *guard_find(const struct guard *g, dev_t dev, ino_t ino);

/* Any entry that lies below this directory; NULL: none. */
const struct guard_entry *guard_below(const struct guard *g, dev_t dev, ino_t ino);

/* By the kernel's spelling; NULL: not guarded. */
const struct guard_module *guard_find_module(const struct guard *g, const char *name);

#endif /* WEIR_INVENTORY_GUARD_H */
