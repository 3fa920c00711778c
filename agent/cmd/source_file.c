// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/trust.h"
#include "inventory/root.h"

int source_complain(struct diag *d, const char *file, const char *what, int err)
{
	diag_set(d, file, 0, 0, "%s%s%s", what, *what ? ": " : "",
		 err == -EINVAL	 ? "not a regular file" :
		 err == -EXDEV	 ? "a link that leads out of the catalogue" :
		 err == -ELOOP	 ? "a symbolic link, which is not followed here" :
		 err == -EFBIG	 ? "larger than 1 GiB" :
		 err == -ENODATA ? "became shorter while it was read" :
				   strerror(-err));
	return err;
}

int source_open_below(int dir_fd, const char *file, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, dir_fd, file, &how, sizeof(how));

	if (fd >= 0)
		return fd;
	if (errno != ENOSYS && errno != EPERM)
		return -errno;
	fd = openat(dir_fd, file, flags | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int source_read_fd(int path_fd, const char *file, char **ret, size_t *ret_len,
		   struct diag *d)
{
	CLEANUP(close_fdp) int fd = root_reopen(path_fd);
	CLEANUP(freep) char *text = NULL;
	struct stat st;
	size_t len;
	int err;

	if (fd < 0)
		return source_complain(d, file, "cannot be read", fd);
	if (fstat(fd, &st))
		return source_complain(d, file, "cannot be read", -errno);
	if ((uint64_t)st.st_size > SOURCE_BYTES_MAX)
		return source_complain(d, file, "cannot be read", -EFBIG);
	len = (size_t)st.st_size;
	text = malloc(len + 1);
	if (!text)
		return source_complain(d, file, "cannot be read", -ENOMEM);
	err = root_read_at(fd, text, len, 0);
	if (err)
		return source_complain(d, file, "cannot be read", err);
	text[len] = '\0';
	*ret = take_ptr(text);
	*ret_len = len;
	return 0;
}

int source_read(const char *file, bool is_trusted, char **ret, size_t *ret_len,
		struct diag *d)
{
	CLEANUP(close_fdp) int fd = open(file, O_PATH | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return source_complain(d, file, "cannot be read", -errno);
	if (is_trusted)
		err = trust_check(fd, file, d);
	return err ? err : source_read_fd(fd, file, ret, ret_len, d);
}
