// SPDX-License-Identifier: GPL-2.0-only
#include "table.h"

#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/socket.h>

#include "prefix.h"
#include "state.h"

/* Kinds that are kept in hash tables come first. */
#define HASHED (WEIR_KIND_HOLDS + 1)

static const struct {
	u16 key_len, value_len;
	bool is_live; /* changes while in force */
} kinds[WEIR_KIND_MAX] = {
	[WEIR_KIND_RULES] = { 4, sizeof(struct weir_rule) },
	[WEIR_KIND_GUARD] = { sizeof(struct weir_file), 4, true },
	[WEIR_KIND_FILES] = { sizeof(struct weir_file), sizeof(struct weir_key), true },
	[WEIR_KIND_DIRS] = { sizeof(struct weir_file), sizeof(struct weir_key) },
	[WEIR_KIND_SIZES] = { 8, sizeof(struct weir_key) },
	[WEIR_KIND_HASHES] = { sizeof(struct weir_sha256), sizeof(struct weir_key) },
	[WEIR_KIND_BUILD_IDS] = { sizeof(struct weir_build_id), sizeof(struct weir_key) },
	[WEIR_KIND_EXEMPTIONS] = { sizeof(struct weir_scope), sizeof(struct weir_exemptions) },
	[WEIR_KIND_INSTALLED] = { sizeof(struct weir_installed), 4 },
	[WEIR_KIND_CONTENTS] = { sizeof(struct weir_sha256), 4 },
	[WEIR_KIND_HOLDS] = { 8, sizeof(struct weir_hold), true },
	[WEIR_KIND_PREFIX4] = { sizeof(struct weir_prefix4), sizeof(struct weir_ports) },
	[WEIR_KIND_PREFIX6] = { sizeof(struct weir_prefix6), sizeof(struct weir_ports) },
};

/* Key and value in one piece; the value stands at the next multiple of eight. */
struct entry {
	struct rhash_head node;
	struct rcu_head rcu;
	u8 data[] __aligned(8);
};

struct weir_table {
	u64 generation;
	refcount_t users;
	bool is_sealed;
	struct rhashtable of[HASHED]; /* the last, holds, stays empty */
	struct weir_prefixes *prefix4, *prefix6;
};

static struct rhashtable holds;

static size_t value_off(u32 kind)
{
	return ALIGN(kinds[kind].key_len, 8);
}

static struct rhashtable_params params_of(u32 kind)
{
	return (struct rhashtable_params){
		.key_len = kinds[kind].key_len,
		.key_offset = offsetof(struct entry, data),
		.head_offset = offsetof(struct entry, node),
		.automatic_shrinking = true,
	};
}

static void free_entry(void *entry, void *unused)
{
	kfree(entry);
}

static int init_hash(struct rhashtable *hash, u32 kind)
{
	struct rhashtable_params params = params_of(kind);

	return rhashtable_init(hash, &params);
}

static struct rhashtable *hash_of(const struct weir_table *table, u32 kind)
{
	return kind == WEIR_KIND_HOLDS ? &holds : (struct rhashtable *)&table->of[kind];
}

static void free_table(struct weir_table *table, u32 hash_cnt)
{
	u32 kind;

	for (kind = 0; kind < hash_cnt; kind++)
		rhashtable_free_and_destroy(&table->of[kind], free_entry, NULL);
	weir_prefixes_free(table->prefix4);
	weir_prefixes_free(table->prefix6);
	kfree(table);
}

struct weir_table *weir_table_new(u64 generation, u32 prefix4_cnt, u32 prefix6_cnt)
{
	struct weir_table *table = kzalloc(sizeof(*table), GFP_KERNEL);
	u32 kind;

	if (!table)
		return NULL;
	table->generation = generation;
	refcount_set(&table->users, 1);
	for (kind = 0; kind < HASHED; kind++)
		if (init_hash(&table->of[kind], kind))
			goto err;
	table->prefix4 = weir_prefixes_new(32, prefix4_cnt);
	table->prefix6 = weir_prefixes_new(128, prefix6_cnt);
	if (!table->prefix4 || !table->prefix6)
		goto err;
	return table;

err:
	free_table(table, kind);
	return NULL;
}

void weir_table_hold(struct weir_table *table)
{
	refcount_inc(&table->users);
}

void weir_table_put(struct weir_table *table)
{
	if (refcount_dec_and_test(&table->users))
		free_table(table, HASHED);
}

u64 weir_table_generation(const struct weir_table *table)
{
	return table->generation;
}

static struct entry *new_entry(u32 kind, const u8 *bytes)
{
	struct entry *e = kzalloc(struct_size(e, data, value_off(kind) + kinds[kind].value_len),
				  GFP_KERNEL);

	if (!e)
		return NULL;
	memcpy(e->data, bytes, kinds[kind].key_len);
	memcpy(e->data + value_off(kind), bytes + kinds[kind].key_len, kinds[kind].value_len);
	return e;
}

static bool has_key(u32 kind)
{
	return kinds[kind].value_len == sizeof(struct weir_key);
}

static bool may_replace(u32 kind, const struct entry *old, const struct entry *new)
{
	const struct weir_key *was = (const void *)(old->data + value_off(kind));
	const struct weir_key *is = (const void *)(new->data + value_off(kind));

	return !has_key(kind) || is->flags & WEIR_KEY_ENFORCE || !(was->flags & WEIR_KEY_ENFORCE);
}

/* One writer at a time: what was looked up here is still there when it is replaced. */
static int put_entry(struct rhashtable *hash, u32 kind, struct entry *new)
{
	struct rhashtable_params params = params_of(kind);
	struct entry *old;
	int err = 0;

	weir_state_assert_locked();
	rcu_read_lock();
	old = rhashtable_lookup(hash, new->data, params);
	if (!old) {
		err = rhashtable_insert_fast(hash, &new->node, params);
	} else if (may_replace(kind, old, new)) {
		err = rhashtable_replace_fast(hash, &old->node, &new->node, params);
		if (!err)
			kfree_rcu(old, rcu);
	} else {
		err = -EEXIST;
	}
	rcu_read_unlock();
	if (err)
		kfree(new);
	return err == -EEXIST ? 0 : err;
}

static struct weir_prefixes *prefixes_of(const struct weir_table *table, u32 kind)
{
	return kind == WEIR_KIND_PREFIX4 ? table->prefix4 : table->prefix6;
}

static int add_one(struct weir_table *table, u32 kind, const u8 *bytes)
{
	struct entry *e;

	if (kind >= HASHED)
		return weir_prefixes_add(prefixes_of(table, kind), bytes);
	e = new_entry(kind, bytes);
	return e ? put_entry(hash_of(table, kind), kind, e) : -ENOMEM;
}

/* Is @len a number of whole things of @each bytes, that @table may take now? */
static bool is_sound(const struct weir_table *table, u32 kind, size_t len, size_t each)
{
	return len && len % each == 0 && (!table->is_sealed || kinds[kind].is_live);
}

int weir_table_add(struct weir_table *table, u32 kind, const void *bytes, size_t len)
{
	size_t each, off;
	int err;

	if (kind >= WEIR_KIND_MAX)
		return -EINVAL;
	each = kinds[kind].key_len + kinds[kind].value_len;
	if (!is_sound(table, kind, len, each))
		return -EINVAL;
	for (off = 0; off < len; off += each) {
		err = add_one(table, kind, bytes + off);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

static void drop_one(struct rhashtable *hash, u32 kind, const u8 *key)
{
	struct rhashtable_params params = params_of(kind);
	struct entry *e;

	weir_state_assert_locked();
	rcu_read_lock();
	e = rhashtable_lookup(hash, key, params);
	if (e && !rhashtable_remove_fast(hash, &e->node, params))
		kfree_rcu(e, rcu);
	rcu_read_unlock();
}

int weir_table_drop(struct weir_table *table, u32 kind, const void *bytes, size_t len)
{
	size_t off;

	if (kind >= HASHED || !is_sound(table, kind, len, kinds[kind].key_len))
		return -EINVAL;
	for (off = 0; off < len; off += kinds[kind].key_len)
		drop_one(hash_of(table, kind), kind, bytes + off);
	return 0;
}

int weir_table_seal(struct weir_table *table)
{
	int err = weir_prefixes_seal(table->prefix4);

	if (!err)
		err = weir_prefixes_seal(table->prefix6);
	if (!err)
		table->is_sealed = true;
	return err;
}

const void *weir_table_find(const struct weir_table *table, u32 kind, const void *key)
{
	struct entry *e = rhashtable_lookup(hash_of(table, kind), key, params_of(kind));

	return e ? e->data + value_off(kind) : NULL;
}

static bool is_armed(const struct entry *e, u64 now_ns)
{
	const struct weir_hold *hold = (const void *)(e->data + value_off(WEIR_KIND_HOLDS));

	return hold->armed_ns > now_ns;
}

bool weir_table_any_hold_armed(u64 now_ns)
{
	struct rhashtable_iter at;
	bool is_any = false;
	struct entry *e;

	rhashtable_walk_enter(&holds, &at);
	rhashtable_walk_start(&at);
	/* An error says that it was resized and begins anew. */
	while (!is_any && (e = rhashtable_walk_next(&at)))
		is_any = !IS_ERR(e) && is_armed(e, now_ns);
	rhashtable_walk_stop(&at);
	rhashtable_walk_exit(&at);
	return is_any;
}

const struct weir_ports *weir_table_ports(const struct weir_table *table, u16 family,
					  const u8 *addr)
{
	return weir_prefixes_find(family == AF_INET ? table->prefix4 : table->prefix6, addr);
}

int weir_table_init(void)
{
	return init_hash(&holds, WEIR_KIND_HOLDS);
}

void weir_table_exit(void)
{
	rhashtable_free_and_destroy(&holds, free_entry, NULL);
}
