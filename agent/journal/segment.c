// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of a journal; see segment.h.
 */
#include "journal/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/date.h"

static bool all_digits(const char *s, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

bool segment_parse(const char *name, uint64_t *ret_number)
{
	uint64_t number = 0;
	size_t digits;

	if (strncmp(name, "weir-", 5) != 0 || strlen(name) >= SEGMENT_NAME_MAX)
		return false;
	name += 5;
	if (strnlen(name, 16) < 16 || !all_digits(name, 8) || name[8] != 'T' ||
	    !all_digits(name + 9, 6) || name[15] != '-')
		return false;
	name += 16;
	digits = strspn(name, "0123456789");
	/* 18 digits: never more than a uint64_t holds. */
	if (digits < 6 || digits > 18 || strcmp(name + digits, ".ndjson") != 0)
		return false;
	while (digits--)
		number = number * 10 + (uint64_t)(*name++ - '0');
	*ret_number = number;
	return true;
}

void segment_name(char out[SEGMENT_NAME_MAX], int64_t now_ms, uint64_t number)
{
	int64_t now_s = now_ms > 0 ? now_ms / 1000 : 0;
	int second = (int)(now_s % 86400);
	struct date d = { 0 };

	date_from_days(now_s / 86400, &d);
	snprintf(out, SEGMENT_NAME_MAX, "weir-%04d%02d%02dT%02d%02d%02d-%06llu.ndjson",
		 d.year % 10000, d.mon, d.day, second / 3600, second / 60 % 60, second % 60,
		 (unsigned long long)number);
}

static int compare(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static int add_entry(struct segments *s, int dir_fd, const char *name)
{
	struct segment seg = { 0 }, *more;
	struct stat st;

	if (!segment_parse(name, &seg.number))
		return 0;
	/* Gone meanwhile, or no file of ours although named like one. */
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
		return 0;
	seg.bytes = (uint64_t)st.st_size;
	seg.changed_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	memcpy(seg.name, name, strlen(name));
	more = reallocarray(s->at, s->cnt + 1, sizeof(*s->at));
	if (!more)
		return -ENOMEM;
	s->at = more;
	s->at[s->cnt++] = seg;
	return 0;
}

int segments_list(int dir_fd, struct segments *ret)
{
	CLEANUP(closedirp) DIR *dir = NULL;
	struct segments s = { 0 };
	struct dirent *entry;
	int fd, err = 0;

	/* A descriptor of its own: readdir() moves the offset. */
	fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		err = -errno;
		close(fd);
		return err;
	}
	while (!err && (entry = readdir(dir)))
		err = add_entry(&s, dir_fd, entry->d_name);
	if (err) {
		segments_free(&s);
		return err;
	}
	if (s.cnt)
		qsort(s.at, s.cnt, sizeof(*s.at), compare);
	*ret = s;
	return 0;
}

void segments_free(struct segments *s)
{
	free(s->at);
	memset(s, 0, sizeof(*s));
}
