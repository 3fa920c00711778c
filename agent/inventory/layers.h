/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layers: the directories on this disk that are roots of other systems, or of
 * parts of them.
 *
 * A container's software lies in the store of its engine whether it runs or
 * not. What is found there is at /var/lib/docker/overlay2/X/diff/opt/tool and
 * means /opt/tool: whoever searches a layer takes its path off the front.
 * Stores are looked for where their engines keep them by default, where their
 * configuration says, and in homes. Nothing is mounted, nothing is asked of
 * an engine.
 */
#ifndef WEIR_INVENTORY_LAYERS_H
#define WEIR_INVENTORY_LAYERS_H

#include <stdbool.h>
#include <stdint.h>

/* A host with more is read up to here, and layers.is_cut says so. */
#define LAYERS_MAX 20000

struct layer {
	char *path; /* absolute below the root, without a slash at its end */
	char *label; /* "docker 3f9c...", "lxc web1"; never NULL */
};

struct layers {
	struct layer *list; /* by path, each once */
	uint32_t cnt, cap;
	bool is_cut;
};

/* 0 and *ret the caller's for layers_free(), or -ENOMEM. */
int layers_find(int root_fd, struct layers *ret);
void layers_free(struct layers *l); /* a zeroed one too */

/* The layer that @path lies in; NULL: none. */
const struct layer *layers_hold(const struct layers *l, const char *path);

#endif /* WEIR_INVENTORY_LAYERS_H */
