/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files below a root: opening what others have written, without their traps.
 *
 * A root is a directory descriptor; links that leave it are followed inside
 * it, so a tree that was mounted for inspection, or a test's, is read as the
 * host would read its own. No descriptor given out can block a read (a FIFO,
 * a terminal, a device): what is no regular file is refused before it is
 * opened for reading, as opening alone already does things to some devices.
 */
#ifndef WEIR_INVENTORY_ROOT_H
#define WEIR_INVENTORY_ROOT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* Is @root_fd the root of this process? */
int root_is_live(int root_fd);

/*
 * Opens @path, absolute or not, below @root_fd; @flags as for open(2), with
 * O_PATH for all that only wants to know which file it is. The descriptor or
 * -errno.
 */
int root_open(int root_fd, const char *path, int flags);

/* A second descriptor, for reading, of the regular file behind an O_PATH one. */
int root_reopen(int path_fd);

/* For reading; -EINVAL when it is not a regular file. @ret_st may be NULL. */
int root_open_file(int root_fd, const char *path, struct stat *ret_st);

/*
 * The text of a small file, NUL-terminated, the caller's to free(); -EFBIG
 * above @max bytes.
 */
int root_text(int root_fd, const char *path, size_t max, char **ret);

/* Where @path_fd is, as seen from @root_fd; the caller's to free(). */
int root_path_of(int root_fd, int path_fd, char **ret);

/* Exactly @len bytes at @off: 0, -ENODATA when the file ends before, or -errno. */
int root_read_at(int fd, void *buf, size_t len, uint64_t off);

#endif /* WEIR_INVENTORY_ROOT_H */
