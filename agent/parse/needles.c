// SPDX-License-Identifier: GPL-2.0-only
#include "parse/needles.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"

#define CHUNK_BYTES (256 * 1024)

#define GRAM_BYTES 4

/* The filter fits the first-level cache as long as it can, and is one eighth full. */
#define FILTER_BITS_MIN 16
#define FILTER_BITS_MAX 24
#define FILTER_SPARSE 8

/* Beyond it the steps get no cheaper. */
#define STRIDE_MAX 16

struct needle {
	char *text;
	uint32_t len;
};

/* Four bytes of a needle, some way behind its start. */
struct gram {
	uint32_t needle, off;
	uint32_t next; /* in the bucket; number plus one, 0: none */
};

struct needles {
	uint32_t cnt, len_min, len_max;
	uint32_t stride; /* positions between two that are asked */
	uint32_t bits;
	struct needle *list;
	struct gram *grams; /* @stride of each needle */
	uint32_t gram_cnt;
	uint32_t *bucket;
	uint64_t *filter;
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
	free(n->grams);
	free(n->bucket);
	free(n->filter);
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

static int add_text(struct needles *n, uint32_t i, const char *text)
{
	size_t len = strlen(text);

	if (len < NEEDLE_LEN_MIN || len > NEEDLE_LEN_MAX)
		return -EINVAL;
	n->list[i].text = strdup(text);
	if (!n->list[i].text)
		return -ENOMEM;
	n->list[i].len = (uint32_t)len;
	if (len > n->len_max)
		n->len_max = (uint32_t)len;
	if (!i || len < n->len_min)
		n->len_min = (uint32_t)len;
	return 0;
}

static void add_gram(struct needles *n, uint32_t needle, uint32_t off)
{
	uint32_t h = hash((const uint8_t *)n->list[needle].text + off);
	uint32_t bit = h >> (32 - n->bits), *head = &n->bucket[bit / FILTER_SPARSE];

	n->filter[bit / 64] |= 1ULL << (bit % 64);
	n->grams[n->gram_cnt] = (struct gram){ needle, off, *head };
	*head = ++n->gram_cnt;
}

/* As few positions as meet each text, unless there are too many texts for that. */
static uint32_t stride_for(const struct needles *n)
{
	uint32_t stride = n->len_min - GRAM_BYTES + 1;
	uint32_t room = (1u << FILTER_BITS_MIN) / FILTER_SPARSE / n->cnt;

	if (stride > STRIDE_MAX)
		stride = STRIDE_MAX;
	if (stride > room)
		stride = room;
	return stride ? stride : 1;
}

static int index_texts(struct needles *n)
{
	n->stride = stride_for(n);
	n->bits = FILTER_BITS_MIN;
	while (n->bits < FILTER_BITS_MAX &&
	       (1ULL << n->bits) < (uint64_t)n->cnt * n->stride * FILTER_SPARSE)
		n->bits++;
	n->grams = calloc((size_t)n->cnt * n->stride, sizeof(*n->grams));
	n->filter = calloc((1u << n->bits) / 64, sizeof(*n->filter));
	n->bucket = calloc((1u << n->bits) / FILTER_SPARSE, sizeof(*n->bucket));
	if (!n->grams || !n->filter || !n->bucket)
		return -ENOMEM;
	for (uint32_t i = 0; i < n->cnt; i++) {
		for (uint32_t off = 0; off < n->stride; off++)
			add_gram(n, i, off);
	}
	return 0;
}

int needles_new(const char *const *texts, uint32_t cnt, struct needles **ret)
{
	CLEANUP(needles_freep) struct needles *n = calloc(1, sizeof(*n));
	int err = 0;

	if (!n)
		return -ENOMEM;
	n->list = calloc(cnt ? cnt : 1, sizeof(*n->list));
	if (!n->list)
		return -ENOMEM;
	n->cnt = cnt;
	for (uint32_t i = 0; i < cnt && !err; i++)
		err = add_text(n, i, texts[i]);
	if (!err && cnt)
		err = index_texts(n);
	if (err)
		return err;
	*ret = take_ptr(n);
	return 0;
}

static void compare(const struct search *s, uint32_t bit, size_t at, size_t len)
{
	for (uint32_t i = s->n->bucket[bit / FILTER_SPARSE]; i; i = s->n->grams[i - 1].next) {
		const struct gram *g = &s->n->grams[i - 1];
		const struct needle *needle = &s->n->list[g->needle];

		if (g->off <= at && needle->len <= len - (at - g->off) &&
		    !memcmp(s->chunk + at - g->off, needle->text, needle->len))
			s->found[g->needle] = true;
	}
}

static void search_chunk(const struct search *s, size_t len)
{
	const uint64_t *filter = s->n->filter;
	uint32_t shift = 32 - s->n->bits, stride = s->n->stride;

	for (size_t at = 0; at + GRAM_BYTES <= len; at += stride) {
		uint32_t bit = hash(s->chunk + at) >> shift;

		if (filter[bit / 64] >> (bit % 64) & 1)
			compare(s, bit, at, len);
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

static uint64_t budget_of(int fd)
{
	uint64_t bytes = NEEDLES_HOLE_BYTES;
	struct stat st;

	if (!fstat(fd, &st))
		bytes += (uint64_t)st.st_blocks * 512 * NEEDLES_PACKED;
	return bytes < NEEDLES_BYTES_MAX ? bytes : NEEDLES_BYTES_MAX;
}

int needles_find(const struct needles *n, int fd, const struct elf_range *ranges,
		 uint32_t range_cnt, uint64_t deadline_ns, bool *found)
{
	CLEANUP(freep) uint8_t *chunk = NULL;
	struct search s = {
		.n = n,
		.found = found,
		.budget = budget_of(fd),
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
