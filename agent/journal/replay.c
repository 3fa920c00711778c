// SPDX-License-Identifier: GPL-2.0-only
#include "journal/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "journal/replay_line.h"
#include "journal/segment.h"

#define CHUNK (1u << 20)

/* No event of ours is near this; what is longer is skipped, not gathered. */
#define LINE_MAX_BYTES (1u << 20)

/* A file's mtime is the kernel's coarse clock: some ticks behind ours. */
#define MTIME_SLACK_MS 2000

struct replay {
	int dir_fd, fd; /* of the segment now read, or -1 */
	int64_t since_ms;
	struct segments segments;
	size_t segment; /* the one now read, or to be opened */
	uint64_t line;	/* in it */
	uint64_t done, all; /* bytes */
	char *buf; /* LINE_MAX_BYTES + CHUNK + 1 */
	size_t used, len;
	bool is_end; /* of the segment */
	bool skips;  /* the rest of a line that is too long */
	json_t *tree; /* of the last line */
};

struct replay *replay_free(struct replay *r)
{
	if (!r)
		return NULL;
	close_fdp(&r->fd);
	close_fdp(&r->dir_fd);
	segments_free(&r->segments);
	json_decref(r->tree);
	free(r->buf);
	free(r);
	return NULL;
}

void replay_freep(struct replay **r)
{
	*r = replay_free(*r);
}

/* What ended before @since_ms holds nothing; the newest may still grow. */
static void drop_old(struct replay *r)
{
	struct segments *s = &r->segments;

	while (r->since_ms > MTIME_SLACK_MS && r->segment + 1 < s->cnt &&
	       s->at[r->segment].changed_ms < r->since_ms - MTIME_SLACK_MS)
		r->segment++;
	for (size_t i = r->segment; i < s->cnt; i++)
		r->all += s->at[i].bytes;
}

int replay_new(const char *dir, int64_t since_ms, struct replay **ret)
{
	CLEANUP(replay_freep) struct replay *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->fd = -1;
	r->since_ms = since_ms;
	r->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir_fd < 0)
		return -errno;
	err = segments_list(r->dir_fd, &r->segments);
	if (err)
		return err;
	r->buf = malloc(LINE_MAX_BYTES + CHUNK + 1);
	if (!r->buf)
		return -ENOMEM;
	drop_old(r);
	*ret = take_ptr(r);
	return 0;
}

void replay_progress(const struct replay *r, uint64_t *ret_done, uint64_t *ret_all)
{
	*ret_done = r->done;
	*ret_all = r->all;
}

/* The segment as a whole is to be told of, and left. */
static int tell_error(struct replay *r, int err, struct replay_line *ret)
{
	*ret = (struct replay_line){ .why = strerror(err),
				     .file = r->segments.at[r->segment].name };
	close_fdp(&r->fd);
	r->fd = -1;
	r->segment++;
	return 1;
}

/* 0, or a positive errno. */
static int open_segment(struct replay *r)
{
	const char *name = r->segments.at[r->segment].name;
	int fd = openat(r->dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	r->fd = fd;
	r->line = 0;
	r->used = r->len = 0;
	r->is_end = r->skips = false;
	return 0;
}

/* Room for a chunk behind what is not used yet. 0, or a positive errno. */
static int fill(struct replay *r)
{
	ssize_t n;

	r->len -= r->used;
	memmove(r->buf, r->buf + r->used, r->len);
	r->used = 0;
	do
		n = read(r->fd, r->buf + r->len, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno;
	r->is_end = !n;
	r->len += (size_t)n;
	r->done += (uint64_t)n;
	return 0;
}

/* A whole line from what was read; at the end also what is left, or was skipped. */
static char *take_line(struct replay *r, size_t from, size_t *ret_len)
{
	char *start = r->buf + r->used;
	char *end = memchr(start + from, '\n', r->len - r->used - from);

	if (!end && (!r->is_end || (r->used == r->len && !r->skips)))
		return NULL;
	if (!end)
		end = r->buf + r->len;
	*end = '\0';
	*ret_len = (size_t)(end - start);
	r->used = (size_t)(end - r->buf) + (end < r->buf + r->len);
	return start;
}

/* 1 and the line, 0 at the end of the segment, or a negative errno. */
static int next_line(struct replay *r, char **ret, size_t *ret_len)
{
	size_t searched = 0;
	int err;

	for (;;) {
		*ret = take_line(r, searched, ret_len);
		if (*ret)
			return 1;
		if (r->is_end)
			return 0;
		if (r->len - r->used > LINE_MAX_BYTES) {
			r->skips = true;
			r->used = r->len;
		}
		searched = r->len - r->used;
		err = fill(r);
		if (err)
			return -err;
	}
}

static void read_line(struct replay *r, char *line, size_t len, struct replay_line *ret)
{
	json_decref(r->tree);
	r->tree = NULL;
	ret->file = r->segments.at[r->segment].name;
	ret->at = ++r->line;
	if (!r->skips) {
		replay_line_read(line, len, ret, &r->tree);
		return;
	}
	r->skips = false;
	*ret = (struct replay_line){ .why = "longer than any event", .file = ret->file,
				     .at = ret->at };
}

int replay_next(struct replay *r, struct replay_line *ret)
{
	char *line = NULL;
	size_t len = 0;
	int got;

	for (;;) {
		if (r->segment == r->segments.cnt)
			return 0;
		got = r->fd < 0 ? open_segment(r) : 0;
		if (got)
			return tell_error(r, got, ret);
		got = next_line(r, &line, &len);
		if (got < 0)
			return tell_error(r, -got, ret);
		if (!got) {
			close_fdp(&r->fd);
			r->fd = -1;
			r->segment++;
			continue;
		}
		read_line(r, line, len, ret);
		if (ret->why || ret->number[REPLAY_TIME] >= r->since_ms)
			return 1;
	}
}
