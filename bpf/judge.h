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
 * updated in place, so an upgrade attaches the new set beside the old and then
 * stores its number in the control map: from that instant the old set returns
 * what it was given and says nothing.
 */
const volatile __u64 weir_build;

static __always_inline const struct weir_control *acting(void)
{
	const struct weir_control *c = control();

	return c && c->build == weir_build ? c : NULL;
}

static __always_inline bool same_file(const struct weir_file *a, const struct weir_file *b)
{
	return a->ino == b->ino && a->dev == b->dev && a->gen == b->gen;
}

/* Only a child of the agent may meet the canary's rule. */
static __always_inline const struct weir_canary *canary(const struct weir_control *c)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 zero = 0;

	if (!c->agent || BPF_CORE_READ(task, real_parent, tgid) != (int)c->agent)
		return NULL;
	return bpf_map_lookup_elem(&weir_canary, &zero);
}

/* Out of line for its stack: 512 bytes must do for a program and all it calls. */
static __noinline int decide(const struct weir_control *c, struct weir_look *look, __u32 q_flags)
{
	__u32 zero = 0;
	const struct weir_arm *arm = bpf_map_lookup_elem(&weir_arm, &zero);
	const struct weir_rule *rule;
	struct weir_question q = {
		.now_ns = bpf_ktime_get_boot_ns(),
		.host.lapse_ns = c->lapse_ns,
		.host.armed_ns = arm ? arm->until_ns : 0,
		.host.enforce = c->enforce,
		.key = look->key,
		.strength = look->strength,
		.flags = q_flags,
	};

	if (look->key.rule) {
		rule = table_get(weir_rules, &look->generation, &look->key.rule);
		if (rule)
			q.rule = *rule;
		else
			q.key.rule = 0; /* a damaged table allows */
	}
	look->answer = weir_decide(&q);
	return 0;
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
static __noinline int forget_sight(const struct weir_look *look)
{
	struct weir_seen seen = {
		.file = look->file,
		.size = look->size,
		.ctime_ns = look->ctime_ns,
		.generation = look->generation,
	};

	bpf_map_delete_elem(&weir_seen, &seen);
	return 0;
}

static __always_inline int errno_of(const struct weir_answer *a)
{
	return a->verdict == WEIR_DENY ? -EPERM : 0;
}

#endif /* WEIR_BPF_JUDGE_H */
