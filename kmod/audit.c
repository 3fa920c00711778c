// SPDX-License-Identifier: GPL-2.0-only
#include "audit.h"

#include <linux/audit.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/jhash.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/socket.h>
#include <linux/spinlock.h>

#include "blackbox.h"

#define FOLD_NS (60ull * NSEC_PER_SEC)
#define FOLDS 256

/* What was told last of the denials that share a slot. */
struct fold {
	u32 key;
	u64 told_ns; /* 0: nothing yet */
	u32 untold;
};

static struct fold folds[FOLDS];
static DEFINE_RAW_SPINLOCK(lock);

static const char *const hook_names[] = {
	[WEIR_HOOK_EXEC] = "exec",
	[WEIR_HOOK_LOAD] = "load",
	[WEIR_HOOK_MODULE] = "module",
	[WEIR_HOOK_CONNECT] = "connect",
};
static_assert(ARRAY_SIZE(hook_names) == WEIR_HOOK_MAX);

static u32 fold_key(const struct weir_box_record *r)
{
	u32 key = jhash_2words(r->rec.who.uid, r->rec.hook, 0);

	if (r->rec.type != WEIR_REC_CONNECT)
		return jhash(&r->file.file, sizeof(r->file.file), key);
	return jhash(r->connect.addr, sizeof(r->connect.addr), jhash_1word(r->connect.port, key));
}

/* True: to be told now, and @ret_untold are to be told with it. */
static bool unfold(const struct weir_box_record *r, u32 *ret_untold)
{
	u32 key = fold_key(r);
	struct fold *f = &folds[key % FOLDS];
	unsigned long flags;
	bool is_same, is_due;

	raw_spin_lock_irqsave(&lock, flags);
	is_same = f->told_ns && f->key == key;
	/* Its time was taken before the lock: it may be a little before told_ns. */
	is_due = !is_same || r->rec.time_ns > f->told_ns + FOLD_NS;
	if (is_due) {
		*ret_untold = is_same ? f->untold : 0;
		*f = (struct fold){ .key = key, .told_ns = r->rec.time_ns };
	} else {
		f->untold++;
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	return is_due;
}

/* One line to the audit system, or to the log if that is off. */
static void tell(const char *line)
{
	static DEFINE_RATELIMIT_STATE(few, HZ, 5);
	struct audit_buffer *ab = audit_log_start(NULL, GFP_ATOMIC, AUDIT_KERNEL_OTHER);

	if (ab) {
		audit_log_format(ab, "%s", line);
		audit_log_end(ab);
		return;
	}
	weir_box_count_unaudited();
	if (__ratelimit(&few))
		pr_notice("%s\n", line);
}

/* The end of a name, in hexadecimal: nobody's file can forge a line of the log. */
static int say_file(char *at, size_t room, struct file *file, const struct weir_file *key)
{
	char name[40];
	int len = scnprintf(name, sizeof(name), "%pD", file);

	return scnprintf(at, room, " name=%*phN dev=%u ino=%llu", len, name, key->dev, key->ino);
}

static int say_address(char *at, size_t room, const struct weir_box_record *r)
{
	const struct weir_rec_connect *to = &r->connect;

	if (to->family == AF_INET)
		return scnprintf(at, room, " daddr=%pI4 dport=%u", to->addr, to->port);
	return scnprintf(at, room, " daddr=%pI6c dport=%u", to->addr, to->port);
}

void weir_audit_denial(const struct weir_box_record *r, struct file *file)
{
	char line[256];
	int len;
	u32 untold;

	if (!unfold(r, &untold))
		return;
	len = scnprintf(line, sizeof(line),
			"weir op=deny hook=%s rule=%u key=%u pid=%u uid=%u auid=%u seq=%llu",
			hook_names[r->rec.hook % WEIR_HOOK_MAX], r->rec.key.rule, r->rec.key.kind,
			r->rec.who.tgid, r->rec.who.uid, r->rec.who.auid, r->seq);
	if (file)
		len += say_file(line + len, sizeof(line) - len, file, &r->file.file);
	else
		len += say_address(line + len, sizeof(line) - len, r);
	scnprintf(line + len, sizeof(line) - len, " folded=%u res=0", untold);
	tell(line);
}

void weir_audit_change(const char *what, u64 generation)
{
	char line[200];
	u8 digest[WEIR_SHA256_LEN];
	u64 seq = weir_box_head(digest);

	scnprintf(line, sizeof(line),
		  "weir op=%s generation=%llu pid=%d uid=%u auid=%u seq=%llu head=%*phN res=1",
		  what, generation, task_tgid_nr(current),
		  from_kuid(&init_user_ns, current_uid()),
		  from_kuid(&init_user_ns, audit_get_loginuid(current)), seq - 1,
		  WEIR_SHA256_LEN, digest);
	tell(line);
}
