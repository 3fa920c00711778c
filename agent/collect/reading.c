// SPDX-License-Identifier: GPL-2.0-only
#include "collect/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "inventory/root.h"

/* What the collector's own function said, told apart from what the cell says. */
struct reading {
	cell_row_fn fn;
	void *ctx;
	int result;
};

static int hand_over(void *ctx, const struct row *row)
{
	struct reading *r = ctx;

	r->result = r->fn(r->ctx, row);
	return r->result;
}

int reading_fd(struct survey *s, enum parser parser, int question, int fd, const char *what,
	       cell_row_fn fn, void *ctx)
{
	struct reading r = { .fn = fn, .ctx = ctx };
	unsigned char byte = (unsigned char)question;
	int err;

	err = cell_ask(s->cell, parser, fd, &byte, question == READING_PLAIN ? 0 : 1, 0,
		       hand_over, &r);
	if (err && !r.result)
		survey_unread(s, err, "%s", what);
	return r.result;
}

int reading_file(struct survey *s, enum parser parser, int question, const char *path,
		 cell_row_fn fn, void *ctx)
{
	CLEANUP(close_fdp) int fd = -1;

	fd = root_open_file(s->root_fd, path, NULL);
	if (fd == -ENOMEM)
		return fd;
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0) {
		survey_unread(s, fd, "%s", path);
		return 0;
	}
	return reading_fd(s, parser, question, fd, path, fn, ctx);
}

/* The walk passes over what it may not enter: an inventory has to say so. */
static void tell_forbidden(struct survey *s, const char *pattern)
{
	const char *star = strchr(pattern, '*');
	CLEANUP(close_fdp) int fd = -1;
	char dir[WEIR_PATH_MAX];
	size_t len;

	if (!star)
		return;
	for (len = (size_t)(star - pattern); len > 1 && pattern[len - 1] != '/'; len--)
		;
	if (len >= sizeof(dir))
		return;
	memcpy(dir, pattern, len);
	dir[len] = '\0';
	fd = root_open(s->root_fd, dir, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	if (fd == -EACCES || fd == -EPERM)
		survey_unread(s, fd, "%s", dir);
}

int reading_each(struct survey *s, const char *pattern, pattern_fn fn, void *ctx)
{
	int err;

	tell_forbidden(s, pattern);
	err = pattern_each(s->root_fd, pattern, fn, ctx);

	if (err != -E2BIG && err != -EINVAL)
		return err;
	survey_unread(s, err, "%s", pattern);
	return 0;
}
