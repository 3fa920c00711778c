// SPDX-License-Identifier: GPL-2.0-only
#include "collect/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "collect/collectors.h"
#include "collect/content.h"
#include "inventory/root.h"

/* Names between two words about how far it is. */
#define PROGRESS_NAMES 4096

static struct view *top(struct files *f)
{
	return &f->views[f->view_cnt - 1];
}

static struct view *push(struct files *f)
{
	if (f->view_cnt == f->view_cap) {
		uint32_t cap = f->view_cap ? 2 * f->view_cap : 64;
		struct view *more = reallocarray(f->views, cap, sizeof(*more));

		if (!more)
			return NULL;
		f->views = more;
		f->view_cap = cap;
	}
	return &f->views[f->view_cnt++];
}

static void leave(void *ctx)
{
	struct files *f = ctx;

	descent_leave(f->descents, &top(f)->at);
	f->view_cnt--;
}

static int take(struct files *f, const struct view *v, const char *where,
		const struct facts *facts, uint32_t flags, const char *detail, int64_t changed)
{
	struct trace t = {
		.kind = TRACE_FILE,
		.flags = flags,
		.where = where,
		.facts = facts,
		.container = v->layer ? v->layer->label : NULL,
		.detail = detail,
		.changed = changed,
	};

	return survey_take(f->s, &t);
}

static int take_place(struct files *f, const struct walk_at *at, const struct view *v,
		      const char *path, const char *detail)
{
	struct facts facts = { .path = path };
	struct stat st;
	bool is_dir = at->type == DT_DIR;

	if (fstatat(at->dir_fd, is_dir ? "" : at->path + at->name, &st,
		    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (is_dir ? AT_EMPTY_PATH : 0)))
		return 0;
	return take(f, v, at->path, &facts, 0, detail, st.st_ctim.tv_sec);
}

/* A directory that an indicator means, itself and none above it. */
static int tell_dir(struct files *f, const struct walk_at *at, const struct view *v)
{
	const struct view *above = f->view_cnt ? top(f) : NULL;
	const char *path = files_path(f, at, v);
	CLEANUP(freep) char *bare = NULL;

	if (!above || above->cut != v->cut)
		return 0;
	if (descent_is_meant(&above->at, &v->at))
		return take_place(f, at, v, path, NULL);
	bare = strndup(path, strlen(path) - 1);
	if (!bare)
		return -ENOMEM;
	/* Some patterns of places are written without the slash. */
	if (descent_ask(f->descents, &above->at, bare) == ASKED)
		return take_place(f, at, v, bare, NULL);
	return 0;
}

static void progress(struct files *f, const struct walk_at *at)
{
	if (++f->seen % PROGRESS_NAMES == 0)
		survey_progress(f->s, "files", f->seen, at->path);
}

static int enter(void *ctx, const struct walk_at *at)
{
	struct files *f = ctx;
	struct view v, *to;
	int err;

	progress(f, at);
	err = view_of(f, at, f->view_cnt ? top(f) : NULL, &v);
	if (!err)
		err = tell_dir(f, at, &v);
	if (err)
		return err;
	/* What was met before, or is met by its own name too, matters only by this name. */
	if ((at->is_again || f->tree) && !descent_leads(&v.at) && !v.layer) {
		descent_leave(f->descents, &v.at);
		return WALK_PAST;
	}
	to = push(f);
	if (!to)
		return -ENOMEM;
	*to = v;
	return WALK_ON;
}

static int take_link(struct files *f, const struct walk_at *at, const struct view *v,
		     const char *path)
{
	char detail[32 + 256] = "symbolic link to ";
	size_t len = strlen(detail);
	ssize_t got;

	got = readlinkat(at->dir_fd, at->path + at->name, detail + len, sizeof(detail) - len - 1);
	if (got < 0)
		return 0;
	detail[len + (size_t)got] = '\0';
	return take_place(f, at, v, path, detail);
}

/* Itself, as a file or as the directory that it may lead to, and what is behind it. */
static int tell_link(struct files *f, const struct walk_at *at, const struct view *v,
		     enum asked asked)
{
	const char *path = files_path(f, at, v);
	size_t len = strlen(path);
	CLEANUP(freep) char *dir = malloc(len + 2);
	bool leads, is_meant;
	struct descent d;
	int err = 0;

	if (!dir)
		return -ENOMEM;
	memcpy(dir, path, len);
	memcpy(dir + len, "/", 2);
	if (descent_enter(f->descents, &v->at, dir, &d))
		return -ENOMEM;
	descent_leave(f->descents, &d);
	leads = d.is_way || d.cnt;
	is_meant = descent_is_meant(&v->at, &d);
	if (is_meant || asked == ASKED)
		err = take_link(f, at, v, is_meant ? dir : path);
	if (!err && (leads || is_meant))
		err = links_add(f, at, v, dir, leads);
	return err;
}

static const char *special_name(uint8_t type)
{
	switch (type) {
	case DT_FIFO:
		return "FIFO";
	case DT_SOCK:
		return "socket";
	case DT_CHR:
	case DT_BLK:
		return "device";
	default:
		return NULL;
	}
}

/* With more rights than its caller's, by mode or by file capabilities. */
static bool gives_rights(const struct walk_at *at, const struct stat *st)
{
	char path[32 + WEIR_NAME_MAX];

	if (st->st_mode & S_ISUID || (st->st_mode & S_ISGID && st->st_mode & S_IXGRP))
		return true;
	if (!(st->st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", at->dir_fd, at->path + at->name);
	return lgetxattr(path, "security.capability", NULL, 0) > 0;
}

static int tell_content(struct files *f, const struct walk_at *at, const struct view *v,
			const struct stat *st, enum asked asked)
{
	const struct content_file file = {
		.dir_fd = at->dir_fd,
		.name = at->path + at->name,
		.where = at->path,
		.path = files_path(f, at, v),
		.st = st,
		.mount = at->mount,
		.is_asked = asked != ASKED_NOT,
	};
	CLEANUP(content_exit) struct content c = { 0 };
	int err = content_read(f->s, &file, &c);

	if (err || !c.is_asked)
		return err;
	return take(f, v, at->path, &c.facts, gives_rights(at, st) ? TRACE_SETUID : 0, NULL,
		    st->st_ctim.tv_sec);
}

static int tell_file(struct files *f, const struct walk_at *at, const struct view *v,
		     enum asked asked)
{
	bool can_say;
	struct stat st;

	/* Its content was read where it was met first, or will be by its own name. */
	if (asked == ASKED_NOT && (at->is_again || f->tree))
		return 0;
	if (fstatat(at->dir_fd, at->path + at->name, &st,
		    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT)) {
		if (errno != ENOENT)
			survey_unread(f->s, -errno, "%s", at->path);
		return 0;
	}
	if (!S_ISREG(st.st_mode))
		return 0;
	can_say = f->s->is_deep || content_can_run(at->path + at->name, st.st_mode) ||
		  expectation_has_size(f->s->expectation, (uint64_t)st.st_size);
	if (asked != ASKED && !can_say)
		return 0;
	return tell_content(f, at, v, &st, asked);
}

static int name(void *ctx, const struct walk_at *at)
{
	struct files *f = ctx;
	const struct view *v = top(f);
	const char *path;
	enum asked asked;

	progress(f, at);
	path = files_path(f, at, v);
	asked = descent_ask(f->descents, &v->at, path);
	if (at->type == DT_REG)
		return tell_file(f, at, v, asked);
	if (at->type == DT_LNK)
		return tell_link(f, at, v, asked);
	return asked == ASKED ? take_place(f, at, v, path, special_name(at->type)) : 0;
}

static void unread(void *ctx, const char *path, int err)
{
	struct files *f = ctx;

	survey_unread(f->s, err, "%s", path);
}

static int walk_links(struct files *f)
{
	int err = 0;

	/* The list grows meanwhile. */
	for (uint32_t i = 0; i < f->links.cnt && !err; i++) {
		const struct link_tree tree = f->links.list[i];
		CLEANUP(close_fdp) int fd = root_open(f->s->root_fd, tree.real,
						      O_PATH | O_DIRECTORY | O_NOFOLLOW);

		if (fd < 0)
			continue;
		f->tree = &tree;
		err = walk_tree(f->walk, fd, tree.real);
		f->tree = NULL;
	}
	return err;
}

static int walk_all(struct files *f)
{
	const struct walk_visitor v = {
		.enter = enter,
		.leave = leave,
		.name = name,
		.unread = unread,
		.ctx = f,
	};
	int err = walk_new(f->s->root_fd, &v, &f->walk);

	if (err) {
		survey_unread(f->s, err, "/proc/self/mountinfo");
		return err == -ENOMEM ? err : 0;
	}
	err = walk_tree(f->walk, f->s->root_fd, "/");
	if (!err)
		err = links_of_layers(f);
	return err ? err : walk_links(f);
}

static void files_exit(struct files *f)
{
	walk_free(f->walk);
	links_exit(&f->links);
	layers_free(&f->layers);
	descents_free(f->descents);
	buf_free(&f->as);
	free(f->views);
}

int collect_files(struct survey *s)
{
	CLEANUP(files_exit) struct files f = { .s = s };
	int err = descents_new(s->index, &f.descents);

	if (!err)
		err = layers_find(s->root_fd, &f.layers);
	if (!err && f.layers.is_cut)
		survey_unread(s, -E2BIG, "container layers beyond the first %u", LAYERS_MAX);
	return err ? err : walk_all(&f);
}
