// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/arming.h"

/* A line for each rule or unit; policies have some hundred at most. */
#define BYTES_MAX (4UL << 20)

int state_read(const char *path, json_t **ret)
{
	struct stat st;
	json_t *all;

	if (lstat(path, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > BYTES_MAX)
		return -EINVAL;
	all = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(all)) {
		json_decref(all);
		return -EINVAL;
	}
	*ret = all;
	return 0;
}

/* A disk that fills takes a part of it and names no error for that. */
static int write_all(int fd, const char *text, size_t len)
{
	ssize_t n = write(fd, text, len);

	if (n < 0)
		return -errno;
	if ((size_t)n != len)
		return -ENOSPC;
	return fsync(fd) ? -errno : 0;
}

int state_write(const char *path, const char *text, size_t len)
{
	CLEANUP(close_fdp) int fd = -1;
	char aside[128];
	int err;

	/* What could not be read again does not take the place of what can. */
	if (len > BYTES_MAX)
		return -EFBIG;
	mkdir("/var/lib", 0755); /* there on any host but the smallest */
	if (mkdir(ARMING_STATE, 0700) && errno != EEXIST)
		return -errno;
	if (snprintf(aside, sizeof(aside), "%s.new", path) >= (int)sizeof(aside))
		return -ENAMETOOLONG;
	fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = write_all(fd, text, len);
	if (err)
		return err;
	return rename(aside, path) ? -errno : 0;
}

int state_write_json(const char *path, const json_t *all)
{
	CLEANUP(freep) char *text = all ? json_dumps(all, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;

	return text ? state_write(path, text, strlen(text)) : -ENOMEM;
}
