// SPDX-License-Identifier: GPL-2.0-only
#include "collect/content.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "inventory/cache.h"
#include "inventory/root.h"

bool content_can_run(const char *name, mode_t mode)
{
	if (mode & (S_IXUSR | S_IXGRP | S_IXOTH))
		return true;
	/* Libraries need no executable bit, and distributions set none. */
	for (name = strchr(name, '.'); name; name = strchr(name + 1, '.'))
		if ((name[1] == 's' && name[2] == 'o') || (name[1] == 'k' && name[2] == 'o'))
			return true;
	return false;
}

void content_exit(struct content *c)
{
	identity_free(c->identity);
	memset(c, 0, sizeof(*c));
}

static int64_t now_ns(void)
{
	struct timespec now = { 0 };

	/* The clock that ctimes are taken from. */
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Gone, or something else by now: whoever put it there is met by the next scan. */
static bool is_gone(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -ELOOP || err == -EINVAL;
}

static int tell(struct survey *s, const struct content_file *f, int err)
{
	if (err == -ENOMEM)
		return err;
	if (err && !is_gone(err))
		survey_unread(s, err, "%s", f->where);
	return 0;
}

/* 1: its content can mean something, 0: it cannot, or -errno. */
static int peek(struct survey *s, int fd, struct stat *st)
{
	char magic[SELFMAG];
	int err;

	if (fstat(fd, st))
		return -errno;
	if (expectation_has_size(s->expectation, (uint64_t)st->st_size))
		return 1;
	err = root_read_at(fd, magic, sizeof(magic), 0);
	if (err)
		return err == -ENODATA ? 0 : err;
	return !memcmp(magic, ELFMAG, SELFMAG);
}

/* Whatever stands under the name by now: nothing but a regular file is opened. */
static int open_file(const struct content_file *f)
{
	CLEANUP(close_fdp) int path_fd = openat(f->dir_fd, f->name,
						O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return path_fd < 0 ? -errno : root_reopen(path_fd);
}

/* 0, also when it could not be read and that was told; then *ret_st is not set. */
static int read_file(struct survey *s, const struct content_file *f, struct content *c,
		     struct stat *ret_st)
{
	CLEANUP(close_fdp) int fd = open_file(f);
	struct stat before, after;
	int err;

	if (fd < 0)
		return tell(s, f, fd);
	err = peek(s, fd, &before);
	if (err > 0) {
		err = identity_of_open(s->expectation, s->cell, fd, f->path, &c->identity);
		if (err)
			return tell(s, f, err);
		c->facts = c->identity->facts;
		c->is_elf = c->identity->is_elf;
		err = c->identity->err;
	}
	if (err)
		return tell(s, f, err);
	if (!fstat(fd, &after) && is_same(&before, &after))
		*ret_st = after;
	return 0;
}

static bool may_remember(const struct survey *s, const struct content_file *f)
{
	return s->cache && f->mount && f->mount->keeps_ctime &&
	       !expectation_has_size(s->expectation, (uint64_t)f->st->st_size);
}

/* True when nothing is left to be read. */
static bool is_remembered(struct survey *s, const struct content_file *f, struct content *c)
{
	enum cache_answer said = identity_cache_get(s->cache, f->st, &c->facts);

	c->is_elf = said == CACHE_SAID;
	/* Silent as to what was asked then; when its place is asked for, all facts are wanted. */
	return said == CACHE_SAID || (said == CACHE_SILENT && !f->is_asked);
}

int content_read(struct survey *s, const struct content_file *f, struct content *ret)
{
	CLEANUP(content_exit) struct content c = { 0 };
	bool may = may_remember(s, f);
	struct stat st = { 0 };
	int64_t read_ns = 0;
	int err = 0;

	if (f->st->st_size && !(may && is_remembered(s, f, &c))) {
		read_ns = now_ns();
		err = read_file(s, f, &c, &st);
	}
	c.facts.path = f->path;
	c.facts.size = (uint64_t)f->st->st_size;
	c.is_asked = f->is_asked || ((c.is_elf || c.facts.is_hashed) &&
				     survey_is_asked(s, &c.facts));
	if (!err && may && is_same(f->st, &st))
		err = identity_cache_put(s->cache, &st, read_ns,
					 c.is_elf && c.is_asked ? &c.facts : NULL);
	if (err)
		return err;
	*ret = c;
	memset(&c, 0, sizeof(c));
	return 0;
}
