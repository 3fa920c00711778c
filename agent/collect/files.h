/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files: what of the catalogue lies in the file systems, by place, by name and
 * by content.
 *
 * One walk over the tree and its local mounts, then one over each link to a
 * directory through which an indicator's path leads (links.h). Inside the
 * store of a container engine paths count from the layer's root.
 *
 * A trace is made of each directory, link, socket, device and file that an
 * indicator means by its own name, of each file whose content one means, and
 * below a directory that one means of all that may run: the thousand icons of
 * a product say no more than its directory.
 */
#ifndef WEIR_COLLECT_FILES_H
#define WEIR_COLLECT_FILES_H

#include "base/buf.h"
#include "collect/links.h"
#include "collect/survey.h"
#include "collect/walk.h"
#include "inventory/layers.h"
#include "match/descent.h"

/* A directory on the way down, as those see it who use what is in it. */
struct view {
	struct descent at;
	const struct layer *layer; /* NULL: none */
	size_t cut; /* of the path: what lies above the layer's root */
};

struct files {
	struct survey *s;
	struct descents *descents;
	struct layers layers;
	struct walk *walk;
	struct view *views; /* a stack */
	uint32_t view_cnt, view_cap;
	struct links links;
	const struct link_tree *tree; /* that is walked; NULL: the root itself */
	struct buf as;	  /* a path as seen through the link */
	uint64_t seen;
};

/* How the path of @at is known to the catalogue; borrowed until the next call. */
const char *files_path(struct files *f, const struct walk_at *at, const struct view *v);

/*
 * The view of the directory @at, which lies in @above (NULL: it is where the
 * walk begins). Its descent is to be left. 0 or -ENOMEM.
 */
int view_of(struct files *f, const struct walk_at *at, const struct view *above,
	    struct view *ret);

#endif /* WEIR_COLLECT_FILES_H */
