// SPDX-License-Identifier: GPL-2.0-only
#include "parse/bolt.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "parse/images.h"
#include "parse/input.h"

#define MAGIC 0xED0CDAEDu
#define VERSION 2

/* A page that continues in others, as large values need. */
#define PAGE_BYTES_MAX (4u << 20)

/* Pages from the root down, of all the buckets one is in. */
#define DEPTH_MAX 24

enum page_flag { PAGE_BRANCH = 1, PAGE_LEAF = 2 };
enum leaf_flag { LEAF_BUCKET = 1 };

/* On disk all is little endian: bbolt writes what its processor has, and those are. */
struct page {
	uint64_t id;
	uint16_t flags, cnt;
	uint32_t overflow;
};

struct meta {
	uint32_t magic, version, page_size, flags;
	uint64_t root, sequence, freelist, page_cnt, transaction, checksum;
};

struct element {
	uint32_t word[4]; /* of a branch: pos, key size, page; of a leaf: flags, pos, sizes */
};

struct bucket {
	uint64_t root, sequence;
};

_Static_assert(sizeof(struct page) == 16 && sizeof(struct meta) == 64 &&
		       sizeof(struct element) == 16 && sizeof(struct bucket) == 16,
	       "bbolt's layout");

/* What the buckets from the root down are; the place decides what a key means. */
enum place {
	PLACE_ROOT,
	PLACE_SPACES,
	PLACE_SPACE,
	PLACE_IMAGES,
	PLACE_CONTAINERS,
	PLACE_CONTAINER,
};

struct cursor {
	unsigned char *bytes;
	size_t len;
	uint16_t flags, cnt, next;
	enum place place;
};

struct walk {
	int fd;
	struct reply *out;
	size_t page_size;
	unsigned int visits, depth;
	struct cursor stack[DEPTH_MAX];
	char space[256], container[256];
};

struct slice {
	const unsigned char *bytes;
	size_t len;
};

static void pop(struct walk *w)
{
	free(w->stack[--w->depth].bytes);
}

static void walk_exit(struct walk *w)
{
	while (w->depth)
		pop(w);
}

static uint64_t checksum(const struct meta *m)
{
	const unsigned char *p = (const unsigned char *)m;
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < offsetof(struct meta, checksum); i++)
		h = (h ^ p[i]) * 0x100000001b3ULL;
	return h;
}

static bool read_meta(int fd, uint64_t off, struct meta *ret)
{
	return !input_read_at(fd, ret, sizeof(*ret), off + sizeof(struct page)) &&
	       le32toh(ret->magic) == MAGIC && le32toh(ret->version) == VERSION &&
	       le64toh(ret->checksum) == checksum(ret) && le32toh(ret->page_size) >= 1024 &&
	       le32toh(ret->page_size) <= 65536;
}

/* The later of the two that is whole: one is always being written. */
static bool find_meta(int fd, struct meta *ret)
{
	bool is_found = read_meta(fd, 0, ret);
	struct meta other;

	for (uint64_t size = 1024; size <= 65536; size *= 2) {
		if (!read_meta(fd, size, &other))
			continue;
		if (!is_found || le64toh(other.transaction) > le64toh(ret->transaction))
			*ret = other;
		is_found = true;
	}
	return is_found;
}

/* Takes over @bytes. */
static int push(struct walk *w, unsigned char *bytes, size_t len, enum place place)
{
	struct page page;

	if (w->depth == DEPTH_MAX || len < sizeof(page)) {
		free(bytes);
		return -EBADMSG;
	}
	memcpy(&page, bytes, sizeof(page));
	w->stack[w->depth++] = (struct cursor){
		.bytes = bytes,
		.len = len,
		.flags = le16toh(page.flags),
		.cnt = le16toh(page.cnt),
		.place = place,
	};
	return 0;
}

static int push_page(struct walk *w, uint64_t id, enum place place)
{
	CLEANUP(freep) unsigned char *bytes = NULL;
	struct page page;
	uint64_t len;
	int err;

	if (++w->visits > BOLT_VISITS_MAX)
		return -E2BIG;
	if (id > UINT32_MAX)
		return -EBADMSG;
	err = input_read_at(w->fd, &page, sizeof(page), id * w->page_size);
	if (err)
		return err == -ENODATA ? -EBADMSG : err;
	len = ((uint64_t)le32toh(page.overflow) + 1) * w->page_size;
	if (le64toh(page.id) != id || len > PAGE_BYTES_MAX)
		return -EBADMSG;
	bytes = malloc(len);
	if (!bytes)
		return -ENOMEM;
	err = input_read_at(w->fd, bytes, len, id * w->page_size);
	if (err)
		return err == -ENODATA ? -EBADMSG : err;
	return push(w, take_ptr(bytes), len, place);
}

/* A bucket's value: the page it begins at, or, of a small one, its only page. */
static int push_bucket(struct walk *w, struct slice value, enum place place)
{
	struct bucket bucket;
	unsigned char *copy;

	if (value.len < sizeof(bucket))
		return -EBADMSG;
	memcpy(&bucket, value.bytes, sizeof(bucket));
	if (bucket.root)
		return push_page(w, le64toh(bucket.root), place);
	if (++w->visits > BOLT_VISITS_MAX)
		return -E2BIG;
	if (value.len == sizeof(bucket))
		return 0;
	copy = malloc(value.len - sizeof(bucket));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, value.bytes + sizeof(bucket), value.len - sizeof(bucket));
	return push(w, copy, value.len - sizeof(bucket), place);
}

/* @len bytes at @pos behind the element at @at. False: they are outside the page. */
static bool cut(const struct cursor *c, size_t at, uint64_t pos, uint64_t len, struct slice *ret)
{
	if (at + pos > c->len || len > c->len - at - pos)
		return false;
	*ret = (struct slice){ c->bytes + at + pos, len };
	return true;
}

static bool is_key(struct slice key, const char *text)
{
	return key.len == strlen(text) && !memcmp(key.bytes, text, key.len);
}

static void copy_text(char out[256], struct slice s)
{
	size_t len = s.len < 255 ? s.len : 255;

	memcpy(out, s.bytes, len);
	out[len] = '\0';
}

static int tell_image(struct walk *w, struct slice name)
{
	reply_begin(w->out, IMAGES_ROW_IMAGE);
	reply_text_n(w->out, IMAGES_TAG_NAME, (const char *)name.bytes, name.len);
	reply_text(w->out, IMAGES_TAG_SPACE, w->space);
	return reply_end(w->out);
}

static int tell_container(struct walk *w, struct slice image)
{
	reply_begin(w->out, IMAGES_ROW_CONTAINER);
	reply_text_n(w->out, IMAGES_TAG_NAME, (const char *)image.bytes, image.len);
	reply_text(w->out, IMAGES_TAG_ID, w->container);
	reply_text(w->out, IMAGES_TAG_SPACE, w->space);
	return reply_end(w->out);
}

static int take_bucket(struct walk *w, enum place place, struct slice key, struct slice value)
{
	switch (place) {
	case PLACE_ROOT:
		return is_key(key, "v1") ? push_bucket(w, value, PLACE_SPACES) : 0;
	case PLACE_SPACES:
		copy_text(w->space, key);
		return push_bucket(w, value, PLACE_SPACE);
	case PLACE_SPACE:
		if (is_key(key, "images"))
			return push_bucket(w, value, PLACE_IMAGES);
		return is_key(key, "containers") ? push_bucket(w, value, PLACE_CONTAINERS) : 0;
	case PLACE_IMAGES:
		return tell_image(w, key);
	case PLACE_CONTAINERS:
		copy_text(w->container, key);
		return push_bucket(w, value, PLACE_CONTAINER);
	case PLACE_CONTAINER:
		break;
	}
	return 0;
}

static int take_element(struct walk *w, struct cursor *c, size_t at)
{
	enum place place = c->place;
	struct slice key, value;
	struct element e;
	uint64_t child;
	uint32_t word[4];

	if (at + sizeof(e) > c->len)
		return -EBADMSG;
	memcpy(&e, c->bytes + at, sizeof(e));
	for (int i = 0; i < 4; i++)
		word[i] = le32toh(e.word[i]);
	if (c->flags & PAGE_BRANCH) {
		child = word[2] | (uint64_t)word[3] << 32;
		return push_page(w, child, place);
	}
	if (!(c->flags & PAGE_LEAF) || !cut(c, at, word[1], word[2], &key) ||
	    !cut(c, at, (uint64_t)word[1] + word[2], word[3], &value))
		return -EBADMSG;
	if (word[0] & LEAF_BUCKET)
		return take_bucket(w, place, key, value);
	if (place == PLACE_CONTAINER && is_key(key, "image") && value.len)
		return tell_container(w, value);
	return 0;
}

static int step(struct walk *w)
{
	struct cursor *c = &w->stack[w->depth - 1];

	if (c->next == c->cnt) {
		pop(w);
		return 0;
	}
	return take_element(w, c, sizeof(struct page) + sizeof(struct element) * c->next++);
}

int bolt_images(int fd, struct reply *out)
{
	CLEANUP(walk_exit) struct walk w = { .fd = fd, .out = out };
	struct meta meta;
	int err, bad = 0;

	if (!find_meta(fd, &meta))
		return -EBADMSG;
	w.page_size = le32toh(meta.page_size);
	err = push_page(&w, le64toh(meta.root), PLACE_ROOT);
	while (!err && w.depth) {
		err = step(&w);
		/* One page that is wrong hides what is below it and no more. */
		if (err == -EBADMSG) {
			bad = err;
			err = 0;
		}
	}
	return err ? err : bad;
}
