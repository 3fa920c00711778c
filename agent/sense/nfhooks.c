// SPDX-License-Identifier: GPL-2.0-only
#include "sense/nfhooks.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_hook.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "sense/dump.h"

static const struct {
	uint8_t number;
	const char *name;
	const char *hooks[6];
} families[] = {
	{ NFPROTO_IPV4, "ipv4", { "prerouting", "input", "forward", "output", "postrouting" } },
	{ NFPROTO_IPV6, "ipv6", { "prerouting", "input", "forward", "output", "postrouting" } },
	{ NFPROTO_ARP, "arp", { "input", "output", "forward" } },
	{ NFPROTO_BRIDGE, "bridge",
	  { "prerouting", "input", "forward", "output", "postrouting", "broute" } },
	{ NFPROTO_NETDEV, "netdev", { "ingress", "egress" } },
};

struct answer {
	struct nfhook hook;
	nfhook_fn fn;
	void *ctx;
};

/* A text of the kernel's, which ends in NUL; "" where there is none. */
static const char *text_of(struct nlattr *a)
{
	const char *text = a ? nla_data(a) : "";

	return a && (nla_len(a) < 1 || memchr(text, '\0', (size_t)nla_len(a)) == NULL) ? "" : text;
}

/* The base chain of nftables behind a hook: its table and its name. */
static void read_chain(struct nlattr *info, char *buf, size_t size)
{
	struct nlattr *desc = NULL, *table, *name;

	if (info)
		desc = nla_find(nla_data(info), nla_len(info), NFNLA_HOOK_INFO_DESC);
	if (!desc)
		return;
	table = nla_find(nla_data(desc), nla_len(desc), NFNLA_CHAIN_TABLE);
	name = nla_find(nla_data(desc), nla_len(desc), NFNLA_CHAIN_NAME);
	snprintf(buf, size, "%s %s", text_of(table), text_of(name));
}

static int take_hook(void *ctx, const struct nlmsghdr *msg)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(uintptr_t)msg;
	struct answer *a = ctx;
	char chain[256] = "";
	struct nlattr *priority;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(struct nfgenmsg)))
		return 0;
	priority = nlmsg_find_attr(h, sizeof(struct nfgenmsg), NFNLA_HOOK_PRIORITY);
	a->hook.priority = 0;
	if (priority && nla_len(priority) >= 4)
		a->hook.priority = (int32_t)ntohl(nla_get_u32(priority));
	a->hook.function = text_of(
		nlmsg_find_attr(h, sizeof(struct nfgenmsg), NFNLA_HOOK_FUNCTION_NAME));
	a->hook.module =
		text_of(nlmsg_find_attr(h, sizeof(struct nfgenmsg), NFNLA_HOOK_MODULE_NAME));
	read_chain(nlmsg_find_attr(h, sizeof(struct nfgenmsg), NFNLA_HOOK_CHAIN_INFO), chain,
		   sizeof(chain));
	a->hook.chain = chain;
	return a->fn(a->ctx, &a->hook);
}

static int ask(uint8_t family, uint32_t hook, struct answer *a)
{
	struct {
		struct nfgenmsg head;
		struct nlattr hook_attr;
		uint32_t hook;
		struct nlattr device_attr;
		char device[IF_NAMESIZE];
	} body = {
		.head = { .nfgen_family = family, .version = NFNETLINK_V0 },
		.hook_attr = { .nla_len = NLA_HDRLEN + 4, .nla_type = NFNLA_HOOK_HOOKNUM },
		.hook = htonl(hook),
		.device_attr = { .nla_type = NFNLA_HOOK_DEV },
	};
	struct dump_question q = {
		.protocol = NETLINK_NETFILTER,
		.type = NFNL_SUBSYS_HOOK << 8 | NFNL_MSG_HOOK_GET,
		.body = &body,
		.len = offsetof(__typeof__(body), device_attr),
	};

	if (*a->hook.device) {
		size_t len = strlen(a->hook.device) + 1;

		memcpy(body.device, a->hook.device, len);
		body.device_attr.nla_len = (uint16_t)(NLA_HDRLEN + len);
		q.len = (uint32_t)(offsetof(__typeof__(body), device) + NLA_ALIGN(len));
	}
	return dump_ask(&q, take_hook, a);
}

static int ask_family(size_t i, struct answer *a, bool *ret_told)
{
	int err = 0;

	a->hook.family = families[i].name;
	for (uint32_t k = 0; k < ARRAY_SIZE(families[i].hooks) && families[i].hooks[k]; k++) {
		a->hook.hook = families[i].hooks[k];
		err = ask(families[i].number, k, a);
		*ret_told |= !err;
		/* A family or a hook that this kernel was built without. */
		if (err == -EOPNOTSUPP || err == -EINVAL || err == -ENOENT)
			err = 0;
		if (err)
			break;
	}
	return err;
}

static int ask_devices(size_t i, struct answer *a, bool *ret_told)
{
	struct if_nameindex *list = if_nameindex();
	int err = 0;

	for (struct if_nameindex *d = list; d && d->if_index && !err; d++) {
		a->hook.device = d->if_name;
		err = ask_family(i, a, ret_told);
		/* It was taken away meanwhile. */
		if (err == -ENODEV)
			err = 0;
	}
	if_freenameindex(list);
	return err;
}

int nfhooks_each(nfhook_fn fn, void *ctx)
{
	struct answer a = { .fn = fn, .ctx = ctx, .hook = { .device = "" } };
	bool told = false;
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(families) && !err; i++) {
		if (families[i].number == NFPROTO_NETDEV)
			err = ask_devices(i, &a, &told);
		else
			err = ask_family(i, &a, &told);
	}
	return err || told ? err : -EOPNOTSUPP;
}
