// SPDX-License-Identifier: GPL-2.0-only
/*
 * Building and asking the index; see lookup.h.
 */
#include "match/lookup.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "match/match.h"

uint64_t lookup_hash(const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	uint64_t h = LOOKUP_HASH_SEED;

	while (len--)
		h = lookup_hash_byte(h, *p++);
	return h;
}

/* FNV's low bits are weak and the group must count: one round of mixing. */
static uint32_t bucket_of(const struct match_index *x, unsigned int group, uint64_t h)
{
	h ^= group * 0x9e3779b97f4a7c15ULL;
	h *= 0xff51afd7ed558ccdULL;
	return (uint32_t)(h >> 32) & x->mask;
}

uint32_t lookup_first(const struct match_index *x, unsigned int group, uint64_t h)
{
	return x->heads[bucket_of(x, group, h)];
}

unsigned int lookup_group_of(const struct indicator *ind)
{
	switch (ind->kind) {
	case IND_PATH:
		return strchr(ind->value, '*') ? GROUP_PATTERN : GROUP_FILE;
	case IND_DIR:
		return strchr(ind->value, '*') ? GROUP_PATTERN : GROUP_DIR;
	case IND_CONFIG:
	case IND_LOG:
	case IND_DATA_DIR:
	case IND_SYSV_INIT:
	case IND_UNIX_SOCKET:
	case IND_DEVICE:
		return strchr(ind->value, '*') ? GROUP_PATTERN : GROUP_PLACE;
	case IND_INSTALLER:
	case IND_FILE_NAME:
	case IND_MODULE:
	case IND_CONTAINER_IMAGE:
		return GROUP_WORD;
	case IND_CIDR:
		return strchr(ind->value, ':') ? GROUP_NET6 : GROUP_NET4;
	default:
		return GROUP_PLAIN + ind->kind;
	}
}

void address_mask(uint8_t *addr, size_t size, unsigned int len)
{
	for (size_t i = 0; i < size; i++, len -= len < 8 ? len : 8)
		if (len < 8)
			addr[i] &= (uint8_t)(0xff00u >> len);
}

static uint64_t hash_network(struct match_index *x, const struct indicator *ind)
{
	struct prefix net;
	const char *why;
	size_t size;

	/* The strict reader let it in; a damaged one is filed where nobody asks. */
	if (prefix_parse(ind->value, &net, &why))
		return 0;
	size = net.family == AF_INET ? 4 : 16;
	if (net.family == AF_INET)
		x->net4_at[net.len] = true;
	else
		x->net6_at[net.len] = true;
	return lookup_hash_byte(lookup_hash(net.addr, size), net.len);
}

/* By the bytes before the first star, which a name must begin with. */
static uint64_t hash_head(bool *at, size_t max, const char *pattern)
{
	size_t len = strcspn(pattern, "*");

	if (len < max)
		at[len] = true;
	return lookup_hash(pattern, len);
}

/* A directory is named with its slash or without. */
static uint64_t hash_place(const char *place)
{
	size_t len = strlen(place);

	return lookup_hash(place, len && place[len - 1] == '/' ? len - 1 : len);
}

static uint64_t hash_indicator(struct match_index *x, const struct indicator *ind,
			       unsigned int group)
{
	switch (group) {
	case GROUP_NET4:
	case GROUP_NET6:
		return hash_network(x, ind);
	case GROUP_PATTERN:
		return hash_head(x->pattern_at, WEIR_PATH_MAX, ind->value);
	case GROUP_WORD:
		return hash_head(x->word_at, WEIR_NAME_MAX, ind->value);
	case GROUP_PLACE:
		return hash_place(ind->value);
	default:
		return lookup_hash(ind->value, strlen(ind->value));
	}
}

static void file_indicator(struct match_index *x, uint32_t i)
{
	const struct indicator *ind = &x->catalog->indicators[i];
	unsigned int group = lookup_group_of(ind);
	uint32_t *head = &x->heads[bucket_of(x, group, hash_indicator(x, ind, group))];

	x->next[i] = *head;
	*head = i + 1;
}

int match_index_new(const struct catalog *c, struct match_index **ret)
{
	CLEANUP(match_index_freep) struct match_index *x = NULL;
	uint64_t cnt = 16;

	x = calloc(1, sizeof(*x));
	if (!x)
		return -ENOMEM;
	while (cnt < c->indicator_cnt)
		cnt *= 2;
	x->catalog = c;
	x->mask = (uint32_t)(cnt - 1);
	x->heads = calloc(cnt, sizeof(*x->heads));
	x->next = calloc(c->indicator_cnt ? c->indicator_cnt : 1, sizeof(*x->next));
	if (!x->heads || !x->next)
		return -ENOMEM;
	/* Backwards, so that a chain is in file order. */
	for (uint32_t i = c->indicator_cnt; i > 0; i--)
		file_indicator(x, i - 1);
	*ret = take_ptr(x);
	return 0;
}

struct match_index *match_index_free(struct match_index *x)
{
	if (!x)
		return NULL;
	free(x->heads);
	free(x->next);
	free(x);
	return NULL;
}

void match_index_freep(struct match_index **x)
{
	*x = match_index_free(*x);
}
