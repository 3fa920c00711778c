// SPDX-License-Identifier: GPL-2.0-only
#include "sense/diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "sense/dump.h"

#define ALL_STATES 0xffffffffu

struct answer {
	int protocol;
	diag_fn fn;
	void *ctx;
};

static int ask(const void *body, uint32_t len, dump_fn take, struct answer *a)
{
	const struct dump_question q = { .protocol = NETLINK_SOCK_DIAG,
					 .type = SOCK_DIAG_BY_FAMILY,
					 .body = body,
					 .len = len };

	return dump_ask(&q, take, a);
}

static bool is_zero(const uint8_t *addr)
{
	static const uint8_t none[16];

	return !memcmp(addr, none, sizeof(none));
}

/* IPv4 in the clothes of IPv6 is IPv4: that is how it is on the wire. */
static void unmap(struct diag_socket *s)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool local = !memcmp(s->local, mapped, sizeof(mapped));
	bool remote = !memcmp(s->remote, mapped, sizeof(mapped));

	if (s->family != AF_INET6 || !(local || remote))
		return;
	if ((!local && !is_zero(s->local)) || (!remote && !is_zero(s->remote)))
		return;
	s->family = AF_INET;
	memmove(s->local, s->local + 12, 4);
	memmove(s->remote, s->remote + 12, 4);
	memset(s->local + 4, 0, 12);
	memset(s->remote + 4, 0, 12);
}

static int take_inet(void *ctx, const struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	struct answer *a = ctx;
	struct diag_socket s = { .protocol = (uint8_t)a->protocol };

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
		return 0;
	s.family = m->idiag_family;
	s.local_port = ntohs(m->id.idiag_sport);
	s.remote_port = ntohs(m->id.idiag_dport);
	memcpy(s.local, m->id.idiag_src, sizeof(s.local));
	memcpy(s.remote, m->id.idiag_dst, sizeof(s.remote));
	if (s.family == AF_INET) {
		memset(s.local + 4, 0, 12);
		memset(s.remote + 4, 0, 12);
	}
	s.ino = m->idiag_inode;
	s.ifindex = m->id.idiag_if;
	s.is_connected = m->idiag_state == TCP_ESTABLISHED;
	unmap(&s);
	/* UDP and raw sockets never listen: those that have no peer take anybody. */
	s.is_listening = m->idiag_state == TCP_LISTEN ||
			 (m->idiag_state == TCP_CLOSE && is_zero(s.remote) && s.local_port);
	/* Of a raw socket the port is the protocol. */
	if (a->protocol == IPPROTO_RAW)
		s.local_port = s.remote_port = 0;
	return a->fn(a->ctx, &s);
}

int diag_inet(int family, int protocol, diag_fn fn, void *ctx)
{
	const struct inet_diag_req_v2 req = {
		.sdiag_family = (uint8_t)family,
		.sdiag_protocol = (uint8_t)protocol,
		.idiag_states = ALL_STATES,
	};
	struct answer a = { protocol, fn, ctx };

	return ask(&req, sizeof(req), take_inet, &a);
}

/* Abstract names may hold any byte; they are read up to the first NUL within. */
static void copy_name(char *to, const struct nlattr *name)
{
	const char *from = nla_data(name);
	size_t len = (size_t)nla_len(name);
	bool is_abstract = len && !from[0];

	if (is_abstract) {
		*to++ = '@';
		from++;
		len--;
	}
	len = strnlen(from, len < DIAG_PATH_MAX - 2 ? len : DIAG_PATH_MAX - 2);
	memcpy(to, from, len);
	to[len] = '\0';
}

static int take_unix(void *ctx, const struct nlmsghdr *h)
{
	const struct unix_diag_msg *m = NLMSG_DATA(h);
	struct answer *a = ctx;
	struct diag_socket s = { .family = AF_UNIX };
	struct nlattr *name;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
		return 0;
	s.ino = m->udiag_ino;
	/* A datagram socket that has a name takes what comes; it never listens. */
	s.is_listening = m->udiag_state == TCP_LISTEN || m->udiag_type == SOCK_DGRAM;
	name = nlmsg_find_attr((struct nlmsghdr *)(uintptr_t)h, sizeof(*m), UNIX_DIAG_NAME);
	if (name)
		copy_name(s.path, name);
	return a->fn(a->ctx, &s);
}

int diag_unix(diag_fn fn, void *ctx)
{
	const struct unix_diag_req req = {
		.sdiag_family = AF_UNIX,
		.udiag_states = ALL_STATES,
		.udiag_show = UDIAG_SHOW_NAME,
	};
	struct answer a = { 0, fn, ctx };

	return ask(&req, sizeof(req), take_unix, &a);
}

static int take_packet(void *ctx, const struct nlmsghdr *h)
{
	const struct packet_diag_msg *m = NLMSG_DATA(h);
	struct answer *a = ctx;
	struct diag_socket s = { .family = AF_PACKET, .is_listening = true };

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
		return 0;
	s.ino = m->pdiag_ino;
	return a->fn(a->ctx, &s);
}

int diag_packet(diag_fn fn, void *ctx)
{
	const struct packet_diag_req req = { .sdiag_family = AF_PACKET,
					     .pdiag_show = PACKET_SHOW_INFO };
	struct answer a = { 0, fn, ctx };

	return ask(&req, sizeof(req), take_packet, &a);
}
