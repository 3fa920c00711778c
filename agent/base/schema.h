/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables that say which keys a file may have, and the decoder that holds a
 * file to them.
 *
 * A schema describes one map: its keys, what each holds and where it goes in
 * a struct. The decoder refuses what no table names, what is named twice and
 * what is missing; the functions in the tables judge values. Items of a list
 * of maps are decoded one at a time into the same memory and handed to the
 * schema's done(), so a list may be far longer than memory would hold trees.
 *
 * Nesting is bounded by the tables: no schema may contain itself.
 */
#ifndef WEIR_BASE_SCHEMA_H
#define WEIR_BASE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/node.h"

/* Keys of one map. */
#define SCHEMA_FIELD_MAX 24

/* The longest scalar at all: a path, PATH_MAX without its NUL. */
#define SCHEMA_SCALAR_MAX 4095

struct schema_frame;
struct schema;

/* What the functions of the tables are given. */
struct reader {
	const char *file;
	struct diag *diag;
	struct arena *arena; /* what the result points to */
	void *ctx;	     /* the caller's */
	struct nodes *yaml;
	struct schema_frame *frame; /* the map being read, private */
};

struct scalar {
	const char *text; /* borrowed for the call */
	size_t len;
	bool plain;
	struct mark at;
};

enum field_shape {
	FIELD_SCALAR,
	FIELD_SCALARS,
	FIELD_MAP,
	FIELD_MAPS,
	FIELD_SCALAR_OR_MAPS, /* both fill the same place */
};

struct field {
	const char *key;
	enum field_shape shape;
	bool required;
	size_t offset; /* of what is filled, in the map's struct */

	/* A scalar, or one of a list of them, into @into. */
	int (*scalar)(struct reader *r, const struct scalar *s, void *into);

	const struct schema *map; /* of a map, or of each in a list */

	/* The whole list has been read; may be NULL. */
	int (*end)(struct reader *r, void *into);
};

struct schema {
	const struct field *fields;
	uint32_t field_cnt;
	size_t size; /* of the struct that one map fills */

	/*
	 * A map whose keys are the writer's own names: each goes to @open, which
	 * refuses bad ones, and its value to @any. Such a map has no fields.
	 */
	const struct field *any;
	int (*open)(struct reader *r, const struct scalar *key, void *obj);

	/* Beyond zero bytes; may be NULL. */
	void (*init)(void *obj);

	/*
	 * All keys of one map have been read into @obj; may be NULL. @into is
	 * the place of the field that holds the map or the list of maps.
	 */
	int (*done)(struct reader *r, void *obj, void *into);
};

/*
 * Holds the file to @schema, filling @obj. The file's first key must be the
 * schema's first. 0, -EINVAL with r->diag filled, or -ENOMEM; r->file, diag,
 * arena and ctx are the caller's to set.
 */
int schema_read(struct reader *r, const char *text, size_t len,
		const struct schema *schema, void *obj);

/* Complains about @at. Returns -EINVAL. */
int schema_fail(struct reader *r, struct mark at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Where the value of @key stood in the map at hand; the map when it has none. */
struct mark schema_mark(const struct reader *r, const char *key);
bool schema_has(const struct reader *r, const char *key);

/* The key being read, for messages. */
const char *schema_key(const struct reader *r);

#endif /* WEIR_BASE_SCHEMA_H */
