/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A temporary tree of files for tests, gone when the test ends. Failure to
 * build it is failure of the machine: it aborts.
 */
#ifndef WEIR_TESTS_TREE_H
#define WEIR_TESTS_TREE_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tree {
	char base[64];
	int fd;
};

static inline void tree_must(bool fine, const char *what)
{
	if (fine)
		return;
	perror(what);
	abort();
}

static inline void tree_init(struct tree *t)
{
	snprintf(t->base, sizeof(t->base), "/tmp/weir-test-XXXXXX");
	tree_must(mkdtemp(t->base) != NULL, "mkdtemp");
	t->fd = open(t->base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	tree_must(t->fd >= 0, t->base);
}

static inline int tree_unlink(const char *path, const struct stat *st, int type,
			      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void tree_exit(struct tree *t)
{
	nftw(t->base, tree_unlink, 16, FTW_DEPTH | FTW_PHYS);
	close(t->fd);
}

/* All directories above @path, "/a/b/c" below the tree. */
static inline void tree_parents(const struct tree *t, const char *path)
{
	char dir[4096];

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(dir, sizeof(dir), "%s%.*s", t->base, (int)(p - path), path);
		tree_must(!mkdir(dir, 0755) || errno == EEXIST, dir);
	}
}

static inline void tree_bytes(const struct tree *t, const char *path, const void *bytes,
			      size_t len)
{
	char full[4096];
	FILE *f;

	tree_parents(t, path);
	snprintf(full, sizeof(full), "%s%s", t->base, path);
	f = fopen(full, "we");
	tree_must(f != NULL, full);
	tree_must(fwrite(bytes, 1, len, f) == len && !fclose(f), full);
}

static inline void tree_text(const struct tree *t, const char *path, const char *text)
{
	tree_bytes(t, path, text, strlen(text));
}

static inline void tree_dir(const struct tree *t, const char *path)
{
	char full[4096];

	tree_parents(t, path);
	snprintf(full, sizeof(full), "%s%s", t->base, path);
	tree_must(!mkdir(full, 0755), full);
}

static inline void tree_link(const struct tree *t, const char *target, const char *path)
{
	char full[4096];

	tree_parents(t, path);
	snprintf(full, sizeof(full), "%s%s", t->base, path);
	tree_must(!symlink(target, full), full);
}

#endif /* WEIR_TESTS_TREE_H */
