/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON out: the one writer of the whole agent.
 *
 * Append-only into a struct buf, compact, commas by itself. Keys are literals
 * of ours and go out as they are; values may be anything. A byte that is not
 * UTF-8 becomes U+FFFD, and the call says so, since then the text no longer
 * tells the name: the caller adds the bytes in hexadecimal. Wrong nesting is a
 * mistake of the program: an assert, and in a build without them bad JSON,
 * never bad memory. The prefix is jout, because jansson, which reads, has taken
 * json.
 */
#ifndef WEIR_BASE_JSON_H
#define WEIR_BASE_JSON_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"

/* Levels kept as bits. The deepest event has seven. */
#define JSON_DEPTH_MAX 32

struct jout {
	struct buf *out;
	uint32_t arrays; /* bit n: level n is an array */
	uint32_t filled; /* bit n: level n has a member */
	uint8_t depth;
	bool has_key; /* a key was written and waits for its value */
};

static inline struct jout jout_to(struct buf *out)
{
	return (struct jout){ .out = out };
}

void jout_object(struct jout *j);
void jout_array(struct jout *j);
void jout_end(struct jout *j); /* of the innermost object or array */
void jout_close(struct jout *j); /* asserts that nothing is open */

/*
 * Inline, since keys are literals: their length is known and the copy is a move
 * or two. There are a hundred in an event.
 */
static inline __attribute__((always_inline)) void jout_key(struct jout *j, const char *key)
{
	const size_t len = strlen(key);
	uint32_t bit = 1u << ((j->depth - 1) & 31);
	char *p;

	assert(j->depth && !(j->arrays & bit) && !j->has_key);
	j->has_key = true;
	if (!buf_reserve(j->out, len + 4))
		return;
	p = j->out->data + j->out->len;
	*p = ',';
	p += (j->filled & bit) != 0;
	j->filled |= bit;
	*p++ = '"';
	memcpy(p, key, len);
	p += len;
	*p++ = '"';
	*p++ = ':';
	j->out->len = (size_t)(p - j->out->data);
}

/* false: some byte was no UTF-8 and stands as U+FFFD. */
bool jout_strn(struct jout *j, const char *s, size_t len);
bool jout_str(struct jout *j, const char *s); /* NULL: null */
void jout_hex(struct jout *j, const void *bytes, size_t len);
void jout_u64(struct jout *j, uint64_t v);
void jout_i64(struct jout *j, int64_t v);
void jout_digits(struct jout *j, uint64_t v); /* a number as a string */
void jout_bool(struct jout *j, bool v);
void jout_null(struct jout *j);

/* A piece of JSON made before, one value. */
void jout_raw(struct jout *j, const char *s, size_t len);

/* Members of an object: key and value. */
static inline bool jout_add_str(struct jout *j, const char *key, const char *s)
{
	jout_key(j, key);
	return jout_str(j, s);
}

static inline void jout_add_u64(struct jout *j, const char *key, uint64_t v)
{
	jout_key(j, key);
	jout_u64(j, v);
}

static inline void jout_add_bool(struct jout *j, const char *key, bool v)
{
	jout_key(j, key);
	jout_bool(j, v);
}

static inline void jout_add_object(struct jout *j, const char *key)
{
	jout_key(j, key);
	jout_object(j);
}

static inline void jout_add_array(struct jout *j, const char *key)
{
	jout_key(j, key);
	jout_array(j);
}

#endif /* WEIR_BASE_JSON_H */
