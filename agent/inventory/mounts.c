// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/mounts.h"

#include <string.h>

#include "base/cleanup.h"

bool mounts_type_is_prompt(const char *type)
{
	static const char *const slow[] = {
		"fuse", "nfs", "cifs", "smb", "ceph", "afs", "lustre", "autofs", "gfs",
		"ocfs", "coda", "ncpfs", "beegfs", "gpfs", "panfs", "orangefs",
	};

	/* By beginning: "fuse.sshfs", "fuseblk", "nfs4", "smb3". */
	for (size_t i = 0; i < ARRAY_SIZE(slow); i++) {
		if (!strncmp(type, slow[i], strlen(slow[i])))
			return false;
	}
	return true;
}

/* -1: unknown. */
static long mount_id(int fd)
{
	CLEANUP(fclosep) FILE *info = NULL;
	char path[48], line[256];
	long id = -1;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fopen(path, "re");
	while (info && id < 0 && fgets(line, sizeof(line), info)) {
		if (!strncmp(line, "mnt_id:", 7))
			id = strtol(line + 7, NULL, 10);
	}
	return id;
}

/* 1: prompt, 0: not, -1: this list does not have it. */
static int look_up(const char *mountinfo, long id)
{
	CLEANUP(fclosep) FILE *list = fopen(mountinfo, "re");
	CLEANUP(freep) char *line = NULL;
	size_t size = 0;

	/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw" */
	while (list && getline(&line, &size, list) > 0) {
		char *end, *type;

		if (strtol(line, &end, 10) != id || *end != ' ')
			continue;
		type = strstr(line, " - ");
		if (!type)
			return -1;
		type += strlen(" - ");
		type[strcspn(type, " \n")] = '\0';
		return mounts_type_is_prompt(type);
	}
	return -1;
}

bool mounts_is_prompt(int fd, uint32_t pid)
{
	char theirs[48];
	long id = mount_id(fd);
	int got;

	if (id < 0)
		return false;
	got = look_up("/proc/self/mountinfo", id);
	if (got >= 0 || !pid)
		return got == 1;
	snprintf(theirs, sizeof(theirs), "/proc/%u/mountinfo", pid);
	return look_up(theirs, id) == 1;
}

static bool type_has_files(const char *type)
{
	static const char *const none[] = {
		"overlay", "tmpfs", "ramfs", "proc", "sysfs", "devtmpfs", "devpts", "cgroup",
		"cgroup2", "bpf", "securityfs", "debugfs", "tracefs", "configfs", "pstore",
		"mqueue", "hugetlbfs", "binfmt_misc", "nsfs", "rpc_pipefs", "efivarfs",
		"fusectl", "selinuxfs",
	};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		if (!strcmp(type, none[i]))
			return false;
	return mounts_type_is_prompt(type);
}

static int compare_devices(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

uint32_t mounts_devices(uint64_t *out, uint32_t max)
{
	CLEANUP(fclosep) FILE *list = fopen("/proc/self/mountinfo", "re");
	CLEANUP(freep) char *line = NULL;
	unsigned int major, minor;
	uint32_t cnt = 0, kept = 0;
	size_t size = 0;

	while (list && cnt < max && getline(&line, &size, list) > 0) {
		char *type = strstr(line, " - ");

		if (!type || sscanf(line, "%*u %*u %u:%u", &major, &minor) != 2)
			continue;
		type += strlen(" - ");
		type[strcspn(type, " \n")] = '\0';
		if (type_has_files(type))
			out[cnt++] = (uint64_t)major << 32 | minor;
	}
	qsort(out, cnt, sizeof(*out), compare_devices);
	for (uint32_t i = 0; i < cnt; i++)
		if (!kept || out[kept - 1] != out[i])
			out[kept++] = out[i];
	return kept;
}
