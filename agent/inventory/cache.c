// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cache in memory; cache_file.c has it on disk.
 *
 * Two tables with open addressing: eight bytes for each silent file, and for
 * the others an entry with its facts packed. The lowest bits of an id are its
 * age: in how many inventories nobody asked for it.
 */
#include "inventory/cache_private.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"

static const enum indicator_kind content_kinds[] = {
	IND_SHA256, IND_BUILD_ID, IND_SONAME, IND_NEEDED, IND_ELF_STRING,
	IND_SYMBOL, IND_DEB,	  IND_RPM,
};

static bool is_content(enum indicator_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(content_kinds); i++)
		if (content_kinds[i] == kind)
			return true;
	return false;
}

static void md_freep(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

/* Over all that can be found in a file: what nobody asked for was not kept. */
static int take_fingerprint(struct identity_cache *x, const struct catalog *c)
{
	CLEANUP(md_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool fine = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	for (uint32_t i = 0; i < c->indicator_cnt && fine; i++) {
		const struct indicator *ind = &c->indicators[i];
		uint64_t head[2] = { ind->kind, ind->size };

		if (!is_content(ind->kind))
			continue;
		fine = EVP_DigestUpdate(ctx, head, sizeof(head)) == 1 &&
		       EVP_DigestUpdate(ctx, ind->value, strlen(ind->value) + 1) == 1;
	}
	return fine && EVP_DigestFinal_ex(ctx, x->fingerprint, NULL) == 1 ? 0 : -ENOMEM;
}

int cache_set_key(struct identity_cache *x, const uint8_t key[CACHE_KEY_BYTES])
{
	size_t size = sizeof(uint64_t);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
		OSSL_PARAM_construct_end(),
	};

	memcpy(x->key, key, CACHE_KEY_BYTES);
	return EVP_MAC_init(x->mac, x->key, CACHE_KEY_BYTES, params) == 1 ? 0 : -ENOTSUP;
}

int identity_cache_new(const struct catalog *c, struct identity_cache **ret)
{
	CLEANUP(identity_cache_freep) struct identity_cache *x = calloc(1, sizeof(*x));
	uint8_t key[CACHE_KEY_BYTES];
	EVP_MAC *mac;
	int err;

	if (!x)
		return -ENOMEM;
	mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	x->mac = mac ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	if (!x->mac)
		return -ENOTSUP;
	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return -EIO;
	err = cache_set_key(x, key);
	if (!err)
		err = take_fingerprint(x, c);
	if (err)
		return err;
	*ret = take_ptr(x);
	return 0;
}

void cache_clear(struct identity_cache *x)
{
	for (uint32_t i = 0; i < x->said_cap; i++)
		free(x->said[i].bytes);
	free(x->said);
	free(x->silent);
	x->said = NULL;
	x->silent = NULL;
	x->said_cnt = x->said_cap = x->silent_cnt = x->silent_cap = 0;
	x->said_bytes = 0;
}

struct identity_cache *identity_cache_free(struct identity_cache *x)
{
	if (!x)
		return NULL;
	cache_clear(x);
	EVP_MAC_CTX_free(x->mac);
	facts_scratch_exit(&x->scratch);
	free(x);
	return NULL;
}

void identity_cache_freep(struct identity_cache **x)
{
	*x = identity_cache_free(*x);
}

/* Never 0, and with no age. 0: there is none. */
static uint64_t id_of(struct identity_cache *x, const struct stat *st)
{
	const uint64_t words[] = {
		st->st_dev,
		st->st_ino,
		(uint64_t)st->st_size,
		(uint64_t)st->st_ctim.tv_sec,
		(uint64_t)st->st_ctim.tv_nsec,
	};
	uint64_t id = 0;
	size_t len;

	if (EVP_MAC_init(x->mac, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(x->mac, (const void *)words, sizeof(words)) != 1 ||
	    EVP_MAC_final(x->mac, (void *)&id, &len, sizeof(id)) != 1)
		return 0;
	return (id & ~(uint64_t)CACHE_AGE_MAX) | (CACHE_AGE_MAX + 1);
}

/* Where @id is, or would be; the table has room. */
static uint64_t *silent_slot(const struct identity_cache *x, uint64_t id)
{
	uint32_t at = (uint32_t)(id >> 32) & (x->silent_cap - 1);

	while (x->silent[at] && (x->silent[at] | CACHE_AGE_MAX) != (id | CACHE_AGE_MAX))
		at = (at + 1) & (x->silent_cap - 1);
	return &x->silent[at];
}

static struct said *said_slot(const struct identity_cache *x, uint64_t id)
{
	uint32_t at = (uint32_t)(id >> 32) & (x->said_cap - 1);

	while (x->said[at].id && (x->said[at].id | CACHE_AGE_MAX) != (id | CACHE_AGE_MAX))
		at = (at + 1) & (x->said_cap - 1);
	return &x->said[at];
}

static unsigned int age_of(uint64_t id)
{
	return (unsigned int)(id & CACHE_AGE_MAX);
}

/* A new table of @cap slots with what is at most @age old. */
static int rebuild_silent(struct identity_cache *x, uint32_t cap, unsigned int age)
{
	uint64_t *old = x->silent;
	uint32_t old_cap = x->silent_cap;
	uint64_t *more = calloc(cap, sizeof(*more));

	if (!more)
		return -ENOMEM;
	x->silent = more;
	x->silent_cap = cap;
	x->silent_cnt = 0;
	for (uint32_t i = 0; i < old_cap; i++) {
		if (!old[i] || age_of(old[i]) > age)
			continue;
		*silent_slot(x, old[i]) = old[i];
		x->silent_cnt++;
	}
	free(old);
	return 0;
}

static int rebuild_said(struct identity_cache *x, uint32_t cap, unsigned int age)
{
	struct said *old = x->said;
	uint32_t old_cap = x->said_cap;
	struct said *more = calloc(cap, sizeof(*more));

	if (!more)
		return -ENOMEM;
	x->said = more;
	x->said_cap = cap;
	x->said_cnt = 0;
	x->said_bytes = 0;
	for (uint32_t i = 0; i < old_cap; i++) {
		if (!old[i].id)
			continue;
		if (age_of(old[i].id) > age) {
			free(old[i].bytes);
			continue;
		}
		*said_slot(x, old[i].id) = old[i];
		x->said_cnt++;
		x->said_bytes += old[i].len + sizeof(*old);
	}
	free(old);
	return 0;
}

/* The oldest first; 0 also when all were asked for by now and nothing can go. */
static int make_silent_room(struct identity_cache *x)
{
	int err = 0;

	if (x->silent_cnt >= CACHE_SILENT_MAX)
		for (unsigned int age = CACHE_AGE_MAX; age > 0 && !err; age--) {
			err = rebuild_silent(x, x->silent_cap, age - 1);
			if (x->silent_cnt < CACHE_SILENT_MAX)
				break;
		}
	else if (4 * (x->silent_cnt + 1UL) > 3UL * x->silent_cap)
		err = rebuild_silent(x, x->silent_cap ? 2 * x->silent_cap : 1024, CACHE_AGE_MAX);
	return err;
}

static int make_said_room(struct identity_cache *x, size_t bytes)
{
	int err = 0;

	if (x->said_bytes + bytes > CACHE_SAID_BYTES_MAX && x->said_cap)
		for (unsigned int age = CACHE_AGE_MAX; age > 0 && !err; age--) {
			err = rebuild_said(x, x->said_cap, age - 1);
			if (x->said_bytes + bytes <= CACHE_SAID_BYTES_MAX)
				break;
		}
	if (!err && 4 * (x->said_cnt + 1UL) > 3UL * x->said_cap)
		err = rebuild_said(x, x->said_cap ? 2 * x->said_cap : 64, CACHE_AGE_MAX);
	return err;
}

int cache_add_silent(struct identity_cache *x, uint64_t id)
{
	int err = make_silent_room(x);
	uint64_t *slot;

	if (err || x->silent_cnt >= CACHE_SILENT_MAX)
		return err;
	slot = silent_slot(x, id);
	x->silent_cnt += !*slot;
	*slot = id;
	return 0;
}

int cache_add_said(struct identity_cache *x, uint64_t id, const void *bytes, uint32_t len)
{
	size_t more = len + sizeof(struct said);
	int err = make_said_room(x, more);
	struct said *slot;
	uint8_t *copy;

	if (err || x->said_bytes + more > CACHE_SAID_BYTES_MAX)
		return err;
	slot = said_slot(x, id);
	copy = malloc(len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, len);
	if (slot->id)
		x->said_bytes -= slot->len + sizeof(*slot);
	x->said_cnt += !slot->id;
	free(slot->bytes);
	*slot = (struct said){ .id = id, .bytes = copy, .len = len };
	x->said_bytes += more;
	return 0;
}

enum cache_answer identity_cache_get(struct identity_cache *x, const struct stat *st,
				     struct facts *ret)
{
	uint64_t id = id_of(x, st), *silent;
	struct facts f = { .size = (uint64_t)st->st_size };
	struct said *said;

	x->asked++;
	silent = id && x->silent_cap ? silent_slot(x, id) : NULL;
	if (silent && *silent) {
		x->is_dirty |= age_of(*silent) != 0;
		*silent = id;
		x->known++;
		return CACHE_SILENT;
	}
	said = id && x->said_cap ? said_slot(x, id) : NULL;
	if (!said || !said->id || facts_unpack(said->bytes, said->len, &x->scratch, &f))
		return CACHE_UNKNOWN;
	x->is_dirty |= age_of(said->id) != 0;
	said->id = id;
	x->known++;
	*ret = f;
	return CACHE_SAID;
}

static bool is_settled(const struct stat *st, int64_t read_ns)
{
	int64_t changed_ns = (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;

	/* Later than now: some clock was turned, and will be again. */
	return changed_ns <= read_ns && read_ns - changed_ns >= CACHE_SETTLED_NS;
}

int identity_cache_put(struct identity_cache *x, const struct stat *st, int64_t read_ns,
		       const struct facts *f)
{
	CLEANUP(buf_free) struct buf packed = { 0 };
	uint64_t id;

	if (!is_settled(st, read_ns))
		return 0;
	id = id_of(x, st);
	if (!id)
		return 0;
	x->is_dirty = true;
	if (!f)
		return cache_add_silent(x, id);
	facts_pack(&packed, f);
	if (packed.err)
		return packed.err;
	if (packed.len > CACHE_ENTRY_BYTES_MAX)
		return 0;
	return cache_add_said(x, id, packed.data, (uint32_t)packed.len);
}

void identity_cache_count(const struct identity_cache *x, struct cache_counts *ret)
{
	*ret = (struct cache_counts){
		.asked = x->asked,
		.known = x->known,
		.silent = x->silent_cnt,
		.said = x->said_cnt,
		.bytes = x->silent_cap * sizeof(*x->silent) + x->said_cap * sizeof(*x->said) +
			 x->said_bytes,
	};
}
