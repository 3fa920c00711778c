// SPDX-License-Identifier: GPL-2.0-only
/* Questions: they change nothing, save that HELLO may say who the agent is. */
#include "genl.h"

#include <linux/file.h>

#include "agent.h"
#include "blackbox.h"
#include "identity.h"
#include "site.h"

static int put_versions(struct sk_buff *msg)
{
	u32 features = weir_site_may_detour() ? WEIR_FEATURE_CONTENT : 0;

	if (nla_put_u32(msg, WEIR_A_VERSION, WEIR_GENL_VERSION) ||
	    nla_put_u32(msg, WEIR_A_ABI, WEIR_ABI) ||
	    nla_put_u32(msg, WEIR_A_FEATURES, features))
		return -EMSGSIZE;
	return 0;
}

static int send(struct sk_buff *msg, void *head, struct genl_info *info, int err)
{
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, head);
	return genlmsg_reply(msg, info);
}

/* Another version is told ours, and is nobody's agent. */
int weir_genl_hello(struct sk_buff *skb, struct genl_info *info)
{
	bool is_ours = nla_get_u32(info->attrs[WEIR_A_VERSION]) == WEIR_GENL_VERSION;
	struct sk_buff *msg;
	void *head;

	if (nla_get_flag(info->attrs[WEIR_A_AGENT])) {
		if (!netlink_capable(skb, CAP_SYS_ADMIN))
			return -EPERM;
		if (is_ours)
			weir_agent_is(info->snd_portid);
	}
	msg = weir_genl_reply(info, &head);
	return msg ? send(msg, head, info, put_versions(msg)) : -ENOMEM;
}

static int put_site(struct sk_buff *msg, const struct weir_site *site)
{
	struct nlattr *nest = nla_nest_start(msg, WEIR_A_SITE);

	if (!nest || nla_put_string(msg, WEIR_A_SITE_NAME, site->function) ||
	    nla_put_u32(msg, WEIR_A_HOOKS, site->hooks) ||
	    nla_put_u32(msg, WEIR_A_SITE_STATE, site->state) ||
	    nla_put_u32(msg, WEIR_A_SITE_ERROR, site->error))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_sites(struct sk_buff *msg)
{
	struct nlattr *nest = nla_nest_start(msg, WEIR_A_SITES);
	struct weir_site *const *site;
	int err = nest ? 0 : -EMSGSIZE;

	for (site = weir_sites; *site && !err; site++)
		err = put_site(msg, *site);
	if (!err)
		nla_nest_end(msg, nest);
	return err;
}

static int put_state(struct sk_buff *msg)
{
	const struct weir_state *state = weir_state_get();
	int err = nla_put(msg, WEIR_A_CONTROL, sizeof(state->control), &state->control);

	if (!err)
		err = nla_put(msg, WEIR_A_ARM, sizeof(state->arm), &state->arm);
	weir_state_put(state);
	return err ? err : nla_put_u32(msg, WEIR_A_AGENT_PID, weir_agent_pid());
}

static int put_box(struct sk_buff *msg)
{
	struct weir_box_counters counters;
	u8 digest[WEIR_SHA256_LEN];
	u64 seq = weir_box_head(digest);

	weir_box_counters(&counters);
	if (nla_put(msg, WEIR_A_COUNTERS, sizeof(counters), &counters) ||
	    nla_put_u64_64bit(msg, WEIR_A_BOX_SEQ, seq, WEIR_A_PAD) ||
	    nla_put(msg, WEIR_A_BOX_DIGEST, sizeof(digest), digest))
		return -EMSGSIZE;
	return 0;
}

int weir_genl_status(struct sk_buff *skb, struct genl_info *info)
{
	void *head;
	struct sk_buff *msg = weir_genl_reply(info, &head);
	int err;

	if (!msg)
		return -ENOMEM;
	err = put_versions(msg);
	if (!err)
		err = put_state(msg);
	if (!err)
		err = put_sites(msg);
	if (!err)
		err = put_box(msg);
	return send(msg, head, info, err);
}

static int put_identity(struct sk_buff *msg, const struct file *file)
{
	struct weir_file key;

	weir_file_key(file_inode(file), &key);
	return nla_put(msg, WEIR_A_FILE, sizeof(key), &key);
}

int weir_genl_identify(struct sk_buff *skb, struct genl_info *info)
{
	struct file *file = fget(nla_get_u32(info->attrs[WEIR_A_FD]));
	struct sk_buff *msg;
	void *head;
	int err;

	if (!file)
		return -EBADF;
	msg = weir_genl_reply(info, &head);
	err = msg ? send(msg, head, info, put_identity(msg, file)) : -ENOMEM;
	fput(file);
	return err;
}

static int put_record(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct weir_box_record *r)
{
	void *head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				 &weir_genl_family, NLM_F_MULTI, WEIR_C_BOX_DUMP);

	if (!head)
		return -EMSGSIZE;
	if (nla_put(skb, WEIR_A_BOX_RECORD, sizeof(*r), r)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

/* Where a dump begins, as it was asked for. */
static int first_seq(struct netlink_callback *cb, u64 *ret_seq)
{
	struct nlattr *attrs[WEIR_A_MAX] = {};
	int err = nlmsg_parse(cb->nlh, GENL_HDRLEN, attrs, WEIR_A_MAX - 1, weir_genl_policy,
			      NULL);

	if (!err)
		*ret_seq = attrs[WEIR_A_BOX_SEQ] ? nla_get_u64(attrs[WEIR_A_BOX_SEQ]) : 1;
	return err;
}

/* cb->args: the next number, plus one, so that 0 is the beginning; and the last. */
int weir_genl_box_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct weir_box_record r;
	u8 digest[WEIR_SHA256_LEN];
	u64 seq = cb->args[0] - 1;
	int err;

	if (!cb->args[0]) {
		err = first_seq(cb, &seq);
		if (err)
			return err;
		/* What is made meanwhile belongs to the next dump: this one ends. */
		cb->args[1] = weir_box_head(digest);
	}
	while (seq < (u64)cb->args[1] && weir_box_read(seq, &r) && !put_record(skb, cb, &r))
		seq = r.seq + 1;
	cb->args[0] = seq + 1;
	return skb->len;
}
