// SPDX-License-Identifier: GPL-2.0-only
#include "identity.h"

#include <linux/dcache.h>
#include <linux/namei.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "blackbox.h"
#include "buildid.h"
#include "compat.h"
#include "table.h"

#define CHUNK (64 << 10)
#define HASH_TIMEOUT_NS (30ull * NSEC_PER_SEC)

/* PATH_MAX / 2 names of one letter: no place is deeper. */
#define CLIMB_MAX 2048

void weir_file_key(const struct inode *inode, struct weir_file *key)
{
	key->ino = inode->i_ino;
	key->dev = inode->i_sb->s_dev;
	key->gen = inode->i_generation;
}

void weir_look_at(struct weir_candidate *c)
{
	const struct inode *inode = file_inode(c->file);

	weir_file_key(inode, &c->look.file);
	c->look.size = i_size_read(inode);
	c->look.ctime_ns = weir_inode_ctime(inode);
	c->mode = inode->i_mode;
	if (!inode->i_nlink)
		c->look.flags |= WEIR_REC_DELETED;
}

/* A weak key is kept until a strong one turns up. True: that was a strong one. */
static bool take_key(struct weir_look *look, const struct weir_key *key, u16 kind)
{
	if (key && (!look->key.rule || key->flags & WEIR_KEY_ENFORCE)) {
		look->key = *key;
		look->key.kind = kind;
	}
	return look->key.flags & WEIR_KEY_ENFORCE;
}

static bool take_found(struct weir_look *look, const struct weir_table *table, u32 kind,
		       const void *key, u16 key_kind)
{
	bool is_strong;

	rcu_read_lock();
	is_strong = take_key(look, weir_table_find(table, kind, key), key_kind);
	rcu_read_unlock();
	return is_strong;
}

/* The file itself, and what an overlay shows it for. */
static bool by_file(struct weir_candidate *c, const struct weir_table *table)
{
	const struct inode *real = d_real_inode(c->file->f_path.dentry);
	struct weir_file key;

	if (take_found(&c->look, table, WEIR_KIND_FILES, &c->look.file, WEIR_KEY_FILE))
		return true;
	if (real == file_inode(c->file))
		return false;
	weir_file_key(real, &key);
	return take_found(&c->look, table, WEIR_KIND_FILES, &key, WEIR_KEY_FILE);
}

/*
 * From @dir upward, in its own file system: true at the nearest directory that is
 * enough by itself. One that is not is kept, the nearest of them, and hides nothing.
 */
static bool place_within(struct weir_look *look, const struct weir_table *table,
			 const struct dentry *dir)
{
	const struct inode *inode;
	bool is_strong = false;
	struct weir_file file;
	int i;

	rcu_read_lock();
	for (i = 0; i < CLIMB_MAX && !is_strong; i++) {
		/* Read once: rmdir(2) may take it away meanwhile. */
		inode = d_inode_rcu(dir);
		if (!inode)
			break;
		weir_file_key(inode, &file);
		is_strong = take_key(look, weir_table_find(table, WEIR_KIND_DIRS, &file),
				     WEIR_KEY_DIR);
		if (IS_ROOT(dir))
			break;
		dir = READ_ONCE(dir->d_parent);
	}
	rcu_read_unlock();
	if (!is_strong && i == CLIMB_MAX)
		look->flags |= WEIR_REC_TOO_DEEP;
	return is_strong;
}

/*
 * By place, up to the root of the file system before its mount point is crossed:
 * a bind mount of a restricted directory's inside is still that directory's.
 * Crossing sleeps, so a gate that may not looks at this file system alone.
 */
static bool by_place(struct weir_candidate *c, const struct weir_table *table)
{
	struct path path = c->file->f_path;
	bool is_found;

	rcu_read_lock();
	is_found = place_within(&c->look, table, READ_ONCE(path.dentry->d_parent));
	rcu_read_unlock();
	if (is_found || !c->may_sleep)
		return c->look.key.flags & WEIR_KEY_ENFORCE;
	path_get(&path);
	while (!is_found && follow_up(&path))
		is_found = place_within(&c->look, table, path.dentry);
	path_put(&path);
	return c->look.key.flags & WEIR_KEY_ENFORCE;
}

bool weir_file_is_readable(const struct file *file)
{
	const fmode_t both = FMODE_READ | FMODE_CAN_READ;

	return S_ISREG(file_inode(file)->i_mode) && (file->f_mode & both) == both;
}

static int hash_some(struct file *file, u64 deadline, struct sha256_ctx *sha, void *chunk)
{
	loff_t pos = 0, size = i_size_read(file_inode(file));
	ssize_t n;

	while (pos < size) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (ktime_get_boottime_ns() > deadline)
			return -ETIME;
		n = kernel_read(file, chunk, min_t(loff_t, CHUNK, size - pos), &pos);
		if (n <= 0)
			return n ? n : -EIO; /* it has shrunk */
		sha256_update(sha, chunk, n);
		cond_resched();
	}
	return i_size_read(file_inode(file)) == size ? 0 : -EAGAIN;
}

int weir_file_sha256(struct file *file, struct weir_sha256 *digest)
{
	u64 deadline = ktime_get_boottime_ns() + HASH_TIMEOUT_NS;
	struct sha256_ctx sha;
	void *chunk;
	int err;

	/* What is empty, or says so as files of /proc do, has no content to be known by. */
	if (!weir_file_is_readable(file) || !i_size_read(file_inode(file)))
		return -EINVAL;
	chunk = kvmalloc(CHUNK, GFP_KERNEL);
	if (!chunk)
		return -ENOMEM;
	sha256_init(&sha);
	err = hash_some(file, deadline, &sha, chunk);
	if (!err)
		sha256_final(&sha, digest->digest);
	kvfree(chunk);
	return err;
}

/* SHA-256, asked only when the catalogue knows the file's size. */
static bool by_content(struct weir_candidate *c, const struct weir_state *state)
{
	struct weir_key sized = {};
	struct weir_sha256 digest;
	const struct weir_key *key;

	if (!c->may_sleep || !S_ISREG(c->mode) || !c->look.size)
		return false;
	rcu_read_lock();
	key = weir_table_find(state->table, WEIR_KIND_SIZES, &c->look.size);
	if (key)
		sized = *key;
	rcu_read_unlock();
	if (!sized.rule)
		return false;
	if (weir_file_sha256(c->file, &digest)) {
		c->look.flags |= WEIR_REC_UNHASHED;
		weir_box_count_unhashed();
		return state->control.deny_unhashable &&
		       take_key(&c->look, &sized, WEIR_KEY_SHA256);
	}
	c->look.flags |= WEIR_REC_HASHED;
	memcpy(c->look.sha256, digest.digest, sizeof(c->look.sha256));
	return take_found(&c->look, state->table, WEIR_KIND_HASHES, &digest, WEIR_KEY_SHA256);
}

static bool by_build_id(struct weir_candidate *c, const struct weir_table *table)
{
	struct weir_build_id id = {};

	if (!c->may_sleep || weir_file_build_id(c->file, &id))
		return false;
	return take_found(&c->look, table, WEIR_KIND_BUILD_IDS, &id, WEIR_KEY_BUILD_ID);
}

void weir_identify(struct weir_candidate *c, const struct weir_state *state)
{
	u32 has = state->control.flags;

	if (has & WEIR_HAS_FILES && by_file(c, state->table))
		return;
	if (has & WEIR_HAS_DIRS && by_place(c, state->table))
		return;
	if (has & WEIR_HAS_HASHES && by_content(c, state))
		return;
	if (has & WEIR_HAS_BUILD_IDS)
		by_build_id(c, state->table);
}
