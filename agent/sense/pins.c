// SPDX-License-Identifier: GPL-2.0-only
#include "sense/pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* Removes the entries of @name below @dir and then itself; pins are one deep. */
static void remove_dir(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP(closedirp) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (!is_dot(e->d_name))
			unlinkat(fd, e->d_name, 0);
	unlinkat(dir, name, AT_REMOVEDIR);
}

void pins_drop_links(const char *keep)
{
	CLEANUP(closedirp) DIR *d = opendir(WEIR_PIN_DIR);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (!strncmp(e->d_name, "links-", 6) && (!keep || strcmp(e->d_name, keep)))
			remove_dir(dirfd(d), e->d_name);
}

int pins_remove(void)
{
	CLEANUP(closedirp) DIR *d = opendir(WEIR_PIN_DIR);
	struct dirent *e;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	/* Links first: a program must not outlive the tables it decides by. */
	pins_drop_links(NULL);
	rewinddir(d);
	while ((e = readdir(d)))
		if (!is_dot(e->d_name))
			unlinkat(dirfd(d), e->d_name, 0);
	return rmdir(WEIR_PIN_DIR) ? -errno : 0;
}

int pins_open_map(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), WEIR_PIN_DIR "/%s", name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

static int read_first(const char *name, void *value)
{
	CLEANUP(close_fdp) int fd = pins_open_map(name);
	uint32_t zero = 0;

	if (fd < 0)
		return fd;
	return bpf_map_lookup_elem(fd, &zero, value) ? -errno : 0;
}

int pins_read_arm(struct weir_arm *arm)
{
	return read_first("weir_arm", arm);
}

int pins_read_control(struct weir_control *control)
{
	return read_first("weir_control", control);
}

int pins_write_arm(const struct weir_arm *arm)
{
	CLEANUP(close_fdp) int fd = pins_open_map("weir_arm");
	uint32_t zero = 0;

	if (fd < 0)
		return fd;
	return bpf_map_update_elem(fd, &zero, arm, BPF_ANY) ? -errno : 0;
}

int pins_read_hold(uint64_t product, struct weir_hold *hold)
{
	CLEANUP(close_fdp) int fd = pins_open_map("weir_holds");

	memset(hold, 0, sizeof(*hold));
	if (fd < 0)
		return fd;
	return bpf_map_lookup_elem(fd, &product, hold) && errno != ENOENT ? -errno : 0;
}

int pins_write_hold(uint64_t product, const struct weir_hold *hold)
{
	CLEANUP(close_fdp) int fd = pins_open_map("weir_holds");

	if (fd < 0)
		return fd;
	return bpf_map_update_elem(fd, &product, hold, BPF_ANY) ? -errno : 0;
}
