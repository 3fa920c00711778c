/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The index behind match.h: one chained hash table over all indicators.
 *
 * An indicator is filed under the hash of what a question can compute without
 * knowing the answer: its value, for a pattern the bytes before its first
 * "*", for a network its masked address. Candidates are then compared in
 * full, so a collision costs time and never a wrong answer.
 */
#ifndef WEIR_MATCH_LOOKUP_H
#define WEIR_MATCH_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/limits.h>

#include "catalog/catalog.h"

/* Kinds that are asked together share a group; the others are their own. */
enum lookup_group {
	GROUP_PLAIN = 0,	   /* + enum indicator_kind */
	GROUP_FILE = IND_KIND_MAX, /* path */
	GROUP_DIR,		   /* dir */
	GROUP_PLACE,	 /* config, log, data-dir...: a file, or a directory above it */
	GROUP_PATTERN,	 /* any of these with a "*" */
	GROUP_WORD,	 /* installer, file-name, module, container-image: with or without */
	GROUP_NET4,
	GROUP_NET6,
};

struct match_index {
	const struct catalog *catalog; /* borrowed */
	uint32_t *heads; /* by hash: index of an indicator plus one, 0: none */
	uint32_t *next;	 /* by indicator: the next of its chain plus one */
	uint32_t mask;
	bool pattern_at[WEIR_PATH_MAX];	  /* some pattern is literal for so many bytes */
	bool word_at[WEIR_NAME_MAX];	  /* the same of names without a place */
	bool net4_at[33], net6_at[129]; /* some prefix has so many bits */
};

/* FNV-1a, since a path's prefixes are then hashed in one pass. */
#define LOOKUP_HASH_SEED 0xcbf29ce484222325ULL

static inline uint64_t lookup_hash_byte(uint64_t h, unsigned char c)
{
	return (h ^ c) * 0x100000001b3ULL;
}

uint64_t lookup_hash(const void *bytes, size_t len);

/* First candidate, plus one, for a value of @group that hashes to @h. */
uint32_t lookup_first(const struct match_index *x, unsigned int group, uint64_t h);

unsigned int lookup_group_of(const struct indicator *ind);

/* Clears what is not in the first @len bits of @addr, @size bytes long. */
void address_mask(uint8_t *addr, size_t size, unsigned int len);

#endif /* WEIR_MATCH_LOOKUP_H */
