// SPDX-License-Identifier: GPL-2.0-only
#include "state.h"

#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "table.h"

static struct weir_state __rcu *current_state;
static DEFINE_MUTEX(writer);

/* Of our own, so that unloading can wait for what is still to be freed. */
static struct workqueue_struct *reaper;

const struct weir_state *weir_state_peek(void)
{
	return rcu_dereference(current_state);
}

const struct weir_state *weir_state_get(void)
{
	struct weir_state *state;

	rcu_read_lock();
	do {
		state = rcu_dereference(current_state);
	} while (!refcount_inc_not_zero(&state->users));
	rcu_read_unlock();
	return state;
}

static void free_state(struct work_struct *work)
{
	struct weir_state *state = container_of(to_rcu_work(work), struct weir_state, free);

	weir_table_put(state->table);
	kfree(state);
}

void weir_state_put(const struct weir_state *state)
{
	struct weir_state *mine = (struct weir_state *)state;

	if (refcount_dec_and_test(&mine->users))
		queue_rcu_work(reaper, &mine->free);
}

void weir_state_lock(void)
{
	mutex_lock(&writer);
}

void weir_state_unlock(void)
{
	mutex_unlock(&writer);
}

void weir_state_assert_locked(void)
{
	lockdep_assert_held(&writer);
}

struct weir_state *weir_state_draft(void)
{
	struct weir_state *now = rcu_dereference_protected(current_state,
							   lockdep_is_held(&writer));
	struct weir_state *draft = kmemdup(now, sizeof(*now), GFP_KERNEL);

	if (!draft)
		return NULL;
	refcount_set(&draft->users, 1);
	INIT_RCU_WORK(&draft->free, free_state);
	weir_table_hold(draft->table);
	return draft;
}

void weir_state_publish(struct weir_state *draft)
{
	struct weir_state *old = rcu_dereference_protected(current_state,
							   lockdep_is_held(&writer));

	rcu_assign_pointer(current_state, draft);
	weir_state_put(old);
}

void weir_state_discard(struct weir_state *draft)
{
	weir_table_put(draft->table);
	kfree(draft);
}

bool weir_state_is_armed(const struct weir_state *state)
{
	u64 now = ktime_get_boottime_ns();

	return state->control.enforce && state->control.lapse_ns > now &&
	       (state->arm.until_ns > now || weir_table_any_hold_armed(now));
}

int weir_state_init(void)
{
	struct weir_state *state = kzalloc(sizeof(*state), GFP_KERNEL);

	if (!state)
		return -ENOMEM;
	state->table = weir_table_new(0, 0, 0);
	if (!state->table)
		goto err_state;
	reaper = alloc_workqueue("weir", WQ_UNBOUND, 0);
	if (!reaper)
		goto err_table;
	refcount_set(&state->users, 1);
	INIT_RCU_WORK(&state->free, free_state);
	rcu_assign_pointer(current_state, state);
	return 0;

err_table:
	weir_table_put(state->table);
err_state:
	kfree(state);
	return -ENOMEM;
}

/* No gate stands any more, and nobody can reach us: the last reference is ours. */
void weir_state_exit(void)
{
	weir_state_put(rcu_dereference_protected(current_state, true));
	/* First the callbacks that queue the work, then the work, then its frees. */
	rcu_barrier();
	destroy_workqueue(reaper);
	rcu_barrier();
}
