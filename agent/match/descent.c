// SPDX-License-Identifier: GPL-2.0-only
/*
 * Going down with the index; see descent.h.
 */
#include "match/descent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "match/glob.h"
#include "match/lookup.h"
#include "match/match.h"

/* The filter, in bits: one in sixteen is set, as long as it is no larger than 8 MiB. */
#define FILTER_BITS_MIN 13
#define FILTER_BITS_MAX 26
#define FILTER_SPARSE 16

struct descents {
	const struct match_index *x;
	uint32_t *patterns; /* indices of indicators; a stack */
	uint32_t pattern_cnt, pattern_cap;
	/* Hashes of the directories above what has no star; 0: free. */
	uint64_t *ways;
	uint32_t way_cnt, way_cap; /* a power of two */
	/* One bit for each key of a place or name: nearly all that is asked has none. */
	uint64_t *filter;
	unsigned int shift;
};

/* Zero marks a free slot, so nothing may hash to it. */
static uint64_t way_of(uint64_t h)
{
	return h ? h : 1;
}

static uint64_t *way_slot(const struct descents *s, uint64_t way)
{
	uint32_t at = (uint32_t)(way * 0x9e3779b97f4a7c15ULL >> 32) & (s->way_cap - 1);

	while (s->ways[at] && s->ways[at] != way)
		at = (at + 1) & (s->way_cap - 1);
	return &s->ways[at];
}

static int grow_ways(struct descents *s)
{
	uint64_t *old = s->ways;
	uint32_t old_cap = s->way_cap;
	uint32_t cap = old_cap ? 2 * old_cap : 256;
	uint64_t *more = calloc(cap, sizeof(*more));

	if (!more)
		return -ENOMEM;
	s->ways = more;
	s->way_cap = cap;
	for (uint32_t i = 0; i < old_cap; i++)
		if (old[i])
			*way_slot(s, old[i]) = old[i];
	free(old);
	return 0;
}

static int add_way(struct descents *s, uint64_t h)
{
	uint64_t way = way_of(h), *slot;

	if (2 * (s->way_cnt + 1) > s->way_cap && grow_ways(s))
		return -ENOMEM;
	slot = way_slot(s, way);
	s->way_cnt += !*slot;
	*slot = way;
	return 0;
}

static bool is_way(const struct descents *s, uint64_t h)
{
	return s->way_cap && *way_slot(s, way_of(h));
}

/* The directories above @value; of a pattern those above its first star. */
static int add_ways(struct descents *s, const char *value)
{
	uint64_t h = LOOKUP_HASH_SEED;
	int err = 0;

	for (; *value && *value != '*' && !err; value++) {
		h = lookup_hash_byte(h, (unsigned char)*value);
		if (*value == '/' && value[1])
			err = add_way(s, h);
	}
	return err;
}

static bool is_place(unsigned int group)
{
	return group == GROUP_FILE || group == GROUP_DIR || group == GROUP_PLACE ||
	       group == GROUP_PATTERN;
}

static uint64_t bit_of(const struct descents *s, unsigned int group, uint64_t h)
{
	return (h ^ group * 0x9e3779b97f4a7c15ULL) * 0xff51afd7ed558ccdULL >> s->shift;
}

static uint32_t first_of(const struct descents *s, unsigned int group, uint64_t h)
{
	uint64_t bit = bit_of(s, group, h);

	return s->filter[bit / 64] >> (bit % 64) & 1 ? lookup_first(s->x, group, h) : 0;
}

/* As lookup.c files it. */
static size_t key_len(const char *value, unsigned int group)
{
	size_t len = strcspn(value, group == GROUP_PATTERN || group == GROUP_WORD ? "*" : "");

	return group == GROUP_PLACE && len && value[len - 1] == '/' ? len - 1 : len;
}

static void add_to_filter(struct descents *s, const char *value, unsigned int group)
{
	uint64_t bit = bit_of(s, group, lookup_hash(value, key_len(value, group)));

	s->filter[bit / 64] |= 1ULL << (bit % 64);
}

static int make_filter(struct descents *s)
{
	const struct catalog *c = s->x->catalog;
	unsigned int bits = FILTER_BITS_MIN;
	uint64_t cnt = 0;

	for (uint32_t i = 0; i < c->indicator_cnt; i++) {
		unsigned int group = lookup_group_of(&c->indicators[i]);

		cnt += is_place(group) || group == GROUP_WORD;
	}
	while (bits < FILTER_BITS_MAX && 1ULL << bits < cnt * FILTER_SPARSE)
		bits++;
	s->shift = 64 - bits;
	s->filter = calloc(1ULL << (bits - 6), sizeof(*s->filter));
	return s->filter ? 0 : -ENOMEM;
}

int descents_new(const struct match_index *x, struct descents **ret)
{
	CLEANUP(descents_freep) struct descents *s = calloc(1, sizeof(*s));
	const struct catalog *c = x->catalog;
	int err;

	if (!s)
		return -ENOMEM;
	s->x = x;
	err = make_filter(s);
	for (uint32_t i = 0; i < c->indicator_cnt && !err; i++) {
		unsigned int group = lookup_group_of(&c->indicators[i]);

		if (is_place(group))
			err = add_ways(s, c->indicators[i].value);
		if (is_place(group) || group == GROUP_WORD)
			add_to_filter(s, c->indicators[i].value, group);
	}
	if (err)
		return err;
	*ret = take_ptr(s);
	return 0;
}

struct descents *descents_free(struct descents *s)
{
	if (!s)
		return NULL;
	free(s->patterns);
	free(s->ways);
	free(s->filter);
	free(s);
	return NULL;
}

void descents_freep(struct descents **s)
{
	*s = descents_free(*s);
}

static const char *value_of(const struct descents *s, uint32_t i)
{
	return s->x->catalog->indicators[i].value;
}

static bool is_of(const struct descents *s, uint32_t i, unsigned int group)
{
	return lookup_group_of(&s->x->catalog->indicators[i]) == group;
}

/* Does the index have the @len bytes of @text, with a slash behind them or without? */
static bool has_value(const struct descents *s, unsigned int group, const char *text,
		      size_t len, uint64_t h)
{
	uint32_t at = first_of(s, group, h);

	for (; at; at = s->x->next[at - 1]) {
		const char *value = value_of(s, at - 1);

		if (!strncmp(value, text, len) &&
		    (!value[len] || (value[len] == '/' && !value[len + 1])) &&
		    is_of(s, at - 1, group))
			return true;
	}
	return false;
}

/* Of the patterns that are literal up to @h: does one cover @path? */
static bool has_pattern(const struct descents *s, const char *path, uint64_t h)
{
	uint32_t at = first_of(s, GROUP_PATTERN, h);

	for (; at; at = s->x->next[at - 1])
		if (is_of(s, at - 1, GROUP_PATTERN) && glob_covers(value_of(s, at - 1), path))
			return true;
	return false;
}

static int push_pattern(struct descents *s, uint32_t i)
{
	if (s->pattern_cnt == s->pattern_cap) {
		uint32_t cap = s->pattern_cap ? 2 * s->pattern_cap : 64;
		uint32_t *more = reallocarray(s->patterns, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->patterns = more;
		s->pattern_cap = cap;
	}
	s->patterns[s->pattern_cnt++] = i;
	return 0;
}

/* Takes pattern @i along when it can mean @dir or something below it. */
static int consider(struct descents *s, uint32_t i, const char *dir, struct descent *d)
{
	const char *pattern = value_of(s, i);

	if (glob_covers(pattern, dir))
		d->is_inside = true;
	else if (glob_reaches(pattern, dir))
		return push_pattern(s, i);
	return 0;
}

/* The patterns whose star comes right behind the first @len bytes of @dir. */
static int consider_new(struct descents *s, const char *dir, size_t len, uint64_t h,
			struct descent *d)
{
	uint32_t at = first_of(s, GROUP_PATTERN, h);
	int err = 0;

	for (; at && !err; at = s->x->next[at - 1]) {
		if (!is_of(s, at - 1, GROUP_PATTERN) ||
		    strcspn(value_of(s, at - 1), "*") != len)
			continue;
		err = consider(s, at - 1, dir, d);
	}
	return err;
}

/* From @d.len on to the end of @dir. */
static int go_down(struct descents *s, const char *dir, struct descent *d)
{
	size_t len = d->len;
	uint64_t h = d->hash;
	int err = 0;

	for (; dir[len] && len < WEIR_PATH_MAX - 1 && !err; len++) {
		if (!dir[len + 1] && has_value(s, GROUP_PLACE, dir, len, h))
			d->is_inside = true;
		h = lookup_hash_byte(h, (unsigned char)dir[len]);
		if (s->x->pattern_at[len + 1])
			err = consider_new(s, dir, len + 1, h, d);
	}
	if (!dir[len]) {
		d->is_inside |= has_value(s, GROUP_DIR, dir, len, h);
		d->is_way = is_way(s, h);
	}
	d->hash = h;
	d->len = len + strlen(dir + len);
	return err;
}

int descent_root(struct descents *s, struct descent *ret)
{
	struct descent d = { .hash = LOOKUP_HASH_SEED, .first = s->pattern_cnt };
	int err;

	err = go_down(s, "/", &d);
	if (err)
		return err;
	d.cnt = s->pattern_cnt - d.first;
	*ret = d;
	return 0;
}

int descent_enter(struct descents *s, const struct descent *above, const char *dir,
		  struct descent *ret)
{
	struct descent d = {
		.hash = above->hash,
		.len = above->len,
		.first = s->pattern_cnt,
		.is_inside = above->is_inside,
	};
	int err = 0;

	for (uint32_t i = 0; i < above->cnt && !err; i++)
		err = consider(s, s->patterns[above->first + i], dir, &d);
	if (!err)
		err = go_down(s, dir, &d);
	if (err)
		return err;
	d.cnt = s->pattern_cnt - d.first;
	*ret = d;
	return 0;
}

void descent_leave(struct descents *s, const struct descent *d)
{
	s->pattern_cnt = d->first;
}

bool descent_is_meant(const struct descent *above, const struct descent *d)
{
	return d->is_inside && !above->is_inside;
}

static bool has_word(const struct descents *s, const char *name, uint64_t h)
{
	uint32_t at = first_of(s, GROUP_WORD, h);

	for (; at; at = s->x->next[at - 1]) {
		enum indicator_kind kind = s->x->catalog->indicators[at - 1].kind;

		if ((kind == IND_INSTALLER || kind == IND_FILE_NAME) &&
		    glob_covers(value_of(s, at - 1), name))
			return true;
	}
	return false;
}

/* What a file is called, wherever it lies. */
static bool is_name_asked(const struct descents *s, const char *name)
{
	uint64_t h = LOOKUP_HASH_SEED;

	for (size_t len = 0; len < WEIR_NAME_MAX; len++) {
		if (s->x->word_at[len] && has_word(s, name, h))
			return true;
		if (!name[len])
			return false;
		h = lookup_hash_byte(h, (unsigned char)name[len]);
	}
	return false;
}

static bool is_place_asked(const struct descents *s, const struct descent *above,
			   const char *path)
{
	uint64_t h = above->hash;
	size_t len = above->len;

	for (uint32_t i = 0; i < above->cnt; i++)
		if (glob_covers(value_of(s, s->patterns[above->first + i]), path))
			return true;
	for (; path[len] && len < WEIR_PATH_MAX - 1; len++) {
		h = lookup_hash_byte(h, (unsigned char)path[len]);
		if (s->x->pattern_at[len + 1] && has_pattern(s, path, h))
			return true;
	}
	return !path[len] && (has_value(s, GROUP_PLACE, path, len, h) ||
			      has_value(s, GROUP_FILE, path, len, h));
}

enum asked descent_ask(const struct descents *s, const struct descent *above,
		       const char *path)
{
	if (is_place_asked(s, above, path) || is_name_asked(s, path + above->len))
		return ASKED;
	return above->is_inside ? ASKED_INSIDE : ASKED_NOT;
}
