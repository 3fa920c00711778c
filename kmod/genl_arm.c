// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gates up and down, armed and disarmed: each of these leaves its trace in the
 * black box and in the audit trail, with who did it.
 */
#include "genl.h"

#include <linux/timekeeping.h>

#include "agent.h"
#include "audit.h"
#include "blackbox.h"
#include "site.h"
#include "state.h"

static void tell(u32 kind, const char *what)
{
	const struct weir_state *state = weir_state_get();

	weir_box_note(kind, state->control.generation);
	weir_audit_change(what, state->control.generation);
	weir_state_put(state);
}

int weir_genl_attach(struct sk_buff *skb, struct genl_info *info)
{
	weir_state_lock();
	weir_sites_attach(nla_get_u32(info->attrs[WEIR_A_HOOKS]));
	weir_state_unlock();
	tell(WEIR_BOX_ATTACHED, "attached");
	return 0;
}

int weir_genl_detach(struct sk_buff *skb, struct genl_info *info)
{
	const struct weir_state *state;
	int err = 0;

	weir_state_lock();
	state = weir_state_get();
	if (weir_state_is_armed(state))
		err = -EBUSY;
	else
		weir_sites_detach();
	weir_state_put(state);
	weir_state_unlock();
	if (err)
		return err;
	tell(WEIR_BOX_DETACHED, "detached");
	weir_agent_look();
	return 0;
}

static int set_arm(const struct weir_arm *arm)
{
	struct weir_state *draft;

	weir_state_lock();
	draft = weir_state_draft();
	if (draft) {
		draft->arm = *arm;
		weir_state_publish(draft);
	}
	weir_state_unlock();
	return draft ? 0 : -ENOMEM;
}

int weir_genl_arm(struct sk_buff *skb, struct genl_info *info)
{
	struct weir_arm arm;
	int err;

	nla_memcpy(&arm, info->attrs[WEIR_A_ARM], sizeof(arm));
	err = set_arm(&arm);
	if (err)
		return err;
	tell(WEIR_BOX_ARMED, "armed");
	return 0;
}

/* Looked at and changed in one go: a DISARM that comes between is not to be undone. */
static int confirm(void)
{
	struct weir_state *draft = weir_state_draft();

	if (!draft)
		return -ENOMEM;
	if (draft->arm.until_ns <= ktime_get_boottime_ns()) {
		weir_state_discard(draft);
		return -ETIME;
	}
	draft->arm.until_ns = WEIR_NEVER;
	weir_state_publish(draft);
	return 0;
}

int weir_genl_confirm(struct sk_buff *skb, struct genl_info *info)
{
	int err;

	weir_state_lock();
	err = confirm();
	weir_state_unlock();
	if (err == -ETIME)
		NL_SET_ERR_MSG(info->extack, "nothing is armed, or it ran out");
	if (err)
		return err;
	tell(WEIR_BOX_CONFIRMED, "confirmed");
	return 0;
}

int weir_genl_disarm(struct sk_buff *skb, struct genl_info *info)
{
	struct weir_arm arm = {};
	int err;

	if (info->attrs[WEIR_A_ARM])
		nla_memcpy(&arm, info->attrs[WEIR_A_ARM], sizeof(arm));
	err = set_arm(&arm);
	if (err)
		return err;
	tell(WEIR_BOX_DISARMED, "disarmed");
	weir_agent_look();
	return 0;
}
