// SPDX-License-Identifier: GPL-2.0-only
#include "genl.h"

#include <linux/capability.h>
#include <linux/module.h>

#include "agent.h"
#include "compat.h"

/* A struct of ours travels whole. */
#define WHOLE(type) NLA_POLICY_EXACT_LEN(sizeof(type))

const struct nla_policy weir_genl_policy[WEIR_A_MAX] = {
	[WEIR_A_VERSION] = { .type = NLA_U32 },
	[WEIR_A_AGENT] = { .type = NLA_FLAG },
	[WEIR_A_GENERATION] = { .type = NLA_U64 },
	[WEIR_A_PREFIX4_CNT] = { .type = NLA_U32 },
	[WEIR_A_PREFIX6_CNT] = { .type = NLA_U32 },
	[WEIR_A_KIND] = NLA_POLICY_MAX(NLA_U32, WEIR_KIND_MAX - 1),
	[WEIR_A_ENTRIES] = { .type = NLA_BINARY },
	[WEIR_A_CONTROL] = WHOLE(struct weir_control),
	[WEIR_A_CANARY] = WHOLE(struct weir_canary),
	[WEIR_A_ARM] = WHOLE(struct weir_arm),
	[WEIR_A_HOOKS] = NLA_POLICY_RANGE(NLA_U32, 1, (1 << WEIR_HOOK_MAX) - 1),
	[WEIR_A_BOX_SEQ] = { .type = NLA_U64 },
	[WEIR_A_FD] = { .type = NLA_U32 },
	/* What only the module says is nothing that it listens to. */
	[WEIR_A_ABI] = { .type = NLA_REJECT },
	[WEIR_A_FEATURES] = { .type = NLA_REJECT },
	[WEIR_A_AGENT_PID] = { .type = NLA_REJECT },
	[WEIR_A_SITES] = { .type = NLA_REJECT },
	[WEIR_A_SITE] = { .type = NLA_REJECT },
	[WEIR_A_SITE_NAME] = { .type = NLA_REJECT },
	[WEIR_A_SITE_STATE] = { .type = NLA_REJECT },
	[WEIR_A_SITE_ERROR] = { .type = NLA_REJECT },
	[WEIR_A_COUNTERS] = { .type = NLA_REJECT },
	[WEIR_A_BOX_DIGEST] = { .type = NLA_REJECT },
	[WEIR_A_BOX_RECORD] = { .type = NLA_REJECT },
	[WEIR_A_FILE] = { .type = NLA_REJECT },
	[WEIR_A_PAD] = { .type = NLA_REJECT },
};

#define BIT_OF(attribute) (1u << (attribute))

/* What a command cannot do without, and whether it changes what is stopped. */
static const struct {
	u32 needs;
	bool is_change;
} commands[WEIR_C_MAX] = {
	[WEIR_C_HELLO] = { BIT_OF(WEIR_A_VERSION) },
	[WEIR_C_TABLE_BEGIN] = { BIT_OF(WEIR_A_GENERATION) | BIT_OF(WEIR_A_PREFIX4_CNT) |
				 BIT_OF(WEIR_A_PREFIX6_CNT), true },
	[WEIR_C_TABLE_ADD] = { BIT_OF(WEIR_A_KIND) | BIT_OF(WEIR_A_ENTRIES), true },
	[WEIR_C_TABLE_COMMIT] = { BIT_OF(WEIR_A_CONTROL), true },
	[WEIR_C_PUT] = { BIT_OF(WEIR_A_KIND) | BIT_OF(WEIR_A_ENTRIES), true },
	[WEIR_C_DROP] = { BIT_OF(WEIR_A_KIND) | BIT_OF(WEIR_A_ENTRIES), true },
	[WEIR_C_CONTROL] = { BIT_OF(WEIR_A_CONTROL), true },
	[WEIR_C_ATTACH] = { BIT_OF(WEIR_A_HOOKS), true },
	[WEIR_C_DETACH] = { 0, true },
	[WEIR_C_ARM] = { BIT_OF(WEIR_A_ARM), true },
	[WEIR_C_CONFIRM] = { 0, true },
	[WEIR_C_DISARM] = { 0, true },
	[WEIR_C_STATUS] = { 0 },
	[WEIR_C_IDENTIFY] = { BIT_OF(WEIR_A_FD) },
};

/* Asked before every command but a dump. CAP_NET_ADMIN has been seen by then. */
static int may_pass(const struct weir_genl_ops *ops, struct sk_buff *skb, struct genl_info *info)
{
	int a;

	if (commands[ops->cmd].is_change && !weir_agent_sent(info->snd_portid) &&
	    !netlink_capable(skb, CAP_SYS_ADMIN))
		return -EPERM;
	for (a = 1; a < WEIR_A_MAX; a++) {
		if (!(commands[ops->cmd].needs & BIT_OF(a)) || info->attrs[a])
			continue;
		NL_SET_ERR_MSG(info->extack, "an attribute is missing");
		return -EINVAL;
	}
	weir_agent_heard(info->snd_portid);
	return 0;
}

#define COMMAND(command, fn) { .cmd = command, .doit = fn, .flags = GENL_ADMIN_PERM }

static const struct genl_ops operations[] = {
	COMMAND(WEIR_C_HELLO, weir_genl_hello),
	COMMAND(WEIR_C_TABLE_BEGIN, weir_genl_table_begin),
	COMMAND(WEIR_C_TABLE_ADD, weir_genl_table_add),
	COMMAND(WEIR_C_TABLE_COMMIT, weir_genl_table_commit),
	COMMAND(WEIR_C_PUT, weir_genl_put),
	COMMAND(WEIR_C_DROP, weir_genl_drop),
	COMMAND(WEIR_C_CONTROL, weir_genl_control),
	COMMAND(WEIR_C_ATTACH, weir_genl_attach),
	COMMAND(WEIR_C_DETACH, weir_genl_detach),
	COMMAND(WEIR_C_ARM, weir_genl_arm),
	COMMAND(WEIR_C_CONFIRM, weir_genl_confirm),
	COMMAND(WEIR_C_DISARM, weir_genl_disarm),
	COMMAND(WEIR_C_STATUS, weir_genl_status),
	COMMAND(WEIR_C_IDENTIFY, weir_genl_identify),
	{ .cmd = WEIR_C_BOX_DUMP, .dumpit = weir_genl_box_dump, .flags = GENL_ADMIN_PERM },
};
static_assert(ARRAY_SIZE(operations) == WEIR_C_MAX - 1);

/*
 * The initial network namespace only. Parallel: what gates come and go for waits
 * for other CPUs, and other families' requests shall not wait with it.
 */
struct genl_family weir_genl_family __ro_after_init = {
	.name = WEIR_GENL_NAME,
	.version = WEIR_GENL_VERSION,
	.maxattr = WEIR_A_MAX - 1,
	.policy = weir_genl_policy,
	.pre_doit = may_pass,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = operations,
	.n_ops = ARRAY_SIZE(operations),
#ifdef WEIR_HAVE_GENL_RESV_START_OP
	.resv_start_op = WEIR_C_MAX,
#endif
};

struct sk_buff *weir_genl_reply(struct genl_info *info, void **ret_head)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!msg)
		return NULL;
	*ret_head = genlmsg_put_reply(msg, info, &weir_genl_family, 0, info->genlhdr->cmd);
	if (*ret_head)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

int __init weir_genl_init(void)
{
	return genl_register_family(&weir_genl_family);
}

void weir_genl_exit(void)
{
	genl_unregister_family(&weir_genl_family);
	weir_genl_table_exit();
}
