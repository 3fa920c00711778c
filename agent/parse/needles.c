// SPDX-License-Identifier: GPL-2.0-only
#include "parse/needles.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"

#define CHUNK_BYTES (256 * 1024)
#define FILTER_BITS 16
#define BUCKETS 1024

struct needle {
	char *text;
	uint32_t len;
	uint32_t next; /* in the bucket; number plus one, 0: none */
};

struct needles {
	uint32_t cnt, len_max;
	struct needle *list;
	uint32_t bucket[BUCKETS];
	uint64_t filter[(1U << FILTER_BITS) / 64];
};

/* One file's search. */
struct search {
	const struct needles *n;
	bool *found;
	uint64_t budget; /* bytes left */
	uint64_t deadline_ns;
	uint8_t *chunk;
};

struct needles *needles_free(struct needles *n)
{
	if (!n)
		return NULL;
	for (uint32_t i = 0; n->list && i < n->cnt; i++)
		free(n->list[i].text);
	free(n->list);
	free(n);
	return NULL;
}

void needles_freep(struct needles **n)
{
	*n = needles_free(*n);
}

uint32_t needles_cnt(const struct needles *n)
{
	return n->cnt;
}

const char *needles_text(const struct needles *n, uint32_t i)
{
	return n->list[i].text;
}

static uint32_t hash(const uint8_t *p)
{
	uint32_t four;

	memcpy(&four, p, sizeof(four));
	return four * 2654435761U; /* Knuth: the golden ratio of 2^32 */
}

static int add(struct needles *n, uint32_t i, const char *text)
{
	size_t len = strlen(text);
	uint32_t h, *head;

	if (len < NEEDLE_LEN_MIN || len > NEEDLE_LEN_MAX)
		return -EINVAL;
	n->list[i].text = strdup(text);
	if (!n->list[i].text)
		return -ENOMEM;
	n->list[i].len = (uint32_t)len;
	if (len > n->len_max)
		n->len_max = (uint32_t)len;
	h = hash((const uint8_t *)text);
	n->filter[(h >> (32 - FILTER_BITS)) / 64] |= 1ULL << ((h >> (32 - FILTER_BITS)) % 64);
	head = &n->bucket[h >> 22];
	n->list[i].next = *head;
	*head = i + 1;
	return 0;
}

int needles_new(const char *const *texts, uint32_t cnt, struct needles **ret)
{
	CLEANUP(needles_freep) struct needles *n = calloc(1, sizeof(*n));
	int err;

	if (!n)
		return -ENOMEM;
	n->list = calloc(cnt ? cnt : 1, sizeof(*n->list));
	if (!n->list)
		return -ENOMEM;
	n->cnt = cnt;
	for (uint32_t i = 0; i < cnt; i++) {
		err = add(n, i, texts[i]);
		if (err)
			return err;
	}
	*ret = take_ptr(n);
	return 0;
}

static void compare(const struct search *s, uint32_t h, const uint8_t *p, size_t room)
{
	for (uint32_t i = s->n->bucket[h >> 22]; i; i = s->n->list[i - 1].next) {
		const struct needle *needle = &s->n->list[i - 1];

		if (needle->len <= room && !memcmp(p, needle->text, needle->len))
			s->found[i - 1] = true;
	}
}

static void search_chunk(const struct search *s, size_t len)
{
	for (size_t at = 0; at + NEEDLE_LEN_MIN <= len; at++) {
		uint32_t h = hash(s->chunk + at), bit = h >> (32 - FILTER_BITS);

		if (s->n->filter[bit / 64] >> (bit % 64) & 1)
			compare(s, h, s->chunk + at, len - at);
	}
}

static bool is_late(const struct search *s)
{
	struct timespec now;

	if (!s->deadline_ns)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec > s->deadline_ns;
}

/* Chunks overlap by the longest needle, so that none falls between two. */
static int search_range(struct search *s, int fd, struct elf_range r)
{
	size_t kept = 0;

	while (r.len) {
		size_t want = CHUNK_BYTES - kept;
		ssize_t got;

		if (!s->budget)
			return -EFBIG;
		if (is_late(s))
			return -ETIME;
		if (want > r.len)
			want = r.len;
		if (want > s->budget)
			want = s->budget;
		got = pread(fd, s->chunk + kept, want, (off_t)r.off);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got) /* it shrank */
			return 0;
		search_chunk(s, kept + (size_t)got);
		r.off += (uint64_t)got;
		r.len -= (uint64_t)got;
		s->budget -= (uint64_t)got;
		kept += (size_t)got;
		if (kept >= s->n->len_max) {
			memmove(s->chunk, s->chunk + kept - (s->n->len_max - 1),
				s->n->len_max - 1);
			kept = s->n->len_max - 1;
		}
	}
	return 0;
}

int needles_find(const struct needles *n, int fd, const struct elf_range *ranges,
		 uint32_t range_cnt, uint64_t deadline_ns, bool *found)
{
	CLEANUP(freep) uint8_t *chunk = NULL;
	struct search s = {
		.n = n,
		.found = found,
		.budget = NEEDLES_BYTES_MAX,
		.deadline_ns = deadline_ns,
	};
	int err = 0;

	if (!n->cnt)
		return 0;
	chunk = malloc(CHUNK_BYTES);
	if (!chunk)
		return -ENOMEM;
	s.chunk = chunk;
	for (uint32_t i = 0; !err && i < range_cnt; i++)
		err = search_range(&s, fd, ranges[i]);
	return err;
}
