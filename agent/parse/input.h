/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Input: reading the descriptor that a parser was given.
 *
 * At offsets only: the descriptor's own offset belongs to the asker. A file
 * that shrinks or grows meanwhile gives some mixture, never a crash, so it is
 * not to be mapped either.
 */
#ifndef WEIR_PARSE_INPUT_H
#define WEIR_PARSE_INPUT_H

#include <stddef.h>
#include <stdint.h>

/* Exactly @len bytes at @off: 0, -ENODATA when the file ends before, or -errno. */
int input_read_at(int fd, void *buf, size_t len, uint64_t off);

/* Up to @len bytes at @off, fewer only at the end: 0 with *ret_got, or -errno. */
int input_read_some(int fd, void *buf, size_t len, uint64_t off, size_t *ret_got);

/*
 * The whole of a small file with a NUL behind it, the caller's to free();
 * -EFBIG above @max bytes. It may hold NULs of its own: *ret_len counts them.
 */
int input_text(int fd, size_t max, char **ret, size_t *ret_len);

#endif /* WEIR_PARSE_INPUT_H */
