/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links: directories that have a second name.
 *
 * /bin is usr/bin on most hosts, and /opt/tool may be a link to another disk.
 * A walk does not follow links; but where an indicator's path leads through
 * one, what is behind it is asked for under that name as well. So links on the
 * way of some indicator are remembered, and walked later for their names alone.
 */
#ifndef WEIR_COLLECT_LINKS_H
#define WEIR_COLLECT_LINKS_H

#include <stdbool.h>
#include <stdint.h>

struct files;
struct layer;
struct view;
struct walk_at;

/* More are told as unread. */
#define LINKS_MAX 4096

/* Links behind links; the kernel stops at 40. */
#define LINK_DEPTH_MAX 8

struct link_tree {
	char *as;   /* the name, "/bin/" */
	char *real; /* what it leads to, below the root, with a slash at its end */
	const struct layer *layer; /* that both lie in; NULL: none */
	unsigned int depth;
};

struct links {
	struct link_tree *list;
	uint32_t cnt, cap;
};

/*
 * The link at @at, which may lead to a directory. @as: its name for the
 * matcher, with a slash; @leads: an indicator's path goes through it, else
 * one only means the link itself. 0 or -ENOMEM.
 */
int links_add(struct files *f, const struct walk_at *at, const struct view *v,
	      const char *as, bool leads);

/* The names that a merged /usr would have in each layer, most of which lack the links. */
int links_of_layers(struct files *f);
void links_exit(struct links *l);

#endif /* WEIR_COLLECT_LINKS_H */
