// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder: one pass over the nodes, steered by the tables.
 *
 * read_value() and read_map() call each other; the depth is that of the
 * tables, not of the file, for a map or list where the table has none is
 * refused before anything below it is read.
 */
#include "base/schema.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/nearest.h"
#include "base/utf8.h"

struct schema_frame {
	const struct schema *schema;
	struct schema_frame *up;
	struct mark at;			      /* where the map begins */
	struct mark marks[SCHEMA_FIELD_MAX];  /* of the values in seen */
	uint32_t seen;			      /* bit per field */
	const char *key;		      /* being read */
	void *obj;
};

int schema_fail(struct reader *r, struct mark at, const char *fmt, ...)
{
	char text[sizeof(r->diag->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return diag_set(r->diag, r->file, at.line, at.col, "%s", text);
}

const char *schema_key(const struct reader *r)
{
	return r->frame->key;
}

/* The index of @key, or field_cnt when the schema has no such key. */
static uint32_t field_index(const struct schema *schema, const char *key)
{
	uint32_t i;

	for (i = 0; i < schema->field_cnt; i++)
		if (!strcmp(schema->fields[i].key, key))
			break;
	return i;
}

bool schema_has(const struct reader *r, const char *key)
{
	uint32_t i = field_index(r->frame->schema, key);

	return i < r->frame->schema->field_cnt && r->frame->seen & 1u << i;
}

struct mark schema_mark(const struct reader *r, const char *key)
{
	if (!schema_has(r, key))
		return r->frame->at;
	return r->frame->marks[field_index(r->frame->schema, key)];
}

/*
 * Escapes can bring in what the check of the file's bytes has kept out, and
 * a NUL among them would cut a text short without a word.
 */
static int check_scalar(struct reader *r, const struct node *n)
{
	size_t i = 0, step;
	uint32_t ch = 0;

	if (n->len > SCHEMA_SCALAR_MAX)
		return schema_fail(r, n->at, "longer than %d bytes",
				   SCHEMA_SCALAR_MAX);
	while ((i += utf8_plain_run(n->text + i, n->len - i)) < n->len) {
		step = utf8_step(n->text + i, n->len - i, &ch);
		if (!step)
			return schema_fail(r, n->at, "not UTF-8");
		if (ch == '\n')
			return schema_fail(r, n->at, "a line break in a text; "
					   "fold it with >- or quotes");
		if (utf8_is_control(ch))
			return schema_fail(r, n->at,
					   "a control character (U+%04X)", ch);
		i += step;
	}
	return 0;
}

static int unknown_key(struct reader *r, const struct node *n)
{
	const struct schema *schema = r->frame->schema;
	struct nearest near = { .word = n->text };
	uint32_t i;

	for (i = 0; i < schema->field_cnt; i++)
		nearest_offer(&near, schema->fields[i].key);
	if (near.best)
		return schema_fail(r, n->at,
				   "unknown key \"%.64s\"; did you mean \"%s\"?",
				   n->text, near.best);
	return schema_fail(r, n->at, "unknown key \"%.64s\"", n->text);
}

/* A name of the writer's: kept, since the node is gone when its value is read. */
static int take_name(struct reader *r, const struct node *n)
{
	const struct scalar key = { n->text, n->len, n->plain, n->at };

	if (!key.len)
		return schema_fail(r, n->at, "a key is empty");
	r->frame->key = arena_strndup(r->arena, n->text, n->len);
	if (!r->frame->key)
		return -ENOMEM;
	return r->frame->schema->open(r, &key, r->frame->obj);
}

/* A key, and that it may stand here. */
static int take_key(struct reader *r, const struct node *n, const struct field **ret)
{
	struct schema_frame *f = r->frame;
	uint32_t i;
	int err;

	if (n->type != NODE_SCALAR)
		return schema_fail(r, n->at, "a key must be a plain word");
	err = check_scalar(r, n);
	if (err)
		return err;
	*ret = f->schema->any;
	if (*ret)
		return take_name(r, n);
	i = field_index(f->schema, n->text);
	if (i == f->schema->field_cnt)
		return unknown_key(r, n);
	if (f->seen & 1u << i)
		return schema_fail(r, n->at,
				   "key \"%s\" again; it stands on line %u too",
				   n->text, f->marks[i].line);
	/* What a file is, is told by its first key. */
	if (!f->up && !f->seen && i)
		return schema_fail(r, n->at, "the first key must be \"%s\"",
				   f->schema->fields[0].key);
	f->seen |= 1u << i;
	f->key = f->schema->fields[i].key;
	*ret = &f->schema->fields[i];
	return 0;
}

static int wrong_type(struct reader *r, const struct node *n,
		      enum field_shape shape)
{
	static const char *const have[] = {
		[NODE_SCALAR] = "a single value",
		[NODE_MAP] = "a map",
		[NODE_LIST] = "a list",
		[NODE_END] = "nothing",
		[NODE_DONE] = "nothing",
	};
	static const char *const want[] = {
		[FIELD_SCALAR] = "a single value",
		[FIELD_SCALARS] = "a list",
		[FIELD_MAP] = "a map (key: value)",
		[FIELD_MAPS] = "a list",
		[FIELD_SCALAR_OR_MAPS] = "a single value or a list",
	};

	return schema_fail(r, n->at, "\"%s\" must be %s, not %s", r->frame->key,
			   want[shape], have[n->type]);
}

static int read_scalar(struct reader *r, const struct field *f,
		       const struct node *n, void *into)
{
	struct scalar s = { n->text, n->len, n->plain, n->at };
	int err;

	if (n->type != NODE_SCALAR)
		return wrong_type(r, n, FIELD_SCALAR);
	err = check_scalar(r, n);
	if (err)
		return err;
	if (!s.len)
		return schema_fail(r, s.at, "\"%s\" is empty", r->frame->key);
	return f->scalar(r, &s, into);
}

static int read_map(struct reader *r, const struct schema *schema,
		    struct mark at, void *obj, void *into);

static int read_scalars(struct reader *r, const struct field *f, void *into)
{
	struct node n;
	int err;

	while (!(err = nodes_next(r->yaml, &n)) && n.type != NODE_END) {
		err = read_scalar(r, f, &n, into);
		if (err)
			return err;
	}
	return err;
}

static int read_maps(struct reader *r, const struct field *f, void *into)
{
	CLEANUP(freep) void *obj = malloc(f->map->size);
	struct node n;
	int err;

	if (!obj)
		return -ENOMEM;
	while (!(err = nodes_next(r->yaml, &n)) && n.type != NODE_END) {
		if (n.type != NODE_MAP)
			return schema_fail(r, n.at,
					   "an item of \"%s\" must be a map "
					   "(key: value)", r->frame->key);
		memset(obj, 0, f->map->size);
		if (f->map->init)
			f->map->init(obj);
		err = read_map(r, f->map, n.at, obj, into);
		if (err)
			return err;
	}
	return err;
}

/* The shape that a value has where the table leaves a choice. */
static enum field_shape shape_of(const struct field *f, const struct node *n)
{
	if (f->shape != FIELD_SCALAR_OR_MAPS)
		return f->shape;
	return n->type == NODE_SCALAR ? FIELD_SCALAR : FIELD_MAPS;
}

static int read_value(struct reader *r, const struct field *f, void *obj)
{
	static const enum node_type wants[] = {
		[FIELD_SCALAR] = NODE_SCALAR,
		[FIELD_SCALARS] = NODE_LIST,
		[FIELD_MAP] = NODE_MAP,
		[FIELD_MAPS] = NODE_LIST,
	};
	void *into = (char *)obj + f->offset;
	enum field_shape shape;
	struct node n;
	int err = nodes_next(r->yaml, &n);

	if (err)
		return err;
	if (f != r->frame->schema->any)
		r->frame->marks[f - r->frame->schema->fields] = n.at;
	shape = shape_of(f, &n);
	if (n.type != wants[shape])
		return wrong_type(r, &n, f->shape);
	switch (shape) {
	case FIELD_SCALAR:
		return read_scalar(r, f, &n, into);
	case FIELD_SCALARS:
		err = read_scalars(r, f, into);
		break;
	case FIELD_MAP:
		if (f->map->init)
			f->map->init(into);
		return read_map(r, f->map, n.at, into, into);
	default:
		err = read_maps(r, f, into);
		break;
	}
	return !err && f->end ? f->end(r, into) : err;
}

static int check_required(struct reader *r)
{
	const struct schema *schema = r->frame->schema;
	uint32_t i;

	for (i = 0; i < schema->field_cnt; i++)
		if (schema->fields[i].required && !(r->frame->seen & 1u << i))
			return schema_fail(r, r->frame->at,
					   "key \"%s\" is missing",
					   schema->fields[i].key);
	return 0;
}

static int read_map(struct reader *r, const struct schema *schema,
		    struct mark at, void *obj, void *into)
{
	const struct field *f = NULL;
	struct schema_frame frame;
	struct node n;
	int err;

	assert(schema->field_cnt <= SCHEMA_FIELD_MAX);
	/* Not zeroed whole: the marks are only read where seen says so. */
	frame.schema = schema;
	frame.up = r->frame;
	frame.at = at;
	frame.seen = 0;
	frame.key = "";
	frame.obj = obj;
	r->frame = &frame;
	while (!(err = nodes_next(r->yaml, &n)) && n.type != NODE_END) {
		err = take_key(r, &n, &f);
		if (!err)
			err = read_value(r, f, obj);
		if (err)
			break;
	}
	if (!err)
		err = check_required(r);
	if (!err && schema->done)
		err = schema->done(r, obj, into);
	r->frame = frame.up;
	return err;
}

static int read_root(struct reader *r, const struct schema *schema, void *obj)
{
	struct node n;
	int err = nodes_next(r->yaml, &n);

	if (err)
		return err;
	if (n.type == NODE_DONE || (n.type == NODE_SCALAR && !n.len))
		return schema_fail(r, (struct mark){ 1, 1 },
				   "the file is empty");
	if (n.type != NODE_MAP)
		return schema_fail(r, n.at, "the file must be a map (key: value)");
	if (schema->init)
		schema->init(obj);
	err = read_map(r, schema, n.at, obj, obj);
	return err ? err : nodes_next(r->yaml, &n);
}

int schema_read(struct reader *r, const char *text, size_t len,
		const struct schema *schema, void *obj)
{
	CLEANUP(nodes_freep) struct nodes *y = NULL;
	int err = nodes_check_text(r->file, text, len, r->diag);

	if (!err)
		err = nodes_new(r->file, text, len, r->diag, &y);
	if (err)
		return err;
	r->yaml = y;
	r->frame = NULL;
	return read_root(r, schema, obj);
}
