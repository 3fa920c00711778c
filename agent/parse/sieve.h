/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sieve: a set of bits, so that a parser can leave out names that its asker
 * will not want. What passes may still be unwanted; what is wanted passes.
 */
#ifndef WEIR_PARSE_SIEVE_H
#define WEIR_PARSE_SIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIEVE_BYTES_MIN 64u
#define SIEVE_BYTES_MAX (256u << 10)

/* For @cnt names: 32 bits each let one in 32 unwanted ones through. */
static inline size_t sieve_bytes(size_t cnt)
{
	if (cnt >= SIEVE_BYTES_MAX / 4)
		return SIEVE_BYTES_MAX;
	return cnt * 4 < SIEVE_BYTES_MIN ? SIEVE_BYTES_MIN : cnt * 4;
}

/* FNV-1a, and a round of mixing since its low bits are weak. */
static inline uint64_t sieve_bit(size_t bytes, const char *name, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	while (len--) {
		h ^= (unsigned char)*name++;
		h *= 0x100000001b3ULL;
	}
	h ^= h >> 32;
	h *= 0xff51afd7ed558ccdULL;
	return (h >> 16) % (bytes * 8);
}

static inline void sieve_add(uint8_t *sieve, size_t bytes, const char *name, size_t len)
{
	uint64_t bit = sieve_bit(bytes, name, len);

	sieve[bit / 8] |= (uint8_t)(1u << bit % 8);
}

/* No sieve (@bytes 0) lets everything pass. */
static inline bool sieve_passes(const uint8_t *sieve, size_t bytes, const char *name, size_t len)
{
	uint64_t bit;

	if (!bytes)
		return true;
	bit = sieve_bit(bytes, name, len);
	return sieve[bit / 8] & 1u << bit % 8;
}

#endif /* WEIR_PARSE_SIEVE_H */
