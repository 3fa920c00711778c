// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/drivers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "inventory/root.h"

#define MODULES_BYTES_MAX (4U << 20)
#define MOUNTS_BYTES_MAX (16U << 20)

/* From a device to the bus it hangs on; a disk behind a few bridges has half of it. */
#define CLIMB_MAX 32

/* A volume on a mirror on partitions: each is looked at once. */
#define DISKS_MAX 256

struct driver {
	const char *name, *users; /* users: "ext4,jbd2," */
	char why[96];		  /* empty: nothing hangs on it */
	bool is_foreign;	  /* not built with this kernel */
};

struct look {
	int root_fd;
	struct driver *list;
	uint32_t cnt;
	int disks[DISKS_MAX]; /* directories of /sys, to be closed */
	ino_t inos[DISKS_MAX]; /* of these: sysfs has one for each */
	uint32_t disk_cnt;
};

static void look_exit(struct look *l)
{
	while (l->disk_cnt)
		close(l->disks[--l->disk_cnt]);
	free(l->list);
}

/* "ext4 1130496 1 - Live 0x0 (OE)"; @line is cut up. */
static void take_line(struct look *l, char *line)
{
	char *save = NULL, *word[7] = { NULL };

	for (int i = 0; i < 7; i++) {
		word[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!word[i])
			break;
	}
	if (word[3])
		l->list[l->cnt++] = (struct driver){
			.name = word[0],
			.users = word[3],
			.is_foreign = word[6] && strpbrk(word[6], "OP"),
		};
}

/* @text holds the names for as long as the look goes on. */
static int read_modules(struct look *l, char *text)
{
	size_t lines = 1;
	char *save = NULL, *line;

	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	l->list = calloc(lines, sizeof(*l->list));
	if (!l->list)
		return -ENOMEM;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_line(l, line);
	return 0;
}

static void mark(struct look *l, const char *name, const char *what, const char *of)
{
	for (uint32_t i = 0; i < l->cnt; i++)
		if (!strcmp(l->list[i].name, name) && !l->list[i].why[0])
			snprintf(l->list[i].why, sizeof(l->list[i].why), "kernel module, %s %.48s",
				 what, of);
}

/* The modules of the device in @fd, and of all that it hangs on. */
static void climb(struct look *l, int fd, const char *what, const char *of)
{
	CLEANUP(close_fdp) int at = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	for (int steps = 0; at >= 0 && steps < CLIMB_MAX; steps++) {
		char link[PATH_MAX];
		ssize_t len = readlinkat(at, "driver/module", link, sizeof(link) - 1);
		int up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (len > 0) {
			link[len] = '\0';
			mark(l, strrchr(link, '/') ? strrchr(link, '/') + 1 : link, what, of);
		}
		close(at);
		at = up;
	}
}

/* Calls @fn for each entry of the directory at @path below @dir. */
static void each_entry(struct look *l, int dir, const char *path, const char *of,
		       void (*fn)(struct look *l, int dir, const char *name, const char *of))
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			fn(l, dirfd(d), e->d_name, of);
	closedir(d);
}

/* --- disks --- */

static bool is_known(const struct look *l, ino_t ino)
{
	for (uint32_t i = 0; i < l->disk_cnt; i++)
		if (l->inos[i] == ino)
			return true;
	return false;
}

/* A disk is mounted in many places, and under many others. */
static void add_disk(struct look *l, int fd)
{
	struct stat st;

	if (fd < 0)
		return;
	if (l->disk_cnt == DISKS_MAX || fstat(fd, &st) || is_known(l, st.st_ino)) {
		close(fd);
		return;
	}
	l->inos[l->disk_cnt] = st.st_ino;
	l->disks[l->disk_cnt++] = fd;
}

static void take_slave(struct look *l, int dir, const char *name, const char *of)
{
	(void)of;
	add_disk(l, openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static void take_disk(struct look *l, unsigned int major_id, unsigned int minor_id, const char *at)
{
	char path[64];
	uint32_t from = l->disk_cnt;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major_id, minor_id);
	add_disk(l, root_open(l->root_fd, path, O_PATH | O_DIRECTORY));
	for (; from < l->disk_cnt; from++) {
		climb(l, l->disks[from], "disk of", at);
		each_entry(l, l->disks[from], "slaves", at, take_slave);
	}
}

/* "36 35 98:0 / /mnt rw shared:1 - ext4 /dev/sda1 rw" */
static void take_mount(struct look *l, const char *line)
{
	const char *fs = strstr(line, " - ");
	char at[64], type[64], source[256];
	unsigned int major_id, minor_id;
	struct stat st;

	if (!fs || sscanf(line, "%*u %*u %u:%u %*s %63s", &major_id, &minor_id, at) != 3 ||
	    sscanf(fs + 3, "%63s %255s", type, source) != 2)
		return;
	for (char *p = type; *p; p++)
		*p = *p == '-' ? '_' : *p;
	mark(l, type, "file system of", at);
	/* Of btrfs and its like the number is nobody's. */
	if (!major_id && source[0] == '/') {
		CLEANUP(close_fdp) int fd = root_open(l->root_fd, source, O_PATH);

		if (fd < 0 || fstat(fd, &st) || !S_ISBLK(st.st_mode))
			return;
		major_id = major(st.st_rdev);
		minor_id = minor(st.st_rdev);
	}
	if (major_id)
		take_disk(l, major_id, minor_id, at);
}

static void take_mounts(struct look *l, char *text)
{
	char *save = NULL, *line;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_mount(l, line);
}

/* --- the network --- */

static void take_interface(struct look *l, int dir, const char *name, const char *of)
{
	CLEANUP(close_fdp) int fd = openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)of;
	if (fd >= 0)
		climb(l, fd, "network device", name);
}

static void take_interfaces(struct look *l)
{
	CLEANUP(close_fdp) int dir = root_open(l->root_fd, "/sys/class/net",
					       O_RDONLY | O_DIRECTORY);

	if (dir >= 0)
		each_entry(l, dir, ".", "", take_interface);
}

/* --- all of them --- */

/* Is @name one that uses @d? */
static bool is_used_by(const struct driver *d, const char *name)
{
	for (const char *p = d->users; (p = strstr(p, name)); p++)
		if ((p == d->users || p[-1] == ',') && p[strlen(name)] == ',')
			return true;
	return false;
}

/* What a marked one uses is marked; chains are short. */
static void follow_users(struct look *l)
{
	bool is_new = true;

	while (is_new) {
		is_new = false;
		for (uint32_t i = 0; i < l->cnt; i++)
			for (uint32_t k = 0; k < l->cnt && !l->list[i].why[0]; k++)
				if (l->list[k].why[0] && is_used_by(&l->list[i], l->list[k].name)) {
					mark(l, l->list[i].name, "needed by", l->list[k].name);
					is_new = true;
				}
	}
}

static void mark_own(struct look *l)
{
	for (uint32_t i = 0; i < l->cnt; i++)
		if (!l->list[i].is_foreign)
			mark(l, l->list[i].name, "of the kernel itself,", "loaded");
}

int drivers_each(int root_fd, driver_fn fn, void *ctx)
{
	CLEANUP(look_exit) struct look l = { .root_fd = root_fd };
	CLEANUP(freep) char *modules = NULL;
	CLEANUP(freep) char *mounts = NULL;
	int err = root_text(root_fd, "/proc/modules", MODULES_BYTES_MAX, &modules);

	if (err)
		return err == -ENOMEM ? err : 0;
	err = read_modules(&l, modules);
	if (err)
		return err;
	if (!root_text(root_fd, "/proc/1/mountinfo", MOUNTS_BYTES_MAX, &mounts))
		take_mounts(&l, mounts);
	take_interfaces(&l);
	mark_own(&l);
	follow_users(&l);
	for (uint32_t i = 0; i < l.cnt && !err; i++)
		if (l.list[i].why[0])
			err = fn(ctx, l.list[i].name, l.list[i].why);
	return err;
}
