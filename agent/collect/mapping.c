// SPDX-License-Identifier: GPL-2.0-only
#include "collect/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "inventory/root.h"

#define DELETED " (deleted)"

/* The kernel writes a line break in a name as "\012" and nothing else so. */
static void unescape(char *path)
{
	char *to = path;

	for (; *path; path++) {
		if (!strncmp(path, "\\012", 4)) {
			*to++ = '\n';
			path += 3;
		} else {
			*to++ = *path;
		}
	}
	*to = '\0';
}

/* "5633a8f85000-5633a8f9b000 r-xp 00004000 fe:00 1234    /usr/bin/cat" */
static bool parse(const struct task *t, char *line, struct mapping *m)
{
	unsigned int major, minor;
	unsigned long long ino;
	unsigned long start, end;
	char prot[5];
	int path = 0;
	size_t len;

	if (sscanf(line, "%lx-%lx %4s %*x %x:%x %llu %n", &start, &end, prot, &major, &minor,
		   &ino, &path) < 6 || !path || !ino || prot[2] != 'x')
		return false;
	line[strcspn(line, "\n")] = '\0';
	unescape(line + path);
	len = strlen(line + path);
	m->start = start;
	m->end = end;
	m->dev = makedev(major, minor);
	m->ino = (ino_t)ino;
	m->is_deleted = len > strlen(DELETED) &&
			!strcmp(line + path + len - strlen(DELETED), DELETED);
	task_own_path(t, line + path);
	m->path = line + path;
	return true;
}

int mappings_each(const struct task *t, mapping_fn fn, void *ctx)
{
	CLEANUP(close_fdp) int fd = openat(t->dir_fd, "maps", O_RDONLY | O_CLOEXEC);
	CLEANUP(fclosep) FILE *f = NULL;
	CLEANUP(freep) char *line = NULL;
	struct mapping m, last = { 0 };
	size_t size = 0;
	int err = 0;

	if (fd < 0)
		return -errno;
	f = fdopen(fd, "re");
	if (!f)
		return -ENOMEM;
	(void)take_fd(fd);
	for (unsigned int i = 0; !err; i++) {
		errno = 0;
		if (getline(&line, &size, f) < 0)
			return feof(f) || !errno ? 0 : -errno;
		if (i == MAPPING_LINES_MAX)
			return -E2BIG;
		if (!parse(t, line, &m) || (m.dev == last.dev && m.ino == last.ino))
			continue;
		last = m;
		err = fn(ctx, &m);
	}
	return err;
}

/* By name, for those that may not follow map_files: the same inode, or nothing. */
static int open_by_name(const struct task *t, const struct mapping *m)
{
	CLEANUP(close_fdp) int root = openat(t->dir_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_fdp) int fd = -1;
	struct stat st;

	if (root < 0)
		return -errno;
	fd = root_open(root, m->path, O_PATH);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		return -errno;
	return st.st_ino == m->ino ? take_fd(fd) : -ESTALE;
}

/* The link to the executable may be followed by its user, whatever became of its name. */
static int open_exe(const struct task *t, const struct mapping *m)
{
	CLEANUP(close_fdp) int fd = openat(t->dir_fd, "exe", O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	return st.st_ino == m->ino ? take_fd(fd) : -ESTALE;
}

int mapping_open(const struct task *t, const struct mapping *m)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "map_files/%lx-%lx", (unsigned long)m->start,
		 (unsigned long)m->end);
	fd = openat(t->dir_fd, name, O_PATH | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno != EPERM)
		return -errno;
	if (t->exe && !strcmp(t->exe, m->path))
		return open_exe(t, m);
	return m->is_deleted ? -EPERM : open_by_name(t, m);
}
