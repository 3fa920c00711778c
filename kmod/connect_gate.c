// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect: who may reach which address.
 *
 * Nothing here sleeps: an address is looked up, and that is all there is to
 * know about it. A send over a socket that is connected already names no
 * address and is passed by on the first lines.
 */
#include "gates.h"

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/sctp.h>
#include <linux/socket.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include <weir/ports.h>

#include "judge.h"
#include "report.h"
#include "table.h"

/* IPv6 before RFC 2553 had no scope; the kernel still takes it so. */
#define IN6_SHORT offsetof(struct sockaddr_in6, sin6_scope_id)

/* Keyed on the name that was passed, not on the socket: families may differ. */
static bool read_dest(const void *name, int len, struct weir_dest *d)
{
	const struct sockaddr_in *in = name;
	const struct sockaddr_in6 *in6 = name;

	if (!name || len < (int)sizeof(*in))
		return false;
	d->port = ntohs(in->sin_port);
	d->family = in->sin_family;
	/* A send to AF_UNSPEC is taken for AF_INET by IPv4's own code. */
	if (in->sin_family == AF_UNSPEC && d->call == WEIR_CALL_SEND)
		d->family = AF_INET;
	if (d->family == AF_INET) {
		memcpy(d->addr, &in->sin_addr, 4);
		return true;
	}
	if (d->family != AF_INET6 || len < (int)IN6_SHORT)
		return false;
	if (!ipv6_addr_v4mapped(&in6->sin6_addr)) {
		memcpy(d->addr, &in6->sin6_addr, 16);
		return true;
	}
	/* ::ffff:a.b.c.d is a.b.c.d, whichever socket it is asked of. */
	d->family = AF_INET;
	memcpy(d->addr, &in6->sin6_addr.s6_addr32[3], 4);
	return true;
}

/* A raw send names no port. */
static void find_key(const struct weir_state *state, const struct weir_dest *d,
		     struct weir_look *look)
{
	const struct weir_ports *ports = weir_table_ports(state->table, d->family, d->addr);

	if (ports)
		weir_ports_key(ports, d->protocol, d->port, d->is_portless, &look->key);
	if (look->key.rule)
		look->key.kind = WEIR_KEY_PREFIX;
}

static bool is_canary(const struct weir_state *state, const struct weir_dest *d)
{
	return state->canary.port && d->family == AF_INET && d->port == state->canary.port &&
	       !memcmp(d->addr, state->canary.addr4, 4) && weir_is_canary_child(state);
}

static int judge(const struct weir_state *state, const struct weir_dest *d)
{
	struct weir_look look = {
		.hook = WEIR_HOOK_CONNECT,
		.mechanism = WEIR_VIA_MODULE,
		.strength = WEIR_CAN_DENY,
		.generation = state->control.generation,
	};
	u32 q_flags = 0;

	if (is_canary(state, d)) {
		q_flags = WEIR_Q_CANARY;
		look.flags |= WEIR_REC_CANARY;
	} else {
		find_key(state, d, &look);
		if (!look.key.rule)
			return 0;
	}
	weir_decide_now(state, &look, q_flags);
	weir_report_dest(&look, d);
	return weir_errno(&look);
}

static int ask(const void *name, int len, struct weir_dest *d)
{
	int err;

	if (!read_dest(name, len, d))
		return 0;
	rcu_read_lock();
	err = judge(weir_state_peek(), d);
	rcu_read_unlock();
	return err;
}

static u16 protocol_of(const struct sock *sk)
{
	/* 262: not in the headers of 5.10. */
	return sk->sk_protocol == 262 ? IPPROTO_TCP : sk->sk_protocol;
}

static bool has_ports(u16 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
	       protocol == IPPROTO_UDPLITE || protocol == IPPROTO_SCTP;
}

static enum weir_turn ask_socket(struct socket *sock, const void *name, int len, u8 call)
{
	struct weir_dest d = { .call = call };

	if (!name || !sock->sk ||
	    (sock->sk->sk_family != AF_INET && sock->sk->sk_family != AF_INET6))
		return WEIR_PASS;
	d.protocol = protocol_of(sock->sk);
	d.is_portless = !has_ports(d.protocol);
	return ask(name, len, &d) ? WEIR_REFUSE : WEIR_PASS;
}

static enum weir_turn ask_connect(struct weir_regs *regs)
{
	return ask_socket((void *)weir_regs_argument(regs, 0), (void *)weir_regs_argument(regs, 1),
			  weir_regs_argument(regs, 2), WEIR_CALL_CONNECT);
}

struct weir_site weir_site_connect = {
	.function = "security_socket_connect",
	.hooks = BIT(WEIR_HOOK_CONNECT),
	.ask = ask_connect,
};

static enum weir_turn ask_sendmsg(struct weir_regs *regs)
{
	const struct msghdr *msg = (void *)weir_regs_argument(regs, 1);

	if (!msg->msg_name)
		return WEIR_PASS;
	return ask_socket((void *)weir_regs_argument(regs, 0), msg->msg_name, msg->msg_namelen,
			  WEIR_CALL_SEND);
}

struct weir_site weir_site_sendmsg = {
	.function = "security_socket_sendmsg",
	.hooks = BIT(WEIR_HOOK_CONNECT),
	.ask = ask_sendmsg,
};

/*
 * connectx passes its addresses packed one behind the other. All are looked at:
 * SCTP takes as many as the caller could hand over, and none of it when one is
 * of a family that it does not know.
 */
static bool may_connectx(const void *names, int len)
{
	const struct sockaddr *name;
	int off, step;

	for (off = 0; len - off >= (int)sizeof(struct sockaddr_in); off += step) {
		struct weir_dest d = { .call = WEIR_CALL_CONNECTX, .protocol = IPPROTO_SCTP };

		name = names + off;
		if (name->sa_family != AF_INET && name->sa_family != AF_INET6)
			return true;
		if (ask(name, len - off, &d))
			return false;
		step = name->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
						     sizeof(struct sockaddr_in);
	}
	return true;
}

static enum weir_turn ask_connectx(struct weir_regs *regs)
{
	int option = weir_regs_argument(regs, 1);

	if (option != SCTP_SOCKOPT_CONNECTX && option != SCTP_SENDMSG_CONNECT)
		return WEIR_PASS;
	return may_connectx((void *)weir_regs_argument(regs, 2), weir_regs_argument(regs, 3)) ?
		       WEIR_PASS : WEIR_REFUSE;
}

struct weir_site weir_site_connectx = {
	.function = "security_sctp_bind_connect",
	.hooks = BIT(WEIR_HOOK_CONNECT),
	.ask = ask_connectx,
};
