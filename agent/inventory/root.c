// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

#include <weir/limits.h>

#include "base/cleanup.h"

int root_is_live(int root_fd)
{
	struct stat ours, given;

	if (stat("/", &ours) || fstat(root_fd, &given))
		return 0;
	return ours.st_dev == given.st_dev && ours.st_ino == given.st_ino;
}

int root_open(int root_fd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
	if (fd >= 0)
		return fd;
	if (errno != ENOSYS && errno != EPERM)
		return -errno;
	/* Before 5.6, or a sandbox that does not know the call. */
	if (path[0] != '/' || !root_is_live(root_fd))
		return -errno;
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int root_reopen(int path_fd)
{
	char link[32];
	struct stat st;
	int fd;

	if (fstat(path_fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
	fd = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int root_open_file(int root_fd, const char *path, struct stat *ret_st)
{
	CLEANUP(close_fdp) int where = -1;
	CLEANUP(close_fdp) int fd = -1;
	struct stat st;

	where = root_open(root_fd, path, O_PATH);
	if (where < 0)
		return where;
	fd = root_reopen(where);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		return -errno;
	if (ret_st)
		*ret_st = st;
	return take_fd(fd);
}

int root_text(int root_fd, const char *path, size_t max, char **ret)
{
	CLEANUP(close_fdp) int fd = -1;
	CLEANUP(freep) char *text = NULL;
	size_t len = 0;
	ssize_t got;

	fd = root_open_file(root_fd, path, NULL);
	if (fd < 0)
		return fd;
	/* Not by st_size: files of /proc and /sys say 0 or a page. */
	text = malloc(max + 2);
	if (!text)
		return -ENOMEM;
	while (len <= max) {
		got = read(fd, text + len, max + 1 - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		len += (size_t)got;
	}
	if (len > max)
		return -EFBIG;
	text[len] = '\0';
	*ret = take_ptr(text);
	return 0;
}

int root_path_of(int root_fd, int path_fd, char **ret)
{
	char link[32], base[WEIR_PATH_MAX], path[WEIR_PATH_MAX];
	ssize_t base_len, len;
	const char *below;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", root_fd);
	base_len = readlink(link, base, sizeof(base) - 1);
	if (base_len < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return -errno;
	path[len] = '\0';

	below = path;
	if (base_len > 1 && len > base_len && !memcmp(path, base, (size_t)base_len) &&
	    path[base_len] == '/')
		below = path + base_len;
	*ret = strdup(below);
	return *ret ? 0 : -ENOMEM;
}

int root_read_at(int fd, void *buf, size_t len, uint64_t off)
{
	size_t done = 0;
	ssize_t got;

	if (off > INT64_MAX - len)
		return -ENODATA;
	while (done < len) {
		got = pread(fd, (char *)buf + done, len - done, (off_t)(off + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return -ENODATA;
		done += (size_t)got;
	}
	return 0;
}
