// SPDX-License-Identifier: GPL-2.0-only
#include "collect/aliases.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "inventory/root.h"

/* Entries looked at in one directory. */
#define VISITS_MAX 4096

/* Is it a link to a directory, and where does it lead? */
static int add(struct aliases *a, int root_fd, const char *from)
{
	CLEANUP(close_fdp) int fd = root_open(root_fd, from, O_PATH | O_DIRECTORY);
	CLEANUP(freep) char *to = NULL;
	struct alias *alias = &a->list[a->cnt];
	int err;

	if (fd < 0)
		return 0;
	err = root_path_of(root_fd, fd, &to);
	/* One that leads to the root would make every path another. */
	if (err || !strcmp(to, from) || !to[1])
		return err == -ENOMEM ? err : 0;
	alias->from = strdup(from);
	if (!alias->from)
		return -ENOMEM;
	alias->to = take_ptr(to);
	a->cnt++;
	return 0;
}

static int add_all(struct aliases *a, int root_fd, const char *dir_path)
{
	CLEANUP(closedirp) DIR *dir = NULL;
	const struct dirent *entry;
	char path[300];
	int fd, err = 0;

	fd = root_open(root_fd, dir_path, O_RDONLY | O_DIRECTORY);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (fd >= 0 && !dir) {
		close(fd);
		return -ENOMEM;
	}
	for (unsigned int i = 0; dir && !err && i < VISITS_MAX && a->cnt < ALIASES_MAX; i++) {
		entry = readdir(dir);
		if (!entry)
			break;
		if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir_path[1] ? dir_path : "",
			 entry->d_name);
		if (*entry->d_name != '.')
			err = add(a, root_fd, path);
	}
	return err;
}

int aliases_read(struct aliases *a, int root_fd)
{
	static const char *const dirs[] = { "/", "/usr", "/var", "/opt" };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(dirs) && !err; i++)
		err = add_all(a, root_fd, dirs[i]);
	return err;
}

void aliases_exit(struct aliases *a)
{
	for (uint32_t i = 0; i < a->cnt; i++) {
		free(a->list[i].from);
		free(a->list[i].to);
	}
	a->cnt = 0;
}

const char *aliases_of(const struct aliases *a, const char *path, char *buf, size_t size)
{
	for (uint32_t i = 0; i < a->cnt; i++) {
		size_t len = strlen(a->list[i].from);

		if (strncmp(a->list[i].from, path, len) != 0 || path[len] != '/')
			continue;
		if ((size_t)snprintf(buf, size, "%s%s", a->list[i].to, path + len) >= size)
			return NULL;
		return buf;
	}
	return path;
}
