// SPDX-License-Identifier: GPL-2.0-only
#include "judge.h"

#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "table.h"

bool weir_is_canary_child(const struct weir_state *state)
{
	pid_t parent;

	if (!state->control.agent)
		return false;
	rcu_read_lock();
	parent = task_tgid_nr(rcu_dereference(current->real_parent));
	rcu_read_unlock();
	return parent == (pid_t)state->control.agent;
}

/* The lowest cap among those that have not ended; counted when it @is_use. */
static u8 cap_in(const struct weir_exemptions *x, u8 cap, u64 now_ns, bool is_use)
{
	const struct weir_exemption *best = NULL;
	int i;

	for (i = 0; i < WEIR_EXEMPT_MAX; i++) {
		if (x->of[i].until_ns <= now_ns || x->of[i].cap >= cap)
			continue;
		best = &x->of[i];
		cap = best->cap;
	}
	if (best && is_use)
		atomic64_inc((atomic64_t *)&best->used);
	return cap;
}

/* By everybody or one user, of every file or this one. */
static u8 cap_of(const struct weir_state *state, const struct weir_look *look, u64 now_ns,
		 bool is_use)
{
	struct weir_scope scope = { .rule = look->key.rule };
	const struct weir_exemptions *x;
	u8 cap = WEIR_BLOCK;
	int i;

	if (!(state->control.flags & WEIR_HAS_EXEMPTIONS))
		return cap;
	for (i = 0; i < 4; i++) {
		scope.uid = i & 1 ? from_kuid(&init_user_ns, current_uid()) : WEIR_ANYBODY;
		scope.file = i & 2 ? look->file : (struct weir_file){};
		x = weir_table_find(state->table, WEIR_KIND_EXEMPTIONS, &scope);
		if (x)
			cap = cap_in(x, cap, now_ns, is_use);
	}
	return cap;
}

static bool is_installed(const struct weir_table *table, const struct weir_look *look)
{
	struct weir_installed key = {
		.file = look->file,
		.size = look->size,
		.ctime_ns = look->ctime_ns,
	};

	return weir_table_find(table, WEIR_KIND_INSTALLED, &key);
}

/* What was done about the product by hand. */
static void ask_holds(const struct weir_table *table, u64 product, struct weir_question *q)
{
	const struct weir_hold *hold = weir_table_find(table, WEIR_KIND_HOLDS, &product);

	if (!hold)
		return;
	if (hold->disarmed_ns > q->now_ns)
		q->flags |= WEIR_Q_DISARMED;
	if (hold->window_ns > q->now_ns)
		q->flags |= WEIR_Q_WINDOW;
	if (hold->armed_ns > q->now_ns)
		q->host.armed_ns = WEIR_NEVER;
}

/* What only matters when the rule stops something: asked then, and not before. */
static void mitigate(const struct weir_state *state, const struct weir_look *look, u64 product,
		     struct weir_question *q)
{
	q->cap = cap_of(state, look, q->now_ns, true);
	if (state->control.flags & WEIR_HAS_INSTALLED && weir_asks_installed(q) &&
	    is_installed(state->table, look))
		q->flags |= WEIR_Q_INSTALLED;
	ask_holds(state->table, product, q);
}

void weir_decide_now(const struct weir_state *state, struct weir_look *look, u32 q_flags)
{
	struct weir_question q = {
		.now_ns = ktime_get_boottime_ns(),
		.host.lapse_ns = state->control.lapse_ns,
		.host.enforce = state->control.enforce,
		.key = look->key,
		.cap = WEIR_BLOCK,
		.strength = look->strength,
		.flags = q_flags,
	};
	const struct weir_rule *rule;

	if (state->arm.off_ns <= q.now_ns)
		q.host.armed_ns = state->arm.until_ns;
	rcu_read_lock();
	rule = q.key.rule ? weir_table_find(state->table, WEIR_KIND_RULES, &q.key.rule) : NULL;
	if (rule) {
		q.mode = weir_mode_at(rule, q.now_ns);
		q.rule_flags = rule->flags;
		if (q.mode != WEIR_OBSERVE)
			mitigate(state, look, rule->product, &q);
	} else {
		q.key.rule = 0; /* a damaged table allows */
	}
	rcu_read_unlock();
	look->answer = weir_decide(&q);
}

static bool is_same_file(const struct weir_file *a, const struct weir_file *b)
{
	return a->ino == b->ino && a->dev == b->dev && a->gen == b->gen;
}

/*
 * A frozen file that was touched since: its link count, owner or times have
 * changed, which a backup may do. Is it still what was there?
 */
static bool is_same_content(struct weir_candidate *c, const struct weir_state *state)
{
	struct weir_question q = { .now_ns = ktime_get_boottime_ns(), .key = c->look.key };
	const struct weir_rule *rule;
	struct weir_sha256 digest;
	bool is_asked = false;

	if (!c->may_sleep || !(state->control.flags & WEIR_HAS_INSTALLED) ||
	    !c->look.key.rule || !S_ISREG(c->mode) || !c->look.size)
		return false;
	rcu_read_lock();
	rule = weir_table_find(state->table, WEIR_KIND_RULES, &c->look.key.rule);
	if (rule) {
		q.mode = weir_mode_at(rule, q.now_ns);
		q.cap = cap_of(state, &c->look, q.now_ns, false);
		is_asked = weir_asks_installed(&q) && !is_installed(state->table, &c->look);
	}
	rcu_read_unlock();
	if (!is_asked || weir_file_sha256(c->file, &digest))
		return false;
	rcu_read_lock();
	is_asked = weir_table_find(state->table, WEIR_KIND_CONTENTS, &digest);
	rcu_read_unlock();
	return is_asked;
}

static bool is_guarded(const struct weir_state *state, const struct weir_file *file)
{
	bool is_there;

	rcu_read_lock();
	is_there = weir_table_find(state->table, WEIR_KIND_GUARD, file);
	rcu_read_unlock();
	return is_there;
}

void weir_judge_file(struct weir_candidate *c, const struct weir_state *state)
{
	u32 q_flags = 0;

	weir_look_at(c);
	c->look.generation = state->control.generation;
	if (is_same_file(&state->canary.file, &c->look.file) && weir_is_canary_child(state)) {
		c->look.flags |= WEIR_REC_CANARY;
		q_flags = WEIR_Q_CANARY;
	} else if (is_guarded(state, &c->look.file)) {
		q_flags = WEIR_Q_GUARD;
	} else {
		weir_identify(c, state);
		if (is_same_content(c, state))
			q_flags = WEIR_Q_INSTALLED;
	}
	weir_decide_now(state, &c->look, q_flags);
}
