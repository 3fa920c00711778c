// SPDX-License-Identifier: GPL-2.0-only
#include "sense/links.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "sense/dump.h"

struct answer {
	link_fn fn;
	void *ctx;
};

static const char *text_of(struct nlattr *a)
{
	const char *text = a ? nla_data(a) : "";

	return a && (nla_len(a) < 1 || memchr(text, '\0', (size_t)nla_len(a)) == NULL) ? "" : text;
}

static void read_altnames(struct nlattr *list, struct link_info *l)
{
	struct nlattr *at;
	int rest;

	if (!list)
		return;
	nla_for_each_nested(at, list, rest)
		if (nla_type(at) == IFLA_ALT_IFNAME && l->altname_cnt < LINK_ALTNAMES_MAX)
			l->altnames[l->altname_cnt++] = text_of(at);
}

static int take_link(void *ctx, const struct nlmsghdr *msg)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(uintptr_t)msg;
	const struct ifinfomsg *info = NLMSG_DATA(h);
	struct answer *a = ctx;
	struct link_info l = { 0 };
	struct nlattr *kind;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) || h->nlmsg_type != RTM_NEWLINK)
		return 0;
	l.index = (uint32_t)info->ifi_index;
	l.is_up = info->ifi_flags & IFF_UP;
	l.name = text_of(nlmsg_find_attr(h, sizeof(*info), IFLA_IFNAME));
	l.alias = text_of(nlmsg_find_attr(h, sizeof(*info), IFLA_IFALIAS));
	kind = nlmsg_find_attr(h, sizeof(*info), IFLA_LINKINFO);
	l.kind = text_of(kind ? nla_find(nla_data(kind), nla_len(kind), IFLA_INFO_KIND) : NULL);
	read_altnames(nlmsg_find_attr(h, sizeof(*info), IFLA_PROP_LIST), &l);
	return a->fn(a->ctx, &l);
}

int links_each(link_fn fn, void *ctx)
{
	const struct ifinfomsg body = { .ifi_family = AF_UNSPEC };
	const struct dump_question q = { .protocol = NETLINK_ROUTE,
					 .type = RTM_GETLINK,
					 .body = &body,
					 .len = sizeof(body) };
	struct answer a = { fn, ctx };

	return dump_ask(&q, take_link, &a);
}
