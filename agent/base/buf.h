/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A buffer that grows at its end.
 *
 * Errors stick: after a failed allocation every call does nothing, and the
 * one check of buf.err at the end tells. So a formatter is a straight list of
 * calls. A zeroed struct is an empty buffer; buf_clear() keeps the memory for
 * the next event, buf_free() gives it back.
 */
#ifndef WEIR_BASE_BUF_H
#define WEIR_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	char *data; /* the caller's memory through buf_free(); may be NULL */
	size_t len;
	size_t cap;
	int err; /* 0 or -ENOMEM */
};

/* Makes the room that buf_reserve() did not find. */
bool buf_grow(struct buf *b, size_t more);

/* Room for @more bytes after the end: true, or buf.err is set. */
static inline bool buf_reserve(struct buf *b, size_t more)
{
	return (more <= b->cap - b->len && !b->err) || buf_grow(b, more);
}

static inline void buf_add(struct buf *b, const void *bytes, size_t len)
{
	if (!len || !buf_reserve(b, len))
		return;
	memcpy(b->data + b->len, bytes, len);
	b->len += len;
}

void buf_add_u64(struct buf *b, uint64_t v);
void buf_add_hex(struct buf *b, const void *bytes, size_t len);
void buf_addf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static inline void buf_add_char(struct buf *b, char c)
{
	if (buf_reserve(b, 1))
		b->data[b->len++] = c;
}

static inline void buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

/* The text so far, NUL-terminated, borrowed until the next call; never NULL. */
const char *buf_str(struct buf *b);

/* Empties @b, keeps its memory, forgets its error. */
void buf_clear(struct buf *b);

/* Drops the first @len bytes: what a short write took. */
void buf_drop(struct buf *b, size_t len);
void buf_free(struct buf *b);

#endif /* WEIR_BASE_BUF_H */
