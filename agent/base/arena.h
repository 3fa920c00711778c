/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is given back all at once: what a catalogue or a policy points
 * to lives exactly as long as it does. A zeroed struct is an empty arena.
 */
#ifndef WEIR_BASE_ARENA_H
#define WEIR_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *last;
};

/* Where an arena stood; everything newer can be taken back. */
struct arena_mark {
	struct arena_chunk *last;
	size_t used;
};

/* Zeroed and aligned for any type. NULL: no memory. */
void *arena_alloc(struct arena *a, size_t size);

/* A NUL-terminated copy, packed: text costs its length and one byte. */
char *arena_strndup(struct arena *a, const char *text, size_t len);

/* An array that grows in an arena. A zeroed struct is an empty list. */
struct arena_list {
	void *item;
	uint32_t cnt, cap;
};

/* Room for one more item of @size at the end, zeroed. NULL: no memory. */
void *arena_list_add(struct arena *a, struct arena_list *list, size_t size);

struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);
void arena_exit(struct arena *a);

#endif /* WEIR_BASE_ARENA_H */
