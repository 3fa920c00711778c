/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in force: the control, the arm state, the canary and the table.
 *
 * One object behind one pointer. It is never changed, only replaced, so a gate
 * sees all of it as it was at one moment. A gate that cannot sleep reads it
 * under RCU; one that may sleep over a file's content takes a reference, since
 * a swap must not wait for a server that never answers.
 */
#ifndef WEIR_STATE_H
#define WEIR_STATE_H

#include <linux/refcount.h>
#include <linux/workqueue.h>

#include <weir/table.h>

struct weir_table;

/**
 * struct weir_state - what decides, at one moment
 * @control:	of the agent's making; all zero before there was one
 * @arm:	host-wide arm state
 * @canary:	what the agent proves its gates with
 * @table:	what can be looked up, a reference of ours; never NULL
 */
struct weir_state {
	struct weir_control control;
	struct weir_arm arm;
	struct weir_canary canary;
	struct weir_table *table;
	/* private: */
	refcount_t users;
	struct rcu_work free;
};

int weir_state_init(void);
void weir_state_exit(void);

/* Under rcu_read_lock(), for as long as that is held. */
const struct weir_state *weir_state_peek(void);

/* For those that sleep. Give it back by weir_state_put(). */
const struct weir_state *weir_state_get(void);
void weir_state_put(const struct weir_state *state);

/*
 * Puts a changed copy in force, under weir_state_lock: weir_state_draft() gives
 * the copy, or NULL; weir_state_publish() consumes it. A table that is set in a
 * draft becomes the state's own.
 */
void weir_state_lock(void);
void weir_state_unlock(void);
void weir_state_assert_locked(void);
struct weir_state *weir_state_draft(void);
void weir_state_publish(struct weir_state *draft);
void weir_state_discard(struct weir_state *draft);

/* Is anything to be stopped, now or later, unless somebody disarms? Not under RCU. */
bool weir_state_is_armed(const struct weir_state *state);

#endif /* WEIR_STATE_H */
