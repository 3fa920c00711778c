/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between what a hook found and what it returns: is this set of programs the
 * active one, is it the canary, is it guarded, what does the rule say.
 */
#ifndef WEIR_BPF_JUDGE_H
#define WEIR_BPF_JUDGE_H

#include "identity.h"
#include "maps.h"

/*
 * Which build these programs are. Links of tracing and LSM programs cannot be
 * updated in place, so an upgrade attaches the new set beside the old, tries it
 * on the agent's own canary and then stores its number in weir_active: from that
 * instant the old set says nothing.
 *
 * With one exception. The kernel calls the newest program first: of a call that
 * is just then between the two, the new set has said that it does not act yet,
 * and the old one would find that it does not act any more. So for a while the
 * old set's gates still refuse what they would have refused; they tell of that
 * and of nothing else.
 */
const volatile __u64 weir_build;

enum role {
	ROLE_NONE,
	ROLE_RETIRING,
	ROLE_ACTING,
};

static __always_inline enum role role(const struct weir_control *c)
{
	__u32 zero = 0;
	const struct weir_active *a = bpf_map_lookup_elem(&weir_active, &zero);
	struct task_struct *task;

	if (!a || !c)
		return ROLE_NONE;
	if (a->build == weir_build)
		return ROLE_ACTING;
	if (a->retiring == weir_build)
		return ROLE_RETIRING;
	if (!c->trial)
		return ROLE_NONE;
	task = current_task();
	return READ(task, real_parent, tgid) == (int)c->agent ? ROLE_ACTING : ROLE_NONE;
}

static __always_inline const struct weir_control *acting(void)
{
	const struct weir_control *c = control();

	return role(c) == ROLE_ACTING ? c : NULL;
}

static __always_inline bool same_file(const struct weir_file *a, const struct weir_file *b)
{
	return a->ino == b->ino && a->dev == b->dev && a->gen == b->gen;
}

/* Only a child of the agent may meet the canary's rule. */
static __always_inline const struct weir_canary *canary(const struct weir_control *c)
{
	struct task_struct *task = current_task();
	__u32 zero = 0;

	if (!c->agent || READ(task, real_parent, tgid) != (int)c->agent)
		return NULL;
	return bpf_map_lookup_elem(&weir_canary, &zero);
}

/*
 * What the key's rule says now, in one word: mode, flags, and that there is a
 * rule at all. Takes numbers, so that the verifier looks at it once.
 */
#define RULE_MODE(word) ((__u8)(word))
#define RULE_FLAGS(word) ((__u32)((word) >> 8) & 0xffff)
#define RULE_HERE (1ULL << 32)

__noinline __u64 rule_now(__u32 id, __u64 generation, __u64 now_ns)
{
	const struct weir_rule *rule = table_get(weir_rules, &generation, &id);

	if (!rule)
		return 0;
	return RULE_HERE | (__u64)(rule->flags & 0xffff) << 8 | weir_mode_at(rule, now_ns);
}

/* What was done about the product by hand: WEIR_Q_*, and armed in bit 31. */
#define HOLD_ARMED 0x80000000u

__noinline __u32 held(__u32 id, __u64 generation, __u64 now_ns)
{
	const struct weir_rule *rule = table_get(weir_rules, &generation, &id);
	const struct weir_hold *hold;
	__u64 product;
	__u32 flags = 0;

	if (!rule)
		return 0;
	product = rule->product;
	hold = bpf_map_lookup_elem(&weir_holds, &product);
	if (!hold)
		return 0;
	if (hold->disarmed_ns > now_ns)
		flags |= WEIR_Q_DISARMED;
	if (hold->window_ns > now_ns)
		flags |= WEIR_Q_WINDOW;
	if (hold->armed_ns > now_ns)
		flags |= HOLD_ARMED;
	return flags;
}

/* The lowest cap among those that have not ended; counted when it @is_use. */
static __always_inline __u8 cap_in(struct weir_exemptions *x, __u8 cap, __u64 now_ns, bool is_use)
{
	struct weir_exemption *best = NULL;

	for (int i = 0; i < WEIR_EXEMPT_MAX; i++) {
		if (x->of[i].until_ns <= now_ns || x->of[i].cap >= cap)
			continue;
		best = &x->of[i];
		cap = best->cap;
	}
	if (best && is_use)
		__sync_fetch_and_add(&best->used, 1);
	return cap;
}

/* By everybody or one user, of every file or this one. */
__noinline __u8 cap_of(__u32 rule, __u64 generation, __u64 ino, __u64 dev_gen, __u32 is_use)
{
	__u64 now_ns = bpf_ktime_get_boot_ns();
	struct weir_scope scope = { .rule = rule };
	struct weir_exemptions *x;
	__u8 cap = WEIR_BLOCK;

	for (int i = 0; i < 4; i++) {
		scope.uid = i & 1 ? (__u32)bpf_get_current_uid_gid() : WEIR_ANYBODY;
		scope.file.ino = i & 2 ? ino : 0;
		scope.file.dev = i & 2 ? (__u32)dev_gen : 0;
		scope.file.gen = i & 2 ? (__u32)(dev_gen >> 32) : 0;
		x = table_get(weir_exemptions, &generation, &scope);
		if (x)
			cap = cap_in(x, cap, now_ns, is_use);
	}
	return cap;
}

static __always_inline __u8 cap_for(const struct weir_control *c, const struct weir_look *look,
				    bool is_use)
{
	if (!(c->flags & WEIR_HAS_EXEMPTIONS))
		return WEIR_BLOCK;
	return cap_of(look->key.rule, look->generation, look->file.ino,
		      look->file.dev | (__u64)look->file.gen << 32, is_use);
}

static __always_inline bool is_installed(struct weir_look *look)
{
	struct weir_installed key = {
		.file = look->file,
		.size = look->size,
		.ctime_ns = look->ctime_ns,
	};

	return table_get(weir_installed, &look->generation, &key);
}

/* What only matters when the rule stops something: asked then, and not before. */
static __always_inline void mitigate(const struct weir_control *c, struct weir_look *look,
				     struct weir_question *q)
{
	__u32 hold;

	q->cap = cap_for(c, look, true);
	if (c->flags & WEIR_HAS_INSTALLED && weir_asks_installed(q) && is_installed(look))
		q->flags |= WEIR_Q_INSTALLED;
	hold = held(q->key.rule, look->generation, q->now_ns);
	if (hold & HOLD_ARMED)
		q->host.armed_ns = WEIR_NEVER;
	q->flags |= hold & (WEIR_Q_DISARMED | WEIR_Q_WINDOW);
}

/*
 * What a function returns that nobody looks at, or that is always the same, the
 * compiler leaves out; then register 0 may hold anything, and a pointer to the
 * stack is refused.
 */
#define use_result(call) ({ int result_ = (call); asm volatile("" : : "r"(result_)); })

/* Out of line for its stack: 512 bytes must do for a program and all it calls. */
static __noinline int decide_apart(const struct weir_control *c, struct weir_look *look,
				   __u32 q_flags)
{
	__u32 zero = 0;
	const struct weir_arm *arm = bpf_map_lookup_elem(&weir_arm, &zero);
	struct weir_question q = {
		.now_ns = bpf_ktime_get_boot_ns(),
		.host.lapse_ns = c->lapse_ns,
		.host.enforce = c->enforce,
		.key = look->key,
		.cap = WEIR_BLOCK,
		.strength = look->strength,
		.flags = q_flags,
	};
	__u64 rule;

	if (arm && arm->off_ns <= q.now_ns)
		q.host.armed_ns = arm->until_ns;
	if (look->key.rule) {
		rule = rule_now(look->key.rule, look->generation, q.now_ns);
		q.mode = RULE_MODE(rule);
		q.rule_flags = RULE_FLAGS(rule);
		if (!rule)
			q.key.rule = 0; /* a damaged table allows */
		else if (q.mode != WEIR_OBSERVE)
			mitigate(c, look, &q);
	}
	look->answer = weir_decide(&q);
	return look->answer.verdict;
}

static __always_inline void decide(const struct weir_control *c, struct weir_look *look,
				   __u32 q_flags)
{
	use_result(decide_apart(c, look, q_flags));
}

/*
 * A frozen file that was touched since: its link count, owner or times have
 * changed, which a backup may do. Is it still what was there?
 */
static __always_inline bool is_same_content(struct file *file, const struct weir_control *c,
					    struct weir_look *look)
{
	struct weir_sha256 digest;
	__u8 mode;

	if (!(c->flags & WEIR_HAS_INSTALLED) || !look->key.rule ||
	    (look->mode & S_IFMT) != S_IFREG || !look->size)
		return false;
	mode = RULE_MODE(rule_now(look->key.rule, look->generation, bpf_ktime_get_boot_ns()));
	if (mode == WEIR_BLOCK)
		mode = cap_for(c, look, false);
	if (mode < WEIR_FREEZE || mode == WEIR_BLOCK || is_installed(look))
		return false;
	if (bpf_ima_file_hash(file, &digest, sizeof(digest)) != HASH_ALGO_SHA256)
		return false;
	return table_get(weir_contents, &look->generation, &digest);
}

/* Everything about one file at one hook; @may_hash as in identify(). */
static __always_inline void judge_file(struct file *file, const struct weir_control *c,
				       struct weir_look *look, bool may_hash)
{
	const struct weir_canary *own;
	__u32 q_flags = 0;

	look_at(file, c, look);
	own = canary(c);
	if (own && same_file(&own->file, &look->file)) {
		look->flags |= WEIR_REC_CANARY;
		q_flags = WEIR_Q_CANARY;
	} else if (table_get(weir_guard, &look->generation, &look->file)) {
		q_flags = WEIR_Q_GUARD;
	} else {
		identify(file, c, look, may_hash);
		if (may_hash && is_same_content(file, c, look))
			q_flags = WEIR_Q_INSTALLED;
	}
	decide(c, look, q_flags);
}

static __always_inline bool records_all(const struct weir_control *c)
{
	return c->flags & WEIR_RECORD_ALL && bpf_ktime_get_boot_ns() < c->record_until_ns;
}

/*
 * Has the agent been told of this file, as it is now, under this table? Only
 * about telling: what the gates decide never rests on it.
 */
static __noinline bool first_sight(const struct weir_look *look)
{
	struct weir_seen seen = {
		.file = look->file,
		.size = look->size,
		.ctime_ns = look->ctime_ns,
		.generation = look->generation,
	};
	__u32 one = 1;

	if (bpf_map_lookup_elem(&weir_seen, &seen))
		return false;
	bpf_map_update_elem(&weir_seen, &seen, &one, BPF_ANY);
	return true;
}

/* The telling was lost: the next sight is the first again. */
static __noinline int forget_sight_apart(const struct weir_look *look)
{
	struct weir_seen seen = {
		.file = look->file,
		.size = look->size,
		.ctime_ns = look->ctime_ns,
		.generation = look->generation,
	};

	return bpf_map_delete_elem(&weir_seen, &seen);
}

static __always_inline void forget_sight(const struct weir_look *look)
{
	use_result(forget_sight_apart(look));
}

static __always_inline int errno_of(const struct weir_answer *a)
{
	return a->verdict == WEIR_DENY ? -EPERM : 0;
}

#endif /* WEIR_BPF_JUDGE_H */
