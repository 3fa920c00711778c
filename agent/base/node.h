/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * YAML as a stream of nodes, cut down to what a configuration needs.
 *
 * libyaml's events with everything refused that lets one file mean two
 * things: anchors, aliases, tags, directives, a second document. Nothing is
 * kept but the node at hand, so a file of any length costs the same. (No
 * "yaml_" in the names: libyaml's own would be replaced by ours at load.)
 */
#ifndef WEIR_BASE_NODE_H
#define WEIR_BASE_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

struct mark { /* a place in a file, both from 1 */
	unsigned int line, col;
};

enum node_type {
	NODE_SCALAR,
	NODE_MAP,
	NODE_LIST,
	NODE_END,  /* of a map or a list */
	NODE_DONE, /* of the file */
};

struct node {
	enum node_type type;
	bool plain;	  /* written without quotes */
	const char *text; /* of a scalar; until the next node is read */
	size_t len;
	struct mark at;
};

struct nodes;

/*
 * Reads from @text, which stays the caller's and must outlive it, as must
 * @file and @d. On success *ret is the caller's, to be given to nodes_free().
 */
int nodes_new(const char *file, const char *text, size_t len, struct diag *d,
	     struct nodes **ret);
struct nodes *nodes_free(struct nodes *y); /* returns NULL; takes NULL */
void nodes_freep(struct nodes **y);

/* 0, -EINVAL with the diag filled, or -ENOMEM. After NODE_DONE only that. */
int nodes_next(struct nodes *y, struct node *ret);

/*
 * Is every byte of the file one that may be there? -EINVAL with @d filled:
 * bad UTF-8, a NUL, another control character or one that reorders text.
 */
int nodes_check_text(const char *file, const char *text, size_t len,
		    struct diag *d);

#endif /* WEIR_BASE_NODE_H */
