// SPDX-License-Identifier: GPL-2.0-only
#include "sense/pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sense/module_gate.h"
#include "sense/objects.h"

/* No layout of struct weir_control is larger. */
#define CONTROL_MAX 512

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* Removes the entries of @name below @dir and then itself; pins are one deep. */
static int remove_dir(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP(closedirp) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	int cnt = 0;

	while (d && (e = readdir(d)))
		if (!is_dot(e->d_name))
			cnt += !unlinkat(fd, e->d_name, 0);
	unlinkat(dir, name, AT_REMOVEDIR);
	return cnt;
}

void pins_build_dir(uint64_t build, char path[PINS_DIR_MAX])
{
	snprintf(path, PINS_DIR_MAX, WEIR_PIN_DIR "/build-%016" PRIx64, build);
}

void pins_tables_dir(uint32_t abi, char path[PINS_DIR_MAX])
{
	snprintf(path, PINS_DIR_MAX, WEIR_PIN_DIR "/tables-%" PRIu32, abi);
}

/* Directories of that kind, but for @keep (NULL: none is kept). */
static int drop_dirs(const char *kind, const char *keep)
{
	CLEANUP(closedirp) DIR *d = opendir(WEIR_PIN_DIR);
	struct dirent *e;
	int cnt = 0;

	while (d && (e = readdir(d)))
		if (!strncmp(e->d_name, kind, strlen(kind)) && (!keep || strcmp(e->d_name, keep)))
			cnt += remove_dir(dirfd(d), e->d_name);
	return cnt;
}

static const char *last_part(const char *path)
{
	return strrchr(path, '/') + 1;
}

void pins_drop_build(uint64_t build)
{
	CLEANUP(closedirp) DIR *d = opendir(WEIR_PIN_DIR);
	char path[PINS_DIR_MAX];

	pins_build_dir(build, path);
	if (d)
		remove_dir(dirfd(d), last_part(path));
}

void pins_drop_other_builds(uint64_t keep)
{
	char path[PINS_DIR_MAX];

	pins_build_dir(keep, path);
	drop_dirs("build-", last_part(path));
}

void pins_drop_other_tables(uint32_t abi)
{
	char path[PINS_DIR_MAX];

	pins_tables_dir(abi, path);
	drop_dirs("tables-", last_part(path));
}

int pins_remove(void)
{
	CLEANUP(closedirp) DIR *d = opendir(WEIR_PIN_DIR);
	struct dirent *e;
	int cnt;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	/* Links first: a program must not outlive the tables it decides by. */
	cnt = drop_dirs("build-", NULL);
	cnt += drop_dirs("tables-", NULL);
	rewinddir(d);
	while ((e = readdir(d)))
		if (!is_dot(e->d_name))
			cnt += !unlinkat(dirfd(d), e->d_name, 0);
	return rmdir(WEIR_PIN_DIR) ? -errno : cnt;
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

int pins_read_active(struct weir_active *active)
{
	return read_first("weir_active", active);
}

/* The control of @build for the caller to close, and how large it is. */
static int open_control(uint64_t build, uint32_t *ret_size)
{
	struct bpf_map_info info = {};
	CLEANUP(close_fdp) int fd = -1;
	char dir[PINS_DIR_MAX], path[PINS_DIR_MAX + 16];
	__u32 len = sizeof(info);

	pins_build_dir(build, dir);
	snprintf(path, sizeof(path), "%s/weir_control", dir);
	fd = bpf_obj_get(path);
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (info.value_size < WEIR_CONTROL_HEAD || info.value_size > CONTROL_MAX)
		return -EPROTO;
	*ret_size = info.value_size;
	return take_fd(fd);
}

int pins_read_build(uint64_t build, struct weir_control *control, bool *ret_whole)
{
	char raw[CONTROL_MAX] = "";
	uint32_t zero = 0, size = 0;
	CLEANUP(close_fdp) int fd = open_control(build, &size);
	struct weir_active active;
	int err;

	if (fd < 0)
		return fd;
	if (bpf_map_lookup_elem(fd, &zero, raw))
		return -errno;
	err = pins_read_active(&active);
	if (err)
		return err;
	*ret_whole = size == sizeof(*control) && active.build == build &&
		     active.abi == object_abi();
	memset(control, 0, sizeof(*control));
	memcpy(control, raw, *ret_whole ? sizeof(*control) : WEIR_CONTROL_HEAD);
	return 0;
}

int pins_silence(uint64_t build)
{
	char raw[CONTROL_MAX] = "";
	uint32_t zero = 0, size = 0;
	CLEANUP(close_fdp) int fd = open_control(build, &size);

	if (fd < 0)
		return fd;
	if (bpf_map_lookup_elem(fd, &zero, raw))
		return -errno;
	memset(raw + offsetof(struct weir_control, agent), 0, sizeof(uint32_t));
	return bpf_map_update_elem(fd, &zero, raw, BPF_ANY) ? -errno : 0;
}

int pins_read_control(struct weir_control *control)
{
	struct weir_active active;
	bool whole = false;
	int err = pins_read_active(&active);

	if (!err)
		err = active.build ? pins_read_build(active.build, control, &whole) : -ENOENT;
	if (err)
		return err;
	return whole ? 0 : -EPROTO;
}

/* What the module was told and did not take counts where it is the gate. */
static int told(int err)
{
	struct weir_control c;
	int hook;

	for (hook = 0; err && !pins_read_control(&c) && hook < WEIR_HOOK_MAX; hook++)
		if (c.gate[hook] == WEIR_VIA_MODULE)
			return err;
	return 0;
}

int pins_write_arm(const struct weir_arm *arm)
{
	CLEANUP(close_fdp) int fd = pins_open_map("weir_arm");
	uint32_t zero = 0;

	if (fd < 0)
		return fd;
	if (bpf_map_update_elem(fd, &zero, arm, BPF_ANY))
		return -errno;
	return told(module_gate_tell_arm(arm));
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
	if (bpf_map_update_elem(fd, &product, hold, BPF_ANY))
		return -errno;
	return told(module_gate_tell_hold(product, hold));
}
