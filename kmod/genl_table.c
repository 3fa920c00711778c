// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables: built aside in pieces, put in force as a whole. The pieces may come
 * over any number of requests; only the last one changes what is decided.
 */
#include "genl.h"

#include "audit.h"
#include "blackbox.h"
#include "state.h"
#include "table.h"

/* Built, and not yet in force. Under weir_state_lock(). */
static struct weir_table *building;

static void forget_building(void)
{
	if (building)
		weir_table_put(building);
	building = NULL;
}

int weir_genl_table_begin(struct sk_buff *skb, struct genl_info *info)
{
	u32 prefix4_cnt = nla_get_u32(info->attrs[WEIR_A_PREFIX4_CNT]);
	u32 prefix6_cnt = nla_get_u32(info->attrs[WEIR_A_PREFIX6_CNT]);
	int err = 0;

	if (max(prefix4_cnt, prefix6_cnt) > WEIR_PREFIXES_MAX)
		return -E2BIG;
	weir_state_lock();
	forget_building();
	building = weir_table_new(nla_get_u64(info->attrs[WEIR_A_GENERATION]), prefix4_cnt,
				  prefix6_cnt);
	if (!building)
		err = -ENOMEM;
	weir_state_unlock();
	return err;
}

/* What was built so far is worth nothing after the first piece that was bad. */
int weir_genl_table_add(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *entries = info->attrs[WEIR_A_ENTRIES];
	u32 kind = nla_get_u32(info->attrs[WEIR_A_KIND]);
	int err = -EINVAL;

	weir_state_lock();
	if (building && kind != WEIR_KIND_HOLDS)
		err = weir_table_add(building, kind, nla_data(entries), nla_len(entries));
	if (err)
		forget_building();
	weir_state_unlock();
	return err;
}

static void control_of(struct genl_info *info, struct weir_control *control)
{
	nla_memcpy(control, info->attrs[WEIR_A_CONTROL], sizeof(*control));
}

/* With the table of @draft, which may be another; the caller's lock is held. */
static void switch_to(struct weir_state *draft, struct genl_info *info)
{
	control_of(info, &draft->control);
	if (info->attrs[WEIR_A_CANARY])
		nla_memcpy(&draft->canary, info->attrs[WEIR_A_CANARY], sizeof(draft->canary));
	weir_state_publish(draft);
}

static int commit(struct genl_info *info, u64 generation)
{
	struct weir_state *draft;
	int err;

	if (!building || generation != weir_table_generation(building))
		return -EINVAL;
	err = weir_table_seal(building);
	if (err)
		return err;
	draft = weir_state_draft();
	if (!draft)
		return -ENOMEM;
	weir_table_put(draft->table);
	draft->table = building;
	building = NULL;
	switch_to(draft, info);
	return 0;
}

int weir_genl_table_commit(struct sk_buff *skb, struct genl_info *info)
{
	struct weir_control control;
	int err;

	control_of(info, &control);
	weir_state_lock();
	err = commit(info, control.generation);
	forget_building();
	weir_state_unlock();
	if (err)
		return err;
	weir_box_note(WEIR_BOX_TABLE, control.generation);
	weir_audit_change("table", control.generation);
	return 0;
}

typedef int (*change_fn)(struct weir_table *table, u32 kind, const void *bytes, size_t len);

/* The table in force is sealed: it knows itself what may still be changed. */
static int change(struct genl_info *info, change_fn fn)
{
	struct nlattr *entries = info->attrs[WEIR_A_ENTRIES];
	const struct weir_state *state;
	int err;

	weir_state_lock();
	state = weir_state_get();
	err = fn(state->table, nla_get_u32(info->attrs[WEIR_A_KIND]), nla_data(entries),
		 nla_len(entries));
	weir_state_put(state);
	weir_state_unlock();
	return err;
}

int weir_genl_put(struct sk_buff *skb, struct genl_info *info)
{
	return change(info, weir_table_add);
}

int weir_genl_drop(struct sk_buff *skb, struct genl_info *info)
{
	return change(info, weir_table_drop);
}

int weir_genl_control(struct sk_buff *skb, struct genl_info *info)
{
	struct weir_control control;
	struct weir_state *draft;
	int err = 0;

	control_of(info, &control);
	weir_state_lock();
	draft = weir_state_draft();
	if (!draft) {
		err = -ENOMEM;
	} else if (control.generation != weir_table_generation(draft->table)) {
		weir_state_discard(draft);
		err = -EINVAL;
	} else {
		switch_to(draft, info);
	}
	weir_state_unlock();
	return err;
}

void weir_genl_table_exit(void)
{
	forget_building();
}
