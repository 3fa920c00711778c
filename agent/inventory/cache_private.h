/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cache from inside: cache.c, cache_file.c and cache_facts.c.
 */
#ifndef WEIR_INVENTORY_CACHE_PRIVATE_H
#define WEIR_INVENTORY_CACHE_PRIVATE_H

#include "base/buf.h"
#include "inventory/cache.h"

#define CACHE_KEY_BYTES 16

/* The lowest bits of an id: inventories that it was not asked for in. */
#define CACHE_AGE_MAX 3u

struct said {
	uint64_t id; /* 0: free */
	uint8_t *bytes;
	uint32_t len;
};

/* Room for the lists of unpacked facts. */
struct facts_scratch {
	const char **needed;
	struct fact *others;
	uint32_t needed_cap, other_cap;
};

struct identity_cache {
	uint8_t fingerprint[WEIR_SHA256_LEN];
	uint8_t key[CACHE_KEY_BYTES];
	struct evp_mac_ctx_st *mac;
	uint64_t *silent;
	uint32_t silent_cnt, silent_cap; /* caps are powers of two, or 0 */
	struct said *said;
	uint32_t said_cnt, said_cap;
	uint64_t said_bytes;
	uint64_t asked, known;
	struct facts_scratch scratch;
	bool is_dirty;
};

int cache_set_key(struct identity_cache *x, const uint8_t key[CACHE_KEY_BYTES]);
void cache_clear(struct identity_cache *x);
/* Both: 0 also when there is no room; -ENOMEM. */
int cache_add_silent(struct identity_cache *x, uint64_t id);
int cache_add_said(struct identity_cache *x, uint64_t id, const void *bytes, uint32_t len);

/* Facts to bytes; an error is in @out. */
void facts_pack(struct buf *out, const struct facts *f);

/* And back, borrowed from @bytes and @s. 0, -EBADMSG or -ENOMEM. */
int facts_unpack(const uint8_t *bytes, uint32_t len, struct facts_scratch *s, struct facts *f);
void facts_scratch_exit(struct facts_scratch *s);

#endif /* WEIR_INVENTORY_CACHE_PRIVATE_H */
