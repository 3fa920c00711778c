// SPDX-License-Identifier: GPL-2.0-only
#include "parse/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "parse/input.h"

static bool is_late(uint64_t deadline_ns)
{
	struct timespec now;

	if (!deadline_ns || clock_gettime(CLOCK_MONOTONIC, &now))
		return false;
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec >= deadline_ns;
}

long lines_read(int fd, void *buf, size_t size, uint64_t *off, uint64_t deadline_ns)
{
	size_t got;
	int err;

	if (is_late(deadline_ns))
		return -ETIME;
	err = input_read_some(fd, buf, size, *off, &got);
	if (err)
		return err;
	*off += got;
	return (long)got;
}

int lines_init(struct lines *l, int fd, uint64_t deadline_ns)
{
	*l = (struct lines){ .fd = fd, .deadline_ns = deadline_ns };
	l->buf = malloc(LINES_BUF_BYTES + 1);
	return l->buf ? 0 : -ENOMEM;
}

void lines_exit(struct lines *l)
{
	free(l->buf);
	l->buf = NULL;
}

static int fill(struct lines *l)
{
	long got;

	memmove(l->buf, l->buf + l->start, l->end - l->start);
	l->end -= l->start;
	l->start = 0;
	got = lines_read(l->fd, l->buf + l->end, LINES_BUF_BYTES - l->end, &l->off,
			 l->deadline_ns);
	if (got < 0)
		return (int)got;
	l->end += (size_t)got;
	l->is_over = !got;
	return 0;
}

static void hand_over(struct lines *l, size_t len, struct line *ret)
{
	ret->text = l->buf + l->start;
	ret->is_cut = len > LINES_LINE_MAX;
	ret->len = ret->is_cut ? LINES_LINE_MAX : len;
	ret->text[ret->len] = '\0';
	ret->has_nul = memchr(ret->text, '\0', ret->len) != NULL;
}

int lines_next(struct lines *l, struct line *ret)
{
	char *end;
	size_t len;
	int err;

	for (;;) {
		end = memchr(l->buf + l->start, '\n', l->end - l->start);
		len = end ? (size_t)(end - l->buf) - l->start : l->end - l->start;
		if (end && l->is_skipping) {
			l->start += len + 1;
			l->is_skipping = false;
			continue;
		}
		if (l->is_skipping)
			l->start = l->end;
		else if (end || (l->is_over && len) || len > LINES_LINE_MAX)
			break;
		if (l->is_over)
			return 0;
		err = fill(l);
		if (err)
			return err;
	}
	hand_over(l, len, ret);
	l->is_skipping = !end;
	l->start += len + (end ? 1 : 0);
	return 1;
}
