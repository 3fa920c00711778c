// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open addressing with linear probing, at most half full.
 *
 * The hash is not keyed: what is indexed comes from files that only root may
 * write, and a pure folder has no source of randomness.
 */
#include "base/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct index_slot {
	const char *key; /* NULL: empty */
	uint32_t tag;
	uint32_t value;
};

static uint64_t hash(const char *key, uint32_t tag)
{
	uint64_t h = 0xcbf29ce484222325ull ^ tag; /* FNV-1a */

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 0x100000001b3ull;
	return h ^ h >> 29;
}

/* The slot that holds the key, or the empty one where it belongs. */
static struct index_slot *slot_of(const struct index *x, const char *key,
				  uint32_t tag)
{
	uint32_t i = (uint32_t)hash(key, tag) & (x->cap - 1);

	while (x->slots[i].key && (x->slots[i].tag != tag ||
				   strcmp(x->slots[i].key, key) != 0))
		i = (i + 1) & (x->cap - 1);
	return &x->slots[i];
}

static int resize(struct index *x, uint32_t cap)
{
	struct index grown = { .cnt = x->cnt, .cap = cap };
	uint32_t i;

	grown.slots = calloc(cap, sizeof(*grown.slots));
	if (!grown.slots)
		return -ENOMEM;
	for (i = 0; i < x->cap; i++) {
		const struct index_slot *s = &x->slots[i];

		if (s->key)
			*slot_of(&grown, s->key, s->tag) = *s;
	}
	free(x->slots);
	*x = grown;
	return 0;
}

int index_reserve(struct index *x, uint32_t cnt)
{
	uint32_t cap = x->cap ? x->cap : 64;

	/* 2^30: beyond what the 32-bit evidence numbers can use anyway. */
	if (cnt > 1u << 30)
		return -ENOMEM;
	while (cap / 2 < cnt)
		cap *= 2;
	return cap == x->cap ? 0 : resize(x, cap);
}

int index_put(struct index *x, const char *key, uint32_t tag, uint32_t value,
	      uint32_t *ret_old)
{
	struct index_slot *s;
	int err = index_reserve(x, x->cnt + 1);

	if (err)
		return err;
	s = slot_of(x, key, tag);
	if (ret_old)
		*ret_old = s->key ? s->value : INDEX_NONE;
	if (s->key)
		return 0;
	*s = (struct index_slot){ .key = key, .tag = tag, .value = value };
	x->cnt++;
	return 0;
}

uint32_t index_get(const struct index *x, const char *key, uint32_t tag)
{
	const struct index_slot *s = x->cap ? slot_of(x, key, tag) : NULL;

	return s && s->key ? s->value : INDEX_NONE;
}

void index_merge(struct index *x, const struct index *from)
{
	uint32_t i;

	for (i = 0; i < from->cap; i++) {
		const struct index_slot *s = &from->slots[i];

		if (!s->key)
			continue;
		*slot_of(x, s->key, s->tag) = *s;
		x->cnt++;
	}
}

void index_exit(struct index *x)
{
	free(x->slots);
	*x = (struct index){ 0 };
}
