// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a directory is known to those who use what is in it; see files.h.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/files.h"

static const char *path_of(struct files *f, const char *path, size_t len, size_t cut)
{
	if (!f->tree)
		return path + cut;
	buf_clear(&f->as);
	buf_add_str(&f->as, f->tree->as);
	if (len > strlen(f->tree->real))
		buf_add_str(&f->as, path + strlen(f->tree->real));
	return buf_str(&f->as);
}

const char *files_path(struct files *f, const struct walk_at *at, const struct view *v)
{
	return path_of(f, at->path, at->len, v->cut);
}

/* The descent to where the tree begins: each directory of its name by itself. */
static int go_to(struct files *f, const char *as, struct descent *d)
{
	CLEANUP(freep) char *path = strdup(as);
	int err;

	if (!path)
		return -ENOMEM;
	err = descent_root(f->descents, d);
	for (char *p = path + 1; *p && !err; p++) {
		char behind = p[1];

		if (*p != '/')
			continue;
		p[1] = '\0';
		err = descent_enter(f->descents, d, path, d);
		p[1] = behind;
	}
	return err;
}

static const struct layer *layer_at(const struct files *f, const struct walk_at *at)
{
	const struct layer *l;

	if (!f->layers.cnt || f->tree)
		return NULL;
	l = layers_hold(&f->layers, at->path);
	/* The layer itself, not something in it. */
	return l && strlen(l->path) + 1 == at->len ? l : NULL;
}

int view_of(struct files *f, const struct walk_at *at, const struct view *above,
	    struct view *ret)
{
	const struct layer *layer = layer_at(f, at);
	struct view v = { 0 };
	int err;

	if (layer) {
		v.layer = layer;
		v.cut = at->len - 1;
		err = descent_root(f->descents, &v.at);
	} else if (above) {
		v.layer = above->layer;
		v.cut = above->cut;
		err = descent_enter(f->descents, &above->at, path_of(f, at->path, at->len, v.cut),
				    &v.at);
	} else if (f->tree) {
		v.layer = f->tree->layer;
		v.cut = v.layer ? strlen(v.layer->path) : 0;
		err = go_to(f, f->tree->as, &v.at);
	} else {
		err = descent_root(f->descents, &v.at);
	}
	if (err)
		return err;
	*ret = v;
	return 0;
}
