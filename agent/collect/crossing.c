// SPDX-License-Identifier: GPL-2.0-only
#include "collect/crossing.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "inventory/root.h"

/* Mounts may come while we walk; somebody who mounts in a loop is not followed for ever. */
#define TABLES_MAX 64

struct beginning {
	dev_t dev;
	ino_t ino;
	bool is_met;
};

struct crossing {
	int root_fd; /* borrowed */
	struct mount_table *tables[TABLES_MAX];
	uint32_t table_cnt;
	struct beginning *list; /* sorted; where mounts begin */
	uint32_t cnt;
};

static int compare_beginnings(const void *a, const void *b)
{
	const struct beginning *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino > y->ino ? 1 : -1;
	return (x->dev > y->dev) - (x->dev < y->dev);
}

static struct beginning *find(const struct crossing *c, const struct beginning *key)
{
	if (!c->cnt)
		return NULL;
	return bsearch(key, c->list, c->cnt, sizeof(*key), compare_beginnings);
}

/* Those of the newest table that may be asked without waiting. */
static int add_beginnings(struct crossing *c, const struct mount_table *t)
{
	struct beginning *list = calloc(c->cnt + t->cnt + 1UL, sizeof(*list));
	uint32_t cnt = c->cnt;

	if (!list)
		return -ENOMEM;
	if (cnt)
		memcpy(list, c->list, cnt * sizeof(*list));
	for (uint32_t i = 0; i < t->cnt; i++) {
		const struct mount *m = &t->list[i];
		CLEANUP(close_fdp) int fd = -1;
		struct beginning b = { 0 };
		struct stat st;

		if (!m->at || m->kind != MOUNT_LOCAL || !mount_table_is_prompt(t, m->at))
			continue;
		fd = root_open(c->root_fd, m->at, O_PATH | O_NOFOLLOW);
		if (fd < 0 || fstat(fd, &st) || !S_ISDIR(st.st_mode))
			continue;
		b.dev = st.st_dev;
		b.ino = st.st_ino;
		if (!find(c, &b))
			list[cnt++] = b;
	}
	qsort(list, cnt, sizeof(*list), compare_beginnings);
	free(c->list);
	c->list = list;
	c->cnt = cnt;
	return 0;
}

static int read_table(struct crossing *c)
{
	CLEANUP(mount_table_freep) struct mount_table *t = NULL;
	int err;

	if (c->table_cnt == TABLES_MAX)
		return -E2BIG;
	err = mount_table_read(c->root_fd, &t);
	if (!err)
		err = add_beginnings(c, t);
	if (!err)
		c->tables[c->table_cnt++] = take_ptr(t);
	return err;
}

int crossing_new(int root_fd, struct crossing **ret)
{
	CLEANUP(crossing_freep) struct crossing *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->root_fd = root_fd;
	err = read_table(c);
	if (err)
		return err;
	*ret = take_ptr(c);
	return 0;
}

struct crossing *crossing_free(struct crossing *c)
{
	if (!c)
		return NULL;
	while (c->table_cnt)
		mount_table_free(c->tables[--c->table_cnt]);
	free(c->list);
	free(c);
	return NULL;
}

void crossing_freep(struct crossing **c)
{
	*c = crossing_free(*c);
}

const struct mount_table *crossing_mounts(const struct crossing *c)
{
	return c->tables[c->table_cnt - 1];
}

struct alias {
	const struct crossing *c;
	const struct mount *m;
	unsigned int layer_cnt;
};

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

/* Non-zero: this layer cannot be seen from here. */
static int see_layer(void *ctx, const char *dir)
{
	struct alias *a = ctx;
	CLEANUP(close_fdp) int fd = -1;

	/* Behind itself: an overlay over /usr with the /usr below it, as sysext does. */
	if (dir[0] != '/' || is_below(dir, a->m->at))
		return 1;
	if (!mount_table_is_prompt(crossing_mounts(a->c), dir))
		return 1;
	fd = root_open(a->c->root_fd, dir, O_PATH | O_DIRECTORY);
	a->layer_cnt++;
	return fd < 0;
}

/* An overlay all of whose layers are met at their own places. */
static bool is_alias(const struct crossing *c, const struct mount *m)
{
	struct alias a = { c, m, 0 };

	return !strcmp(m->type, "overlay") && root_is_live(c->root_fd) &&
	       !mount_layers(m, see_layer, &a) && a.layer_cnt;
}

static const struct mount *look_up(const struct crossing *c, const char *path)
{
	size_t len = strlen(path);
	CLEANUP(freep) char *at = strndup(path, len > 1 ? len - 1 : len);

	return at ? mount_table_at(crossing_mounts(c), at) : NULL;
}

int crossing_judge(struct crossing *c, const char *path, const struct mount **ret,
		   bool *ret_again)
{
	const struct mount *m = look_up(c, path);

	/* Mounted since. */
	if (!m && !read_table(c))
		m = look_up(c, path);
	if (!m)
		return -EXDEV;
	if (m->kind == MOUNT_KERNEL)
		return 1;
	if (m->kind == MOUNT_REMOTE)
		return -EREMOTE;
	*ret = m;
	*ret_again = is_alias(c, m);
	return 0;
}

bool crossing_met(struct crossing *c, const struct stat *st)
{
	struct beginning key = { .dev = st->st_dev, .ino = st->st_ino };
	struct beginning *b = find(c, &key);
	bool is_met = b && b->is_met;

	if (b)
		b->is_met = true;
	return is_met;
}

bool crossing_has_remote(const struct crossing *c, const char *dir, size_t len)
{
	const struct mount_table *t = crossing_mounts(c);

	for (uint32_t i = 0; i < t->cnt; i++) {
		const struct mount *m = &t->list[i];

		if (m->kind == MOUNT_REMOTE && m->at && !strncmp(m->at, dir, len) &&
		    m->at[len] && !strchr(m->at + len, '/'))
			return true;
	}
	return false;
}

bool crossing_is_remote(const struct crossing *c, const char *path)
{
	const struct mount *m = mount_table_at(crossing_mounts(c), path);

	return m && m->kind == MOUNT_REMOTE;
}
