// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "inventory/root.h"

/* An ACL that lets somebody write shows in the group's bits, as its mask. */
#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

static int complain(const char *path, const struct stat *st, struct diag *d)
{
	if (!st->st_uid)
		return diag_set(d, path, 0, 0,
				"others than root can write it (mode %04o): chmod go-w %.384s",
				st->st_mode & 07777, path);
	return diag_set(d, path, 0, 0,
			"user %u owns it and can write it: chown root %.384s", st->st_uid, path);
}

static int check_stat(const char *path, const struct stat *st, bool is_above, struct diag *d)
{
	if (st->st_uid)
		return complain(path, st, d);
	if (S_ISLNK(st->st_mode) || !(st->st_mode & OTHERS_WRITE))
		return 0;
	if (is_above && S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX)
		return 0;
	return complain(path, st, d);
}

/* All of @path, absolute, from the root down. */
static int check_chain(char *path, struct diag *d)
{
	char *slash = path;
	struct stat st;
	int err = 0;

	if (!stat("/", &st))
		err = check_stat("/", &st, true, d);
	while (!err && slash) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (lstat(path, &st)) {
			err = -errno;
			diag_set(d, path, 0, 0, "%s", strerror(-err));
		} else {
			err = check_stat(path, &st, slash != NULL, d);
		}
		if (slash)
			*slash = '/';
	}
	return err;
}

/* As it was named: a link on the way may belong to somebody else. */
static int check_name(const char *path, struct diag *d)
{
	char full[2 * WEIR_PATH_MAX] = "";
	size_t len;

	if (*path != '/' && !getcwd(full, WEIR_PATH_MAX)) {
		int err = -errno;

		diag_set(d, path, 0, 0, "the working directory: %s", strerror(-err));
		return err;
	}
	len = strlen(full);
	snprintf(full + len, sizeof(full) - len, "%s%s", len ? "/" : "", path);
	len = strlen(full);
	while (len > 1 && full[len - 1] == '/')
		full[--len] = '\0';
	return check_chain(full, d);
}

int trust_check(int fd, const char *path, struct diag *d)
{
	CLEANUP(close_fdp) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(freep) char *real = NULL;
	struct stat st;
	int err;

	err = root < 0 ? -errno : root_path_of(root, fd, &real);
	if (!err && fstat(fd, &st))
		err = -errno;
	if (err) {
		diag_set(d, path, 0, 0, "%s", strerror(-err));
		return err;
	}
	err = check_stat(path, &st, false, d);
	if (!err)
		err = check_name(path, d);
	return err ? err : check_chain(real, d);
}
