// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect: who may reach which address.
 *
 * The cgroup programs on the root of the v2 hierarchy see every TCP and UDP
 * socket of the host and cost nothing on a send over a connected one. What
 * they cannot see (SCTP, raw sockets) is looked at by the LSM hooks or their
 * fmod_ret twins, which pass everything else by on their first lines. Prefix
 * tries may not be used by sleepable programs, so none of these sleeps.
 */
#include "emit.h"
#include "group.h"
#include "judge.h"

#define SCTP_SOCKOPT_CONNECTX 110
#define SCTP_SENDMSG_CONNECT 126
#define CONNECTX_MAX 8

/* One destination; the address in network byte order, v4 in the first four. */
struct dest {
	__u8 addr[16] __attribute__((aligned(8)));
	__u16 family;
	__u16 protocol;
	__u16 port;
	__u16 call;
};

static __always_inline bool is_mapped(const __u8 *addr)
{
	const __u32 *a = (const void *)addr;

	return !a[0] && !a[1] && a[2] == bpf_htonl(0xffff);
}

/* ::ffff:a.b.c.d is a.b.c.d, whichever socket it is asked of. */
static __always_inline void unmap(struct dest *d)
{
	__u32 *a = (void *)d->addr;

	if (d->family != AF_INET6 || !is_mapped(d->addr))
		return;
	d->family = AF_INET;
	a[0] = a[3];
	a[1] = a[2] = a[3] = 0;
}

static __always_inline const struct weir_ports *ports_of(const struct dest *d,
							 const struct weir_look *look)
{
	struct weir_prefix4 four = { .len = 32 };
	struct weir_prefix6 six = { .len = 128 };

	if (d->family == AF_INET) {
		__builtin_memcpy(four.addr, d->addr, sizeof(four.addr));
		return table_get(weir_prefix4, &look->generation, &four);
	}
	__builtin_memcpy(six.addr, d->addr, sizeof(six.addr));
	return table_get(weir_prefix6, &look->generation, &six);
}

/*
 * A raw send names no port: then only rules for any port can speak. In one word,
 * zero when it matches: each branch in a loop is a road more for the verifier.
 */
static __always_inline bool port_matches(const struct weir_port *p, const struct dest *d,
					 bool portless)
{
	__u32 low = portless ? 0 : d->port, high = portless ? 0xffff : d->port;
	__u32 wrong = (__u32)p->protocol * (p->protocol ^ d->protocol);

	wrong |= ((low - p->first) | (p->last - high)) >> 31;
	return !wrong;
}

/* An allowance takes back what stands behind it of its own rule, and no more. */
static __always_inline void find_key(const struct dest *d, struct weir_look *look)
{
	const struct weir_ports *ports = ports_of(d, look);
	bool portless = look->flags & WEIR_REC_PORTLESS;
	__u32 next = 0;

	if (!ports)
		return;
	for (__u32 i = 0; i < WEIR_PORTS_MAX; i++) {
		const struct weir_port *p = &ports->port[i];

		if (i >= ports->cnt)
			break;
		if (i < next || !port_matches(p, d, portless))
			continue;
		if (!p->key.rule)
			next = i + 1 + p->spares;
		else if (take_key(look, &p->key))
			break;
	}
}

static __always_inline bool is_canary(const struct weir_control *c, const struct dest *d)
{
	const struct weir_canary *own = canary(c);

	return own && own->port && d->family == AF_INET && own->port == d->port &&
	       *(__u32 *)own->addr4 == *(__u32 *)d->addr;
}

static __always_inline void emit_connect(const struct dest *d, const struct weir_look *look)
{
	bool denied = look->answer.verdict != WEIR_ALLOW;
	__u32 ring = denied ? WEIR_RING_DENIALS : WEIR_RING_RECORDS;
	__u64 seq = look->flags & WEIR_REC_CANARY ? 0 : next_seq(ring);
	struct weir_rec_connect *r;

	if (look->key.rule)
		use_result(name_group(bpf_get_current_cgroup_id()));
	if (denied)
		r = reserve(&weir_denials, sizeof(*r), WEIR_REC_CONNECT, true);
	else
		r = reserve(&weir_records, sizeof(*r), WEIR_REC_CONNECT, false);
	if (!r)
		return;
	__builtin_memset(r, 0, sizeof(*r));
	fill_head(&r->rec, WEIR_REC_CONNECT, ring, look, seq);
	r->rec.len = sizeof(*r);
	r->family = d->family;
	r->protocol = d->protocol;
	r->port = d->port;
	r->call = d->call;
	__builtin_memcpy(r->addr, d->addr, sizeof(r->addr));
	submit(r, &look->answer);
}

/* How a destination is asked for, in one word: see connect_gate(). */
static __always_inline __u64 pack_how(const struct dest *d, __u8 mechanism, bool portless)
{
	return (__u64)d->port | (__u64)d->protocol << 16 | (__u64)d->family << 32 |
	       (__u64)d->call << 48 | (__u64)mechanism << 56 | (__u64)portless << 63;
}

static __always_inline void unpack_how(__u64 how, struct dest *d, struct weir_look *look)
{
	d->port = how;
	d->protocol = how >> 16;
	d->family = how >> 32;
	d->call = how >> 48 & 0xff;
	look->mechanism = how >> 56 & 0x7f;
	if (how >> 63)
		look->flags |= WEIR_REC_PORTLESS;
	if (d->protocol == IPPROTO_MPTCP)
		d->protocol = IPPROTO_TCP;
}

/*
 * The key of a destination, in one word as pack_key() has it. Numbers only, and
 * apart from the gate: many roads lead through the ports of a prefix, and from
 * here the verifier does not follow each of them through the verdict.
 */
__noinline __u64 address_key(__u64 addr_lo, __u64 addr_hi, __u64 how, __u64 generation)
{
	struct weir_look look = { .generation = generation };
	struct dest d = {};

	((__u64 *)d.addr)[0] = addr_lo;
	((__u64 *)d.addr)[1] = addr_hi;
	unpack_how(how, &d, &look);
	unmap(&d);
	find_key(&d, &look);
	return pack_key(&look.key);
}

/* 1: stop it. Takes numbers only, so that the verifier looks at it once. */
__noinline int connect_gate(__u64 addr_lo, __u64 addr_hi, __u64 how)
{
	struct weir_look look = { .hook = WEIR_HOOK_CONNECT, .strength = WEIR_CAN_DENY };
	const struct weir_control *c = control();
	enum role as = role(c);
	struct dest d = {};
	__u32 q_flags = 0;

	unpack_how(how, &d, &look);
	/* Of a cgroup's programs the oldest is called first: nothing slips between. */
	if (!c || as == ROLE_NONE || (as == ROLE_RETIRING && look.mechanism == WEIR_VIA_CGROUP))
		return 0;
	((__u64 *)d.addr)[0] = addr_lo;
	((__u64 *)d.addr)[1] = addr_hi;
	unmap(&d);
	look.generation = c->generation;
	if (is_canary(c, &d)) {
		q_flags = WEIR_Q_CANARY;
		look.flags |= WEIR_REC_CANARY;
	} else {
		take_packed(&look, address_key(addr_lo, addr_hi, how, look.generation),
			    WEIR_KEY_PREFIX);
	}
	decide(c, &look, q_flags);
	if (as == ROLE_RETIRING && look.answer.verdict == WEIR_ALLOW)
		return 0;
	if (look.key.rule || q_flags || records_all(c))
		emit_connect(&d, &look);
	return look.answer.verdict == WEIR_DENY;
}

static __always_inline int ask(const struct dest *d, __u8 mechanism, bool portless)
{
	const __u64 *addr = (const void *)d->addr;

	return connect_gate(addr[0], addr[1], pack_how(d, mechanism, portless));
}

static __always_inline int gate4(struct bpf_sock_addr *ctx, __u16 call)
{
	struct dest d = {
		.family = AF_INET,
		.protocol = ctx->protocol,
		.port = bpf_ntohs(ctx->user_port),
		.call = call,
	};

	*(__u32 *)d.addr = ctx->user_ip4;
	return !ask(&d, WEIR_VIA_CGROUP, false);
}

static __always_inline int gate6(struct bpf_sock_addr *ctx, __u16 call)
{
	struct dest d = {
		.family = AF_INET6,
		.protocol = ctx->protocol,
		.port = bpf_ntohs(ctx->user_port),
		.call = call,
	};
	__u32 *addr = (void *)d.addr;

	addr[0] = ctx->user_ip6[0];
	addr[1] = ctx->user_ip6[1];
	addr[2] = ctx->user_ip6[2];
	addr[3] = ctx->user_ip6[3];
	return !ask(&d, WEIR_VIA_CGROUP, false);
}

SEC("cgroup/connect4")
int weir_connect4(struct bpf_sock_addr *ctx)
{
	return gate4(ctx, WEIR_CALL_CONNECT);
}

SEC("cgroup/connect6")
int weir_connect6(struct bpf_sock_addr *ctx)
{
	return gate6(ctx, WEIR_CALL_CONNECT);
}

SEC("cgroup/sendmsg4")
int weir_sendmsg4(struct bpf_sock_addr *ctx)
{
	return gate4(ctx, WEIR_CALL_SEND);
}

SEC("cgroup/sendmsg6")
int weir_sendmsg6(struct bpf_sock_addr *ctx)
{
	return gate6(ctx, WEIR_CALL_SEND);
}

/* What the cgroup programs have looked at, or have no address for us to see. */
static __always_inline bool seen_by_cgroup(__u32 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
	       protocol == IPPROTO_UDPLITE || protocol == IPPROTO_MPTCP;
}

/* Keyed on the name that was passed, not on the socket: families may differ. */
static __always_inline bool read_dest(const void *name, int len, struct dest *d)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (!name || len < (int)sizeof(in) || bpf_probe_read_kernel(&in, sizeof(in), name))
		return false;
	d->family = in.sin_family;
	d->port = bpf_ntohs(in.sin_port);
	/* A send to AF_UNSPEC is taken for AF_INET by IPv4's own code. */
	if (!in.sin_family && d->call == WEIR_CALL_SEND)
		d->family = AF_INET;
	if (d->family == AF_INET) {
		*(__u32 *)d->addr = in.sin_addr;
		return true;
	}
	if (in.sin_family != AF_INET6 || len < 24 || bpf_probe_read_kernel(&in6, sizeof(in6), name))
		return false;
	__builtin_memcpy(d->addr, in6.sin6_addr, sizeof(d->addr));
	return true;
}

static __always_inline int socket_gate(struct sock *sk, const void *name, int len, int ret,
				       __u16 call, __u8 mechanism)
{
	struct dest d = { .call = call };

	if (ret || !name || !sk)
		return ret;
	d.protocol = BPF_CORE_READ(sk, sk_protocol);
	if (seen_by_cgroup(d.protocol) || !read_dest(name, len, &d))
		return 0;
	return ask(&d, mechanism, d.protocol != IPPROTO_SCTP) ? -EPERM : 0;
}

/* connectx passes its addresses packed one behind the other. */
static __always_inline int connectx_gate(struct sock *sk, int opt, const void *names, int len,
					 int ret, __u8 mechanism)
{
	int off = 0;

	if (ret || (opt != SCTP_SOCKOPT_CONNECTX && opt != SCTP_SENDMSG_CONNECT))
		return ret;
	for (int i = 0; i < CONNECTX_MAX; i++) {
		struct dest d = { .call = WEIR_CALL_CONNECTX, .protocol = IPPROTO_SCTP };

		if (off >= len || !read_dest(names + off, len - off, &d))
			return 0;
		off += d.family == AF_INET ? sizeof(struct sockaddr_in) : 28;
		if (ask(&d, mechanism, false))
			return -EPERM;
	}
	return 0;
}

SEC("lsm/socket_connect")
int BPF_PROG(weir_connect_lsm, struct socket *sock, struct sockaddr *name, int len, int ret)
{
	return socket_gate(sock->sk, name, len, ret, WEIR_CALL_CONNECT, WEIR_VIA_LSM);
}

SEC("fmod_ret/security_socket_connect")
int BPF_PROG(weir_connect_fmod, struct socket *sock, struct sockaddr *name, int len, int ret)
{
	return socket_gate(sock->sk, name, len, ret, WEIR_CALL_CONNECT, WEIR_VIA_FMOD_RET);
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(weir_sendmsg_lsm, struct socket *sock, struct msghdr *msg, int size, int ret)
{
	return socket_gate(sock->sk, msg->msg_name, msg->msg_namelen, ret, WEIR_CALL_SEND,
			   WEIR_VIA_LSM);
}

SEC("fmod_ret/security_socket_sendmsg")
int BPF_PROG(weir_sendmsg_fmod, struct socket *sock, struct msghdr *msg, int size, int ret)
{
	return socket_gate(sock->sk, msg->msg_name, msg->msg_namelen, ret, WEIR_CALL_SEND,
			   WEIR_VIA_FMOD_RET);
}

SEC("lsm/sctp_bind_connect")
int BPF_PROG(weir_connectx_lsm, struct sock *sk, int opt, struct sockaddr *names, int len, int ret)
{
	return connectx_gate(sk, opt, names, len, ret, WEIR_VIA_LSM);
}

SEC("fmod_ret/security_sctp_bind_connect")
int BPF_PROG(weir_connectx_fmod, struct sock *sk, int opt, struct sockaddr *names, int len, int ret)
{
	return connectx_gate(sk, opt, names, len, ret, WEIR_VIA_FMOD_RET);
}
