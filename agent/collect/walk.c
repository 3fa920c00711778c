// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stack of directories; see walk.h. What lies beyond a mount point is
 * decided in crossing.c.
 */
#include "collect/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "collect/crossing.h"
#include "collect/listing.h"

struct frame {
	int fd; /* -1: closed for want of room */
	bool is_drained, is_again, has_remote;
	dev_t dev;
	ino_t ino;
	int64_t off;	 /* where the next batch begins */
	size_t path_len; /* with the slash */
	size_t names, next; /* in walk.names: directories of this batch, the next of them */
	const struct mount *mount;
};

struct walk {
	struct walk_visitor v;
	struct crossing *crossing;
	struct frame *frames;
	uint32_t frame_cnt, frame_cap;
	struct buf path, names;
	struct listing listing;
};

int walk_new(int root_fd, const struct walk_visitor *v, struct walk **ret)
{
	CLEANUP(walk_freep) struct walk *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	w->v = *v;
	err = crossing_new(root_fd, &w->crossing);
	if (err)
		return err;
	*ret = take_ptr(w);
	return 0;
}

static void close_frames(struct walk *w)
{
	while (w->frame_cnt)
		close_fdp(&w->frames[--w->frame_cnt].fd);
}

struct walk *walk_free(struct walk *w)
{
	if (!w)
		return NULL;
	close_frames(w);
	crossing_free(w->crossing);
	free(w->frames);
	listing_exit(&w->listing);
	buf_free(&w->path);
	buf_free(&w->names);
	free(w);
	return NULL;
}

void walk_freep(struct walk **w)
{
	*w = walk_free(*w);
}

const struct mount_table *walk_mounts(const struct walk *w)
{
	return crossing_mounts(w->crossing);
}

static struct frame *top(struct walk *w)
{
	return &w->frames[w->frame_cnt - 1];
}

/* The directory of the frame on top, then @name. */
static const char *set_path(struct walk *w, const char *name, size_t len, bool is_dir)
{
	w->path.len = w->frame_cnt ? top(w)->path_len : 0;
	buf_add(&w->path, name, len);
	if (is_dir)
		buf_add_char(&w->path, '/');
	return buf_str(&w->path);
}

/* Nobody should see from its access time that a file was inventoried. */
static int open_quiet(int dir_fd, const char *name, uint64_t resolve)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME,
		.resolve = resolve,
	};
	int fd = (int)syscall(SYS_openat2, dir_fd, name, &how, sizeof(how));

	if (fd < 0 && errno == EPERM) {
		how.flags &= ~(uint64_t)O_NOATIME;
		fd = (int)syscall(SYS_openat2, dir_fd, name, &how, sizeof(how));
	}
	return fd < 0 ? -errno : fd;
}

/* Room for one more directory among those that are open. */
static void make_room(struct walk *w)
{
	/* Half of the room is for the outermost; of the others the oldest goes. */
	if (w->frame_cnt < WALK_FDS)
		return;
	close_fdp(&w->frames[w->frame_cnt - WALK_FDS / 2].fd);
	w->frames[w->frame_cnt - WALK_FDS / 2].fd = -1;
}

static int push(struct walk *w, const struct frame *f)
{
	if (w->frame_cnt == w->frame_cap) {
		uint32_t cap = w->frame_cap ? 2 * w->frame_cap : 64;
		struct frame *more = reallocarray(w->frames, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		w->frames = more;
		w->frame_cap = cap;
	}
	make_room(w);
	w->frames[w->frame_cnt++] = *f;
	return 0;
}

/* What is known of a directory before it is looked at. */
struct step {
	size_t name; /* where its name begins in walk.path, which is its path */
	const struct mount *mount;
	bool is_again, is_above_again;
};

/* The directory behind @fd, which is taken when it is gone into. 1: it was not. */
static int enter_fd(struct walk *w, int fd, const struct step *s)
{
	struct frame f = {
		.fd = fd,
		.is_again = s->is_again,
		.path_len = w->path.len,
		.names = w->names.len,
		.next = w->names.len,
		.mount = s->mount,
	};
	struct walk_at at = {
		.path = buf_str(&w->path),
		.len = w->path.len,
		.name = s->name,
		.dir_fd = fd,
		.type = DT_DIR,
		.mount = s->mount,
	};
	struct stat st;
	int turn;

	if (fstat(fd, &st)) {
		w->v.unread(w->v.ctx, at.path, -errno);
		return 1;
	}
	f.dev = st.st_dev;
	f.ino = st.st_ino;
	f.is_again |= crossing_met(w->crossing, &st);
	/* Mounts in mounts in mounts: twice is enough, or they would multiply. */
	if (f.is_again && !s->is_again && s->is_above_again)
		return 1;
	f.has_remote = crossing_has_remote(w->crossing, at.path, at.len);
	at.is_again = f.is_again;
	turn = w->v.enter(w->v.ctx, &at);
	return turn == WALK_ON ? push(w, &f) : turn;
}

static int enter(struct walk *w, int fd, const struct step *s)
{
	int turn = enter_fd(w, fd, s);

	if (turn)
		close(fd);
	return turn < 0 ? turn : 0;
}

/* What a name led to that is no longer, or never was, a directory is left. */
static bool is_gone(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -ELOOP || err == -ESTALE;
}

/* The directory that is mounted at @path: a descriptor, or -errno; -ENOENT to pass by. */
static int cross(struct walk *w, int above, const char *name, const char *path,
		 struct step *s)
{
	int turn;

	s->is_again = false;
	turn = crossing_judge(w->crossing, path, &s->mount, &s->is_again);
	if (turn)
		return turn < 0 ? turn : -ENOENT;
	return open_quiet(above, name, 0);
}

static int descend(struct walk *w, const char *name)
{
	struct frame *above = top(w);
	const char *path = set_path(w, name, strlen(name), true);
	struct step s = {
		.name = above->path_len,
		.mount = above->mount,
		.is_again = above->is_again,
		.is_above_again = above->is_again,
	};
	int fd;

	if (w->path.err)
		return w->path.err;
	if (w->path.len > WALK_PATH_BYTES_MAX) {
		w->v.unread(w->v.ctx, path, -ENAMETOOLONG);
		return 0;
	}
	fd = open_quiet(above->fd, name, RESOLVE_NO_XDEV);
	if (fd == -EXDEV)
		fd = cross(w, above->fd, name, path, &s);
	if (is_gone(fd))
		return 0;
	if (fd < 0) {
		w->v.unread(w->v.ctx, path, fd);
		return fd == -ENOMEM ? fd : 0;
	}
	return enter(w, fd, &s);
}

/* The directory above, which was closed meanwhile, through ".." of the one that is left. */
static int reopen(struct walk *w, int below)
{
	struct frame *f = &w->frames[w->frame_cnt - 2];
	CLEANUP(close_fdp) int fd = open_quiet(below, "..", 0);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		return -errno;
	if (st.st_dev != f->dev || st.st_ino != f->ino)
		return -ESTALE;
	if (!f->is_drained && lseek(fd, f->off, SEEK_SET) < 0)
		return -errno;
	f->fd = take_fd(fd);
	return 0;
}

/*
 * Somebody moved a directory while we were below it. What it still had is told;
 * the directories above are tried the same way, and the outermost were never
 * closed.
 */
static void give_up(struct walk *w, int err)
{
	struct frame *f = top(w);

	if (!f->is_drained || f->next < w->names.len)
		w->v.unread(w->v.ctx, set_path(w, "", 0, false), err);
	f->is_drained = true;
	f->next = w->names.len;
}

static void pop(struct walk *w)
{
	struct frame *f = top(w);
	int err = 0;

	w->v.leave(w->v.ctx);
	w->names.len = f->names;
	if (w->frame_cnt > 1 && w->frames[w->frame_cnt - 2].fd < 0)
		err = f->fd < 0 ? -ESTALE : reopen(w, f->fd);
	close_fdp(&f->fd);
	w->frame_cnt--;
	if (err)
		give_up(w, err);
}

static int visit(struct walk *w, const struct listing_entry *e)
{
	struct frame *f = top(w);
	struct walk_at at = {
		.name = f->path_len,
		.dir_fd = f->fd,
		.type = listing_type(f->fd, e),
		.is_again = f->is_again,
		.mount = f->mount,
	};

	if (at.type == DT_DIR) {
		buf_add(&w->names, e->name, strlen(e->name) + 1);
		return w->names.err;
	}
	at.path = set_path(w, e->name, strlen(e->name), false);
	at.len = w->path.len;
	if (w->path.err)
		return w->path.err;
	/* The mount of a single file: do not touch what may not answer. */
	if (f->has_remote && crossing_is_remote(w->crossing, at.path)) {
		w->v.unread(w->v.ctx, at.path, -EREMOTE);
		return 0;
	}
	return w->v.name(w->v.ctx, &at);
}

/* What is left of the room, so that no depth uses it up. */
static size_t batch_bytes(const struct walk *w)
{
	size_t room = w->names.len < WALK_NAME_BYTES_MAX ? WALK_NAME_BYTES_MAX - w->names.len : 0;

	room = (room / 4) & ~(size_t)7;
	if (room > LISTING_BYTES_MAX)
		return LISTING_BYTES_MAX;
	return room < LISTING_BYTES_MIN ? LISTING_BYTES_MIN : room;
}

/* Names of the directory on top: files are visited, directories remembered. */
static int read_batch(struct walk *w)
{
	struct frame *f = top(w);
	int err = listing_read(&w->listing, f->fd, batch_bytes(w));

	if (err == -ENOMEM)
		return err;
	if (err <= 0) {
		f->is_drained = true;
		/* Of a directory that was removed there is nothing to read. */
		if (err && err != -ENOENT)
			w->v.unread(w->v.ctx, set_path(w, "", 0, false), err);
		return 0;
	}
	w->names.len = f->names;
	f->next = f->names;
	f->off = w->listing.off;
	err = 0;
	for (uint32_t i = 0; i < w->listing.cnt && !err; i++)
		err = visit(w, w->listing.list[i]);
	return err;
}

static int step(struct walk *w)
{
	struct frame *f = top(w);
	CLEANUP(freep) char *name = NULL;

	if (f->next < w->names.len) {
		/* A copy: the names grow, and move, while we are below. */
		name = strdup(w->names.data + f->next);
		if (!name)
			return -ENOMEM;
		f->next += strlen(name) + 1;
		return descend(w, name);
	}
	if (!f->is_drained)
		return read_batch(w);
	pop(w);
	return 0;
}

static int walk_from(struct walk *w, int dir_fd, const char *path)
{
	struct step s = { .mount = mount_table_of(walk_mounts(w), dir_fd) };
	int fd;

	if (s.mount && s.mount->kind == MOUNT_REMOTE)
		fd = -EREMOTE;
	else
		fd = open_quiet(dir_fd, ".", 0);
	if (fd < 0) {
		w->v.unread(w->v.ctx, path, fd);
		return 0;
	}
	set_path(w, path, strlen(path), path[strlen(path) - 1] != '/');
	if (w->path.err) {
		close(fd);
		return w->path.err;
	}
	return enter(w, fd, &s);
}

int walk_tree(struct walk *w, int dir_fd, const char *path)
{
	int err = walk_from(w, dir_fd, path);

	while (w->frame_cnt && !err)
		err = step(w);
	close_frames(w);
	w->names.len = 0;
	return err;
}
