// SPDX-License-Identifier: GPL-2.0-only
#include "sense/routes.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "sense/dump.h"

#define FOUND 1

struct question {
	struct rtmsg msg;
	struct rtattr attr; /* RTA_DST */
	uint8_t addr[16];
};
_Static_assert(sizeof(struct question) == sizeof(struct rtmsg) + sizeof(struct rtattr) + 16,
	       "as rtnetlink has it, without holes");

static int take_route(void *ctx, const struct nlmsghdr *msg)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(uintptr_t)msg;
	uint32_t *ret = ctx;
	struct nlattr *oif;

	if (h->nlmsg_type != RTM_NEWROUTE)
		return 0;
	oif = nlmsg_find_attr(h, sizeof(struct rtmsg), RTA_OIF);
	if (!oif || nla_len(oif) < (int)sizeof(*ret))
		return -ENETUNREACH;
	*ret = nla_get_u32(oif);
	return FOUND;
}

int route_find(int family, const uint8_t *addr, uint32_t *ret_ifindex)
{
	uint32_t len = family == AF_INET ? 4 : 16, ifindex = 0;
	struct question body = {
		.msg = { .rtm_family = (uint8_t)family, .rtm_dst_len = (uint8_t)(len * 8) },
		.attr = { .rta_len = (uint16_t)RTA_LENGTH(len), .rta_type = RTA_DST },
	};
	const struct dump_question q = { .protocol = NETLINK_ROUTE,
					 .type = RTM_GETROUTE,
					 .body = &body,
					 .len = sizeof(body) - 16 + len,
					 .is_one = true };
	int rc;

	memcpy(body.addr, addr, len);
	rc = dump_ask(&q, take_route, &ifindex);
	if (rc != FOUND)
		return rc ? rc : -ENODATA;
	*ret_ifindex = ifindex;
	return 0;
}
