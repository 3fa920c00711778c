// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/pattern.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "inventory/root.h"

struct level {
	DIR *dir;
	size_t base_len;       /* of the path up to this directory */
	const char *component; /* the starred one */
	size_t component_len;
};

struct walk {
	int root_fd;
	pattern_fn fn;
	void *ctx;
	unsigned int depth, visits;
	size_t len; /* of path */
	struct level levels[PATTERN_STARS_MAX];
	char path[WEIR_PATH_MAX];
};

static void walk_close(struct walk *w)
{
	while (w->depth)
		closedir(w->levels[--w->depth].dir);
}

bool pattern_matches(const char *component, size_t len, const char *name)
{
	const char *p = component, *end = component + len;
	const char *star = NULL, *again = NULL;

	/* Back to the last star only: linear, whatever the pattern. */
	while (*name) {
		if (p < end && *p == '*') {
			star = ++p;
			again = name;
		} else if (p < end && *p == *name) {
			p++;
			name++;
		} else if (star) {
			p = star;
			name = ++again;
		} else {
			return false;
		}
	}
	while (p < end && *p == '*')
		p++;
	return p == end;
}

/* False: longer than a path can be, so it names nothing. */
static bool append(struct walk *w, const char *name, size_t len)
{
	if (w->len + 1 + len + 1 > sizeof(w->path))
		return false;
	w->path[w->len++] = '/';
	memcpy(w->path + w->len, name, len);
	w->len += len;
	w->path[w->len] = '\0';
	return true;
}

static int push(struct walk *w, const char *component, size_t len)
{
	CLEANUP(close_fdp) int fd = -1;
	struct level *level;

	if (w->depth == PATTERN_STARS_MAX)
		return -EINVAL;
	fd = root_open(w->root_fd, w->len ? w->path : "/",
		       O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM)
		return fd;
	if (fd < 0)
		return 0;
	level = &w->levels[w->depth];
	level->dir = fdopendir(fd);
	if (!level->dir)
		return -errno;
	fd = -1;
	level->base_len = w->len;
	level->component = component;
	level->component_len = len;
	w->depth++;
	return 0;
}

/* Follows @rest up to its first star or to its end. */
static int advance(struct walk *w, const char *rest)
{
	size_t len;

	while (*rest == '/')
		rest++;
	while (*rest) {
		len = strcspn(rest, "/");
		if (memchr(rest, '*', len))
			return push(w, rest, len);
		if (!append(w, rest, len))
			return 0;
		rest += len;
		while (*rest == '/')
			rest++;
	}
	return w->len ? w->fn(w->ctx, w->path) : 0;
}

static int step(struct walk *w)
{
	struct level *level = &w->levels[w->depth - 1];
	const struct dirent *entry = readdir(level->dir);

	if (!entry) {
		closedir(level->dir);
		w->depth--;
		return 0;
	}
	if (++w->visits > PATTERN_VISITS_MAX)
		return -E2BIG;
	if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
		return 0;
	if (!pattern_matches(level->component, level->component_len, entry->d_name))
		return 0;
	w->len = level->base_len;
	if (!append(w, entry->d_name, strlen(entry->d_name)))
		return 0;
	return advance(w, level->component + level->component_len);
}

int pattern_each(int root_fd, const char *pattern, pattern_fn fn, void *ctx)
{
	CLEANUP(walk_close) struct walk w = {
		.root_fd = root_fd,
		.fn = fn,
		.ctx = ctx,
	};
	int err;

	err = advance(&w, pattern);
	while (!err && w.depth)
		err = step(&w);
	return err;
}
