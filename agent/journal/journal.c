// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writing side of the journal; see journal.h.
 *
 * A line is torn only when the process dies in the middle of a write: what a
 * short write left over stays first in the buffer, and the lines that are lost
 * for want of room are those that come last. A torn end found at the start
 * gets its newline, never a cut: the directory may be append-only.
 */
#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "journal/segment.h"

#define SEGMENT_BYTES (64ull << 20)
#define TOTAL_BYTES (2ull << 30)
#define PENDING_BYTES (4u << 20)

/* The buffer of a quiet agent is no bigger than this. */
#define PENDING_KEPT (512u << 10)

/* After trouble: one try a second, not one a drain. */
#define RETRY_MS 1000

struct journal {
	int dir_fd;
	int fd; /* of the segment now written, or -1 */
	uint64_t segment_bytes, total_bytes;
	size_t pending_max;
	uint64_t number;  /* of the newest segment, 0: none yet */
	uint64_t written; /* bytes in it */
	struct buf pending;
	struct event_gap gap; /* lines: lost since writing last worked */
	uint64_t lost;
	int trouble;  /* errno, positive */
	bool is_torn; /* the segment ends in half a line; its rest is pending */
	int64_t retry_ms;
};

static int open_dir(const char *path, int *ret_fd)
{
	CLEANUP(close_fdp) int fd = -1;
	struct stat st;

	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		return -errno;
	/* Whoever can write here can rewrite what was recorded. */
	if (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
		return -EPERM;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	*ret_fd = take_fd(fd);
	return 0;
}

/* Removes the oldest until @total fits; the newest stays whatever it weighs. */
static void remove_oldest(struct journal *j)
{
	struct segments s = { 0 };
	uint64_t sum = 0;

	if (segments_list(j->dir_fd, &s))
		return;
	for (size_t i = 0; i < s.cnt; i++)
		sum += s.at[i].bytes;
	for (size_t i = 0; i + 1 < s.cnt && sum > j->total_bytes; i++) {
		if (s.at[i].number == j->number || unlinkat(j->dir_fd, s.at[i].name, 0))
			continue;
		sum -= s.at[i].bytes;
	}
	segments_free(&s);
}

static int begin_segment(struct journal *j, int64_t now_ms)
{
	const int how = O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	char name[SEGMENT_NAME_MAX];
	int fd = -1;

	/* A name that is taken by something else is stepped over. */
	for (int i = 0; i < 16 && fd < 0; i++) {
		segment_name(name, now_ms, j->number + 1);
		fd = openat(j->dir_fd, name, how, 0600);
		if (fd < 0 && errno != EEXIST)
			return -errno;
		j->number++;
	}
	if (fd < 0)
		return -EEXIST;
	close_fdp(&j->fd);
	j->fd = fd;
	j->written = 0;
	remove_oldest(j);
	return 0;
}

/* A crash may have left half a line: end it, so that the next one is whole. */
static int end_torn_line(int fd, uint64_t bytes)
{
	char last = '\n';

	if (!bytes)
		return 0;
	if (pread(fd, &last, 1, (off_t)(bytes - 1)) != 1)
		return errno ? -errno : -EIO;
	if (last == '\n')
		return 0;
	return write(fd, "\n", 1) == 1 ? 0 : -errno;
}

/* Goes on in the newest segment, when it is a plain file of ours. */
static void resume_segment(struct journal *j, const struct segment *seg)
{
	CLEANUP(close_fdp) int fd = -1;
	struct stat st;

	fd = openat(j->dir_fd, seg->name, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_nlink != 1)
		return;
	/* Even a full one gets its newline; when that fails, it is left alone. */
	if (end_torn_line(fd, (uint64_t)st.st_size))
		return;
	j->written = (uint64_t)st.st_size;
	j->fd = take_fd(fd);
}

static uint64_t or_default(uint64_t given, uint64_t otherwise)
{
	return given ? given : otherwise;
}

static void free_journal(struct journal **p)
{
	struct journal *j = *p;

	if (!j)
		return;
	close_fdp(&j->fd);
	close_fdp(&j->dir_fd);
	buf_free(&j->pending);
	free(j);
}

int journal_open(const struct journal_options *opt, int64_t now_ms, struct journal **ret)
{
	CLEANUP(free_journal) struct journal *j = NULL;
	struct segments s = { 0 };
	int err;

	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	j->fd = -1;
	j->dir_fd = -1;
	j->segment_bytes = or_default(opt->segment_bytes, SEGMENT_BYTES);
	j->total_bytes = or_default(opt->total_bytes, TOTAL_BYTES);
	j->pending_max = or_default(opt->pending_bytes, PENDING_BYTES);
	err = open_dir(opt->dir, &j->dir_fd);
	if (err)
		return err;
	err = segments_list(j->dir_fd, &s);
	if (err)
		return err;
	if (s.cnt) {
		j->number = s.at[s.cnt - 1].number;
		resume_segment(j, &s.at[s.cnt - 1]);
	}
	segments_free(&s);
	/* Now, so that a directory nobody can write is told at the start. */
	if (j->fd < 0)
		err = begin_segment(j, now_ms);
	if (err && err != -ENOSPC && err != -EDQUOT && err != -EIO)
		return err;
	*ret = take_ptr(j);
	return 0;
}

static void note_trouble(struct journal *j, int err, int64_t now_ms)
{
	j->trouble = -err;
	j->gap.error = -err;
	j->retry_ms = now_ms + RETRY_MS;
}

static void lose(struct journal *j, uint64_t lines, int64_t now_ms)
{
	if (!j->gap.lines)
		j->gap.first_ms = now_ms;
	j->gap.last_ms = now_ms;
	j->gap.lines += lines;
	j->lost += lines;
}

static uint64_t count_lines(const char *s, size_t len)
{
	const char *end = s + len;
	uint64_t cnt = 0;

	for (; s < end && (s = memchr(s, '\n', (size_t)(end - s))); s++)
		cnt++;
	return cnt;
}

static bool is_removed(const struct journal *j)
{
	struct stat st;

	return fstat(j->fd, &st) || !st.st_nlink;
}

/* 0 when all is written; a short write counts and is tried once more. */
static int write_pending(struct journal *j)
{
	ssize_t n;

	while (j->pending.len) {
		n = write(j->fd, j->pending.data, j->pending.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		j->is_torn = j->pending.data[n - 1] != '\n';
		j->written += (uint64_t)n;
		buf_drop(&j->pending, (size_t)n);
	}
	/* What piled up in bad times is not kept for the good ones. */
	if (j->pending.cap > PENDING_KEPT)
		buf_free(&j->pending);
	return 0;
}

/* The rest of a line whose beginning stands in a file that is given up. */
static void drop_torn_rest(struct journal *j, int64_t now_ms)
{
	const char *end;

	if (!j->is_torn)
		return;
	j->is_torn = false;
	end = memchr(j->pending.data, '\n', j->pending.len);
	buf_drop(&j->pending, end ? (size_t)(end + 1 - j->pending.data) : j->pending.len);
	lose(j, 1, now_ms);
}

/* A file to write to: the one we have, or the next when that is full or gone. */
static int ready_segment(struct journal *j, int64_t now_ms)
{
	bool is_lost = j->fd < 0 || j->trouble == EIO || is_removed(j);
	int err;

	if (!is_lost && (j->written < j->segment_bytes || j->is_torn))
		return 0;
	err = begin_segment(j, now_ms);
	if (!err)
		drop_torn_rest(j, now_ms);
	/* Too big is better than not at all. */
	return is_lost ? err : 0;
}

int journal_flush(struct journal *j, int64_t now_ms)
{
	int err;

	/* A clock set back must not stop the tries: hence both sides. */
	if (j->trouble && now_ms < j->retry_ms && now_ms >= j->retry_ms - RETRY_MS)
		return -j->trouble;
	if (!j->pending.len) {
		j->trouble = 0;
		return 0;
	}
	err = ready_segment(j, now_ms);
	if (!err)
		err = write_pending(j);
	if (err) {
		note_trouble(j, err, now_ms);
		return err;
	}
	j->trouble = 0;
	return 0;
}

void journal_append(struct journal *j, const char *line, size_t len, int64_t now_ms)
{
	/* A storm may fill the buffer before the caller's next flush. */
	if (j->pending.len + len > j->pending_max && !j->trouble)
		journal_flush(j, now_ms);
	if (j->pending.len + len <= j->pending_max) {
		buf_add(&j->pending, line, len);
		if (!j->pending.err)
			return;
		j->pending.err = 0;
		j->gap.error = ENOMEM;
	} else if (!j->trouble) {
		j->gap.error = ENOBUFS; /* one line bigger than the whole buffer */
	}
	lose(j, count_lines(line, len), now_ms);
}

bool journal_take_gap(struct journal *j, struct event_gap *ret)
{
	if (j->trouble || !j->gap.lines)
		return false;
	*ret = j->gap;
	memset(&j->gap, 0, sizeof(j->gap));
	return true;
}

uint64_t journal_lost(const struct journal *j)
{
	return j->lost;
}

int journal_trouble(const struct journal *j)
{
	return j->trouble;
}

void journal_position(const struct journal *j, uint64_t *ret_file, uint64_t *ret_bytes)
{
	struct stat st;

	*ret_file = j->fd < 0 || fstat(j->fd, &st) ? 0 : st.st_ino;
	*ret_bytes = j->written;
}

int journal_behind(const struct journal *j, uint64_t file, uint64_t bytes, journal_fn fn,
		   void *ctx)
{
	return segments_behind(j->dir_fd, file, bytes, fn, ctx);
}

struct journal *journal_close(struct journal *j, int64_t now_ms)
{
	if (!j)
		return NULL;
	j->retry_ms = 0;
	journal_flush(j, now_ms);
	if (j->fd >= 0)
		fdatasync(j->fd);
	free_journal(&j);
	return NULL;
}
