/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A database of bbolt's, written by hand: pages of 4 KiB, buckets small enough
 * to lie in their parent or on a page of their own.
 */
#ifndef WEIR_TESTS_BOLT_IMAGE_H
#define WEIR_TESTS_BOLT_IMAGE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BOLT_PAGE 4096

/* Meta page 0 of @image, whose root bucket begins at page @root. */
static inline void bolt_meta(unsigned char *image, uint64_t root)
{
	uint32_t head[4] = { 0xED0CDAEDu, 2, BOLT_PAGE, 0 };
	uint64_t rest[5] = { root, 0, 0, 8, 7 }; /* root, sequence, freelist, pages, txid */
	uint64_t h = 0xcbf29ce484222325ULL;
	unsigned char *m = image + 16;

	memcpy(m, head, sizeof(head));
	memcpy(m + 16, rest, sizeof(rest));
	for (int i = 0; i < 56; i++)
		h = (h ^ m[i]) * 0x100000001b3ULL;
	memcpy(m + 56, &h, sizeof(h));
}

/* One key of a leaf. */
struct bolt_item {
	const char *key;
	const void *value;
	size_t len;
	int is_bucket;
};

/* A leaf page of @cnt items at @out; its length. */
static inline size_t bolt_leaf(unsigned char *out, uint64_t id, const struct bolt_item *items,
			       uint16_t cnt)
{
	size_t at = 16 + 16u * cnt;
	uint16_t flags = 2;

	memset(out, 0, 16);
	memcpy(out, &id, sizeof(id));
	memcpy(out + 8, &flags, sizeof(flags));
	memcpy(out + 10, &cnt, sizeof(cnt));
	for (uint16_t i = 0; i < cnt; i++) {
		size_t key_len = strlen(items[i].key), here = 16 + 16u * i;
		uint32_t e[4] = { (uint32_t)items[i].is_bucket, (uint32_t)(at - here),
				  (uint32_t)key_len, (uint32_t)items[i].len };

		memcpy(out + here, e, sizeof(e));
		memcpy(out + at, items[i].key, key_len);
		at += key_len;
		if (items[i].len)
			memcpy(out + at, items[i].value, items[i].len);
		at += items[i].len;
	}
	return at;
}

/* The value of a bucket that lies in its parent; its length. */
static inline size_t bolt_inline(unsigned char *out, const struct bolt_item *items, uint16_t cnt)
{
	memset(out, 0, 16);
	return 16 + bolt_leaf(out + 16, 0, items, cnt);
}

/* The value of a bucket that begins at page @root. */
static inline size_t bolt_bucket(unsigned char *out, uint64_t root)
{
	memset(out, 0, 16);
	memcpy(out, &root, sizeof(root));
	return 16;
}

#endif /* WEIR_TESTS_BOLT_IMAGE_H */
