/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines: the lines of a hostile text file, in bounded memory.
 *
 * A line of any length costs one buffer: what is longer than LINES_LINE_MAX
 * is cut and said to be. NULs stay and are told, since everything behind one
 * is invisible to who takes the line for a string. A file that grows or never
 * ends is read until the deadline.
 */
#ifndef WEIR_PARSE_LINES_H
#define WEIR_PARSE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Four times the longest path: whatever is said in a line that is read. */
#define LINES_LINE_MAX 16384

#define LINES_BUF_BYTES (8 * LINES_LINE_MAX)

struct line {
	char *text; /* may be written to; NUL-terminated behind its @len bytes */
	size_t len; /* without the newline */
	bool is_cut, has_nul;
};

/* Not to be moved. */
struct lines {
	int fd;
	uint64_t off, deadline_ns;
	char *buf;
	size_t start, end;
	bool is_over, is_skipping;
};

/* @deadline_ns as in struct parse_context. 0 or -ENOMEM. */
int lines_init(struct lines *l, int fd, uint64_t deadline_ns);
void lines_exit(struct lines *l);

/* 1 with *ret valid until the next call, 0 at the end, -ETIME or -errno. */
int lines_next(struct lines *l, struct line *ret);

/*
 * The next piece of @fd from *off, which is moved behind it: its length, 0 at
 * the end, -ETIME or -errno.
 */
long lines_read(int fd, void *buf, size_t size, uint64_t *off, uint64_t deadline_ns);

#endif /* WEIR_PARSE_LINES_H */
