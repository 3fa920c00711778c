/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stores: where the container engines of a host keep images and containers.
 *
 * By default, by their configuration, and in the homes of those who run one
 * without being root. A configuration is not parsed: one key is looked for,
 * and what it says is only a further place to look at.
 */
#ifndef WEIR_INVENTORY_STORES_H
#define WEIR_INVENTORY_STORES_H

enum store_kind {
	STORE_DOCKER,	  /* its data-root */
	STORE_CONTAINERD, /* its root; also the one inside docker and Kubernetes' own */
	STORE_CONTAINERS, /* containers-storage: podman, buildah, CRI-O */
};

/* @path: absolute, of a directory that may hold a store and may not exist. */
typedef int (*store_fn)(void *ctx, enum store_kind kind, const char *path);

/* Calls @fn for each; non-zero ends it and is returned. Else 0 or -ENOMEM. */
int stores_each(int root_fd, store_fn fn, void *ctx);

#endif /* WEIR_INVENTORY_STORES_H */
