// SPDX-License-Identifier: GPL-2.0-only
#include "collect/links.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "collect/files.h"
#include "inventory/root.h"

void links_exit(struct links *l)
{
	for (uint32_t i = 0; i < l->cnt; i++) {
		free(l->list[i].as);
		free(l->list[i].real);
	}
	free(l->list);
	memset(l, 0, sizeof(*l));
}

static bool has(const struct links *l, const struct link_tree *t)
{
	for (uint32_t i = 0; i < l->cnt; i++)
		if (!strcmp(l->list[i].as, t->as) && !strcmp(l->list[i].real, t->real))
			return true;
	return false;
}

static void tree_exit(struct link_tree *t)
{
	free(t->as);
	free(t->real);
}

static char *with_slash(const char *path)
{
	size_t len = strlen(path);
	char *text = malloc(len + 2);

	if (!text)
		return NULL;
	memcpy(text, path, len);
	if (!len || path[len - 1] != '/')
		text[len++] = '/';
	text[len] = '\0';
	return text;
}

static int grow(struct links *l)
{
	uint32_t cap = l->cap ? 2 * l->cap : 16;
	struct link_tree *more;

	if (l->cnt < l->cap)
		return 0;
	more = reallocarray(l->list, cap, sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->list = more;
	l->cap = cap;
	return 0;
}

static int add(struct files *f, const char *as, const char *real, const struct layer *layer)
{
	CLEANUP(tree_exit) struct link_tree t = {
		.as = with_slash(as),
		.real = with_slash(real),
		.layer = layer,
		.depth = f->tree ? f->tree->depth + 1 : 0,
	};
	struct links *l = &f->links;

	if (!t.as || !t.real)
		return -ENOMEM;
	if (has(l, &t))
		return 0;
	if (l->cnt == LINKS_MAX || t.depth > LINK_DEPTH_MAX) {
		survey_unread(f->s, -ELOOP, "%s", as);
		return 0;
	}
	if (grow(l))
		return -ENOMEM;
	l->list[l->cnt++] = t;
	t = (struct link_tree){ 0 };
	return 0;
}

/* Below @base_fd, without leaving it or asking another file system. */
static int open_near(int base_fd, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	int fd = (int)syscall(SYS_openat2, base_fd, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

/*
 * The text of the link, read as a path from the base: "../x" and "a/../b" are
 * taken by their letters. It only decides whether a mount on the way may hang.
 */
static bool is_prompt(const struct files *f, const char *link, const char *text)
{
	CLEANUP(freep) char *path = malloc(strlen(link) + strlen(text) + 3);
	char *end, *part, *save = NULL, *copy;
	bool is;

	if (!path)
		return false;
	end = path;
	if (text[0] != '/')
		end = mempcpy(path, link, (size_t)(strrchr(link, '/') - link));
	*end = '\0';
	copy = strdup(text);
	for (part = copy ? strtok_r(copy, "/", &save) : NULL; part;
	     part = strtok_r(NULL, "/", &save)) {
		if (!strcmp(part, "."))
			continue;
		if (strcmp(part, "..") != 0) {
			*end++ = '/';
			end = mempcpy(end, part, strlen(part) + 1);
			end--;
			continue;
		}
		while (end > path && *--end != '/')
			;
		*end = '\0';
	}
	is = copy && mount_table_is_prompt(walk_mounts(f->walk), end > path ? path : "/");
	free(copy);
	return is;
}

/* What the link leads to: an O_PATH descriptor of a directory, or -errno. */
static int resolve(struct files *f, const struct walk_at *at, const struct view *v)
{
	CLEANUP(close_fdp) int layer_fd = -1;
	char text[WEIR_PATH_MAX];
	ssize_t len;
	int base_fd = f->s->root_fd, fd;

	if (v->layer) {
		layer_fd = root_open(f->s->root_fd, v->layer->path, O_PATH | O_DIRECTORY);
		if (layer_fd < 0)
			return layer_fd;
		base_fd = layer_fd;
	}
	fd = open_near(base_fd, at->path + v->cut);
	if (fd != -EXDEV)
		return fd;
	len = readlinkat(at->dir_fd, at->path + at->name, text, sizeof(text) - 1);
	if (len < 0)
		return -errno;
	text[len] = '\0';
	if (!is_prompt(f, at->path, text))
		return -EREMOTE;
	return root_open(base_fd, at->path + v->cut, O_PATH | O_DIRECTORY);
}

/* Not the root, not a directory in it, and none that the link itself lies in. */
static bool is_narrow(const char *real, const char *link)
{
	size_t len = strlen(real);

	return strchr(real + 1, '/') && (strncmp(real, link, len) != 0 || link[len] != '/');
}

int links_add(struct files *f, const struct walk_at *at, const struct view *v,
	      const char *as, bool leads)
{
	CLEANUP(freep) char *real = NULL;
	CLEANUP(close_fdp) int fd = resolve(f, at, v);
	int err;

	if (fd == -EREMOTE)
		survey_unread(f->s, fd, "%s", at->path);
	if (fd < 0) /* to nowhere, to a file, or in circles */
		return 0;
	err = root_path_of(f->s->root_fd, fd, &real);
	if (err)
		return err == -ENOMEM ? err : 0;
	/* A product's directory that is a link to half of the host makes it no product. */
	if (!leads && !is_narrow(real, at->path))
		return 0;
	return add(f, as, real, v->layer);
}

static int add_merged(struct files *f, const struct layer *l, const char *name)
{
	char link[16], real[WEIR_PATH_MAX], here[WEIR_PATH_MAX];
	CLEANUP(close_fdp) int own = -1;
	CLEANUP(close_fdp) int fd = -1;

	snprintf(link, sizeof(link), "/%s/", name);
	if (snprintf(here, sizeof(here), "%s/%s", l->path, name) >= (int)sizeof(here) ||
	    snprintf(real, sizeof(real), "%s/usr/%s", l->path, name) >= (int)sizeof(real))
		return 0;
	own = root_open(f->s->root_fd, here, O_PATH | O_NOFOLLOW);
	fd = root_open(f->s->root_fd, real, O_PATH | O_NOFOLLOW | O_DIRECTORY);
	return own < 0 && fd >= 0 ? add(f, link, real, l) : 0;
}

int links_of_layers(struct files *f)
{
	static const char *const names[] = { "bin", "sbin", "lib", "lib32", "lib64", "libx32" };
	struct descent root, d;
	char dir[16];
	int err;

	err = descent_root(f->descents, &root);
	for (size_t n = 0; n < ARRAY_SIZE(names) && !err; n++) {
		snprintf(dir, sizeof(dir), "/%s/", names[n]);
		err = descent_enter(f->descents, &root, dir, &d);
		for (uint32_t i = 0; i < f->layers.cnt && !err && descent_leads(&d); i++)
			err = add_merged(f, &f->layers.list[i], names[n]);
		if (!err)
			descent_leave(f->descents, &d);
	}
	if (!err)
		descent_leave(f->descents, &root);
	return err;
}
