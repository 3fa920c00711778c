/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Source file: a file of the policy or the catalogue, read whole.
 *
 * Read, not mapped: one that shrinks meanwhile must not kill the agent. What
 * cannot be read is told with the file's name, line 0, and why.
 */
#ifndef WEIR_CMD_SOURCE_FILE_H
#define WEIR_CMD_SOURCE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

/* Of one file, and of all files of a catalogue together. */
#define SOURCE_BYTES_MAX (1ULL << 30)

/* @err, a -errno, with @d saying "@what: why" of @file; -ENOMEM too. */
int source_complain(struct diag *d, const char *file, const char *what, int err);

/*
 * @file as seen from the directory @dir_fd, and never outside of it: a
 * descriptor or -errno. Where openat2() is missing no link is followed, which
 * is stricter.
 */
int source_open_below(int dir_fd, const char *file, int flags);

/*
 * A regular file's bytes with a NUL behind them, the caller's to free(). 0 or
 * -errno with @d filled. With @is_trusted what others than root can write is
 * refused, see trust.h.
 */
int source_read(const char *file, bool is_trusted, char **ret, size_t *ret_len,
		struct diag *d);

/* The same of what is behind @path_fd, an O_PATH descriptor of @file. */
int source_read_fd(int path_fd, const char *file, char **ret, size_t *ret_len,
		   struct diag *d);

#endif /* WEIR_CMD_SOURCE_FILE_H */
