// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bump allocation from a chain of chunks, newest first.
 *
 * Nothing is freed one by one; a failed read is undone by rewinding to the
 * mark taken before it.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Large enough that a million texts take some thousand chunks. */
#define CHUNK_SIZE 65536

struct arena_chunk {
	struct arena_chunk *older;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

static struct arena_chunk *add_chunk(struct arena *a, size_t want)
{
	size_t size = want > CHUNK_SIZE ? want : CHUNK_SIZE;
	struct arena_chunk *c;

	if (size > SIZE_MAX - sizeof(*c))
		return NULL;
	c = malloc(sizeof(*c) + size);
	if (!c)
		return NULL;
	c->older = a->last;
	c->used = 0;
	c->size = size;
	a->last = c;
	return c;
}

static void *take(struct arena *a, size_t size, size_t align)
{
	struct arena_chunk *c = a->last;
	size_t at = c ? (c->used + align - 1) & ~(align - 1) : 0;

	if (!c || at > c->size || c->size - at < size) {
		c = add_chunk(a, size);
		at = 0;
	}
	if (!c)
		return NULL;
	c->used = at + size;
	return c->bytes + at;
}

void *arena_alloc(struct arena *a, size_t size)
{
	void *p = take(a, size, alignof(max_align_t));

	return p ? memset(p, 0, size) : NULL;
}

char *arena_strndup(struct arena *a, const char *text, size_t len)
{
	char *p = take(a, len + 1, 1);

	if (!p)
		return NULL;
	memcpy(p, text, len);
	p[len] = '\0';
	return p;
}

void *arena_list_add(struct arena *a, struct arena_list *list, size_t size)
{
	uint32_t cap = list->cap ? list->cap * 2 : 8;

	if (list->cnt == list->cap) {
		void *item = arena_alloc(a, cap * size);

		if (!item)
			return NULL;
		if (list->cnt)
			memcpy(item, list->item, list->cnt * size);
		list->item = item;
		list->cap = cap;
	}
	return (char *)list->item + list->cnt++ * size;
}

struct arena_mark arena_mark(const struct arena *a)
{
	struct arena_mark mark = { .last = a->last };

	mark.used = a->last ? a->last->used : 0;
	return mark;
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
	while (a->last != mark.last) {
		struct arena_chunk *c = a->last;

		a->last = c->older;
		free(c);
	}
	if (a->last)
		a->last->used = mark.used;
}

void arena_exit(struct arena *a)
{
	arena_rewind(a, (struct arena_mark){ 0 });
}
