// SPDX-License-Identifier: GPL-2.0-only
#include "sense/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* The first cgroup2 mount whose root is the hierarchy's own. */
static int open_mounted(void)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int fd = -ENOENT;

	if (!f)
		return -errno;
	while ((m = getmntent(f))) {
		if (strcmp(m->mnt_type, "cgroup2"))
			continue;
		fd = open(m->mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
		break;
	}
	endmntent(f);
	return fd;
}

int cgroup_root_open(const char *fallback)
{
	int fd = open_mounted();

	if (fd >= 0)
		return fd;
	mkdir("/run/weir", 0755);
	if (mkdir(fallback, 0700) && errno != EEXIST)
		return -errno;
	if (mount("none", fallback, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return -errno;
	fd = open(fallback, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
