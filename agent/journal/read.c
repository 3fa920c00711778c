// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reading side of the journal; see read.h.
 */
#include "journal/read.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "journal/segment.h"

#define CHUNK (64u << 10)

/* No event of ours is near this; what is longer is skipped, not gathered. */
#define LINE_MAX_BYTES (1u << 20)

/* A file's mtime is the kernel's coarse clock: some ticks behind ours. */
#define MTIME_SLACK_MS 2000

struct journal_reader {
	char *dir;
	int dir_fd;
	int fd;	      /* of the segment now read, or -1 */
	int watch_fd; /* inotify, or -1 */
	int64_t since_ms;
	uint64_t number; /* of the segment now or last read */
	uint64_t line;	 /* in it */
	char name[SEGMENT_NAME_MAX];
	struct buf text; /* read and not yet handed out */
	size_t used;	 /* of it, handed out */
	size_t searched; /* of it, known to hold no newline */
	bool is_final;	 /* a newer segment exists: this one grows no more */
	bool skips;	 /* the rest of a line that is too long */
	bool follows;
	json_t *event; /* last handed out */
};

int journal_reader_new(const char *dir, int64_t since_ms, struct journal_reader **ret)
{
	CLEANUP(journal_reader_freep) struct journal_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->fd = -1;
	r->watch_fd = -1;
	r->since_ms = since_ms;
	r->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir_fd < 0)
		return -errno;
	r->dir = strdup(dir);
	if (!r->dir)
		return -ENOMEM;
	*ret = take_ptr(r);
	return 0;
}

struct journal_reader *journal_reader_free(struct journal_reader *r)
{
	if (!r)
		return NULL;
	close_fdp(&r->fd);
	close_fdp(&r->dir_fd);
	close_fdp(&r->watch_fd);
	buf_free(&r->text);
	json_decref(r->event);
	free(r->dir);
	free(r);
	return NULL;
}

void journal_reader_freep(struct journal_reader **r)
{
	*r = journal_reader_free(*r);
}

static int open_segment(struct journal_reader *r, const struct segment *seg)
{
	int fd = openat(r->dir_fd, seg->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	r->number = seg->number;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	close_fdp(&r->fd);
	r->fd = fd;
	r->line = 0;
	r->is_final = false;
	r->skips = false;
	r->used = 0;
	r->searched = 0;
	buf_clear(&r->text);
	memcpy(r->name, seg->name, sizeof(r->name));
	return 1;
}

static bool is_newer(const struct journal_reader *r, const struct segment *seg)
{
	return (r->fd < 0 && !r->number) || seg->number > r->number;
}

/* The next segment that can hold what is asked for. 1: open, 0: there is none. */
static int next_segment(struct journal_reader *r)
{
	struct segments s = { 0 };
	int ret = segments_list(r->dir_fd, &s);

	for (size_t i = 0; i < s.cnt && !ret; i++) {
		bool is_old = r->since_ms > MTIME_SLACK_MS &&
			      s.at[i].changed_ms < r->since_ms - MTIME_SLACK_MS;

		/* The newest may still grow. */
		if (!is_newer(r, &s.at[i]) || (is_old && i + 1 < s.cnt))
			continue;
		ret = open_segment(r, &s.at[i]);
	}
	segments_free(&s);
	return ret;
}

/* Does another segment follow the one now read? */
static int has_newer(struct journal_reader *r)
{
	struct segments s = { 0 };
	int ret = segments_list(r->dir_fd, &s);

	if (!ret && s.cnt)
		ret = is_newer(r, &s.at[s.cnt - 1]);
	segments_free(&s);
	return ret;
}

/* Reads on. 1: there is more text, 0: the end, -errno. */
static int fill(struct journal_reader *r)
{
	ssize_t n;

	buf_drop(&r->text, r->used);
	r->searched -= r->used;
	r->used = 0;
	if (!buf_reserve(&r->text, CHUNK + 1))
		return -ENOMEM;
	do
		n = read(r->fd, r->text.data + r->text.len, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	r->text.len += (size_t)n;
	return n > 0;
}

/* What is left behind the last newline, as a line. false: nothing is. */
static bool take_rest(struct journal_reader *r, struct journal_line *ret)
{
	size_t len = r->text.len - r->used;

	if (!len || r->text.err)
		return false;
	buf_str(&r->text);
	ret->text = r->text.data + r->used;
	ret->len = len;
	r->used = r->searched = r->text.len;
	return true;
}

/* A whole line from what was read. false: read on. */
static bool take_line(struct journal_reader *r, struct journal_line *ret)
{
	char *start, *end;

	if (r->searched >= r->text.len)
		return false;
	end = memchr(r->text.data + r->searched, '\n', r->text.len - r->searched);
	if (!end) {
		r->searched = r->text.len;
		return false;
	}
	start = r->text.data + r->used;
	*end = '\0';
	ret->text = start;
	ret->len = (size_t)(end - start);
	r->used = r->searched = (size_t)(end + 1 - r->text.data);
	return true;
}

/* One line of the present segment: 1, 0 at its present end, -errno. */
static int next_line(struct journal_reader *r, bool takes_rest, struct journal_line *ret)
{
	int err;

	for (;;) {
		if (take_line(r, ret))
			return 1;
		if (r->text.len - r->used > LINE_MAX_BYTES) {
			r->skips = true;
			r->used = r->searched = r->text.len;
		}
		err = fill(r);
		if (err < 0)
			return err;
		if (!err)
			break;
	}
	return takes_rest && take_rest(r, ret) ? 1 : 0;
}

static void judge(struct journal_reader *r, struct journal_line *line)
{
	json_error_t error;
	json_t *time;

	json_decref(r->event);
	r->event = NULL;
	line->file = r->name;
	line->number = ++r->line;
	line->event = NULL;
	line->why = NULL;
	line->time_ms = 0;
	if (r->skips) {
		r->skips = false;
		line->why = "longer than any event";
		return;
	}
	r->event = json_loadb(line->text, line->len, JSON_REJECT_DUPLICATES, &error);
	time = json_object_get(r->event, "time");
	if (!json_is_object(r->event))
		line->why = "not a JSON object, perhaps cut by a crash";
	else if (!json_is_integer(time))
		line->why = "has no time";
	if (line->why)
		return;
	line->event = r->event;
	line->time_ms = json_integer_value(time);
}

/* 1: an event or a bad line, 0: at the present end of the segment, -errno. */
static int next_wanted(struct journal_reader *r, struct journal_line *ret)
{
	int got;

	for (;;) {
		got = next_line(r, r->is_final || !r->follows, ret);
		if (got <= 0)
			return got;
		judge(r, ret);
		if (!ret->event || ret->time_ms >= r->since_ms)
			return 1;
	}
}

int journal_reader_next(struct journal_reader *r, struct journal_line *ret)
{
	int got;

	for (;;) {
		got = r->fd < 0 ? 0 : next_wanted(r, ret);
		if (got)
			return got;
		if (r->fd < 0 || r->is_final) {
			got = next_segment(r);
			if (got <= 0)
				return got;
			continue;
		}
		/* Written on before the newer one was begun: look once more. */
		got = has_newer(r);
		if (got <= 0)
			return got;
		r->is_final = true;
	}
}

int journal_reader_follow(struct journal_reader *r)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (inotify_add_watch(fd, r->dir, IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_ONLYDIR) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	close_fdp(&r->watch_fd);
	r->watch_fd = fd;
	r->follows = true;
	return 0;
}

int journal_reader_wait(struct journal_reader *r, int timeout_ms)
{
	struct pollfd p = { .fd = r->watch_fd, .events = POLLIN };
	char news[4096];
	int n;

	n = poll(&p, 1, timeout_ms);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (!n)
		return 0;
	/* What happened does not matter: the files tell. */
	while (read(r->watch_fd, news, sizeof(news)) > 0)
		;
	return 1;
}
