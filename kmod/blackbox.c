// SPDX-License-Identifier: GPL-2.0-only
#include "blackbox.h"

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "subject.h"

static unsigned int records = 4096;
module_param(records, uint, 0444);
MODULE_PARM_DESC(records, "How many records the black box keeps (64 to 1048576)");

static struct weir_box_record *ring;
static u64 next_seq = 1;
static u32 loaded_as; /* see WEIR_BOX_CPU */
static u8 head[WEIR_SHA256_LEN];
static DEFINE_RAW_SPINLOCK(lock);

static atomic64_t denied, unhashed, unaudited, canaries[WEIR_HOOK_MAX];

static void chain(struct weir_box_record *r)
{
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_update(&sha, head, sizeof(head));
	sha256_update(&sha, (const u8 *)r, offsetof(struct weir_box_record, digest));
	sha256_final(&sha, r->digest);
	memcpy(head, r->digest, sizeof(head));
}

void weir_box_add(struct weir_box_record *r)
{
	unsigned long flags;

	r->rec.version = WEIR_REC_VERSION;
	r->rec.cpu = loaded_as;
	r->rec.time_ns = ktime_get_boottime_ns();
	weir_subject_now(&r->rec.who);
	if (r->kind == WEIR_BOX_DENIED)
		atomic64_inc(&denied);
	raw_spin_lock_irqsave(&lock, flags);
	r->rec.seq = r->seq = next_seq++;
	chain(r);
	ring[r->seq % records] = *r;
	raw_spin_unlock_irqrestore(&lock, flags);
}

void weir_box_note(u32 kind, u64 generation)
{
	struct weir_box_record r = { .kind = kind, .rec.generation = generation };

	weir_box_add(&r);
}

/* With the lock held. */
static u64 oldest(void)
{
	return next_seq > records ? next_seq - records : 1;
}

bool weir_box_read(u64 seq, struct weir_box_record *ret)
{
	unsigned long flags;
	bool is_there;

	raw_spin_lock_irqsave(&lock, flags);
	seq = max(seq, oldest());
	is_there = seq < next_seq;
	if (is_there)
		*ret = ring[seq % records];
	raw_spin_unlock_irqrestore(&lock, flags);
	return is_there;
}

u64 weir_box_head(u8 digest[WEIR_SHA256_LEN])
{
	unsigned long flags;
	u64 seq;

	raw_spin_lock_irqsave(&lock, flags);
	seq = next_seq;
	memcpy(digest, head, sizeof(head));
	raw_spin_unlock_irqrestore(&lock, flags);
	return seq;
}

void weir_box_count_unhashed(void)
{
	atomic64_inc(&unhashed);
}

void weir_box_count_unaudited(void)
{
	atomic64_inc(&unaudited);
}

void weir_box_count_canary(u8 hook)
{
	if (hook < WEIR_HOOK_MAX)
		atomic64_inc(&canaries[hook]);
}

void weir_box_counters(struct weir_box_counters *ret)
{
	unsigned long flags;
	int i;

	ret->denied = atomic64_read(&denied);
	ret->unhashed = atomic64_read(&unhashed);
	ret->unaudited = atomic64_read(&unaudited);
	for (i = 0; i < WEIR_HOOK_MAX; i++)
		ret->canaries[i] = atomic64_read(&canaries[i]);
	raw_spin_lock_irqsave(&lock, flags);
	ret->overwritten = oldest() - 1;
	raw_spin_unlock_irqrestore(&lock, flags);
}

int weir_box_init(void)
{
	records = roundup_pow_of_two(clamp(records, 64u, 1u << 20));
	ring = kvcalloc(records, sizeof(*ring), GFP_KERNEL);
	if (!ring)
		return -ENOMEM;
	loaded_as = WEIR_BOX_CPU + (u32)ktime_get_boottime_seconds();
	weir_box_note(WEIR_BOX_LOADED, 0);
	return 0;
}

void weir_box_exit(void)
{
	kvfree(ring);
}
