/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The door: what user space says comes in here and nowhere else. The grammar
 * is that of include/weir/genl.h; who gets behind it has been believed.
 */
#ifndef WEIR_GENL_PRIVATE_H
#define WEIR_GENL_PRIVATE_H

#include <net/genetlink.h>

#include <weir/genl.h>

int weir_genl_init(void);
void weir_genl_exit(void);

extern struct genl_family weir_genl_family;
extern const struct nla_policy weir_genl_policy[WEIR_A_MAX];

/* A reply to @info, begun; NULL: no memory. */
struct sk_buff *weir_genl_reply(struct genl_info *info, void **ret_head);

/* genl_table.c: what changes the tables in force. */
int weir_genl_table_begin(struct sk_buff *skb, struct genl_info *info);
int weir_genl_table_add(struct sk_buff *skb, struct genl_info *info);
int weir_genl_table_commit(struct sk_buff *skb, struct genl_info *info);
int weir_genl_put(struct sk_buff *skb, struct genl_info *info);
int weir_genl_drop(struct sk_buff *skb, struct genl_info *info);
int weir_genl_control(struct sk_buff *skb, struct genl_info *info);
void weir_genl_table_exit(void);

/* genl_arm.c: what changes whether anything is stopped. */
int weir_genl_attach(struct sk_buff *skb, struct genl_info *info);
int weir_genl_detach(struct sk_buff *skb, struct genl_info *info);
int weir_genl_arm(struct sk_buff *skb, struct genl_info *info);
int weir_genl_confirm(struct sk_buff *skb, struct genl_info *info);
int weir_genl_disarm(struct sk_buff *skb, struct genl_info *info);

/* genl_tell.c: what changes nothing. */
int weir_genl_hello(struct sk_buff *skb, struct genl_info *info);
int weir_genl_status(struct sk_buff *skb, struct genl_info *info);
int weir_genl_identify(struct sk_buff *skb, struct genl_info *info);
int weir_genl_box_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* WEIR_GENL_PRIVATE_H */
