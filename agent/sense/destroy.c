// SPDX-License-Identifier: GPL-2.0-only
#include "sense/destroy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "sense/dump.h"

static bool is_v6(const struct diag_socket *s)
{
	return s->family == AF_INET6;
}

int destroy_named(const struct diag_socket *s, uint64_t cookie)
{
	struct inet_diag_req_v2 req = {
		.sdiag_family = (uint8_t)s->family,
		.sdiag_protocol = s->protocol,
		.idiag_states = ~0u,
		.id = { .idiag_sport = htons(s->local_port),
			.idiag_dport = htons(s->remote_port),
			.idiag_if = s->ifindex,
			.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } },
	};
	const struct dump_question q = { .protocol = NETLINK_SOCK_DIAG,
					 .type = SOCK_DESTROY,
					 .body = &req,
					 .len = sizeof(req) };
	size_t len = is_v6(s) ? 16 : 4;

	memcpy(req.id.idiag_src, s->local, len);
	memcpy(req.id.idiag_dst, s->remote, len);
	if (cookie) {
		req.id.idiag_cookie[0] = (uint32_t)cookie;
		req.id.idiag_cookie[1] = (uint32_t)(cookie >> 32);
	}
	return dump_order(&q);
}

/* A name that nobody has: whether it is looked for tells whether it could be ended. */
int destroy_probe(void)
{
	const struct diag_socket nobody = { .family = AF_INET,
					    .protocol = IPPROTO_TCP,
					    .local_port = 1,
					    .remote_port = 1,
					    .local = { 192, 0, 2, 254 },
					    .remote = { 192, 0, 2, 254 } };
	int err = destroy_named(&nobody, 0);

	return err == -ENOENT ? 0 : err;
}

static void take_end(const struct sockaddr_storage *from, uint8_t *addr, uint16_t *port)
{
	const struct sockaddr_in6 *six = (const void *)from;
	const struct sockaddr_in *four = (const void *)from;

	if (from->ss_family == AF_INET6) {
		memcpy(addr, &six->sin6_addr, 16);
		*port = ntohs(six->sin6_port);
	} else {
		memcpy(addr, &four->sin_addr, 4);
		*port = ntohs(four->sin_port);
	}
}

/* The name as the kernel keeps it: a mapped address stays one of IPv6. */
static bool name_of(int fd, struct diag_socket *s, uint64_t *cookie)
{
	struct sockaddr_storage end = { 0 };
	socklen_t len = sizeof(end), word = sizeof(int), wide = sizeof(*cookie);
	int protocol = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &word) ||
	    getsockopt(fd, SOL_SOCKET, SO_COOKIE, cookie, &wide) ||
	    getsockname(fd, (struct sockaddr *)&end, &len))
		return false;
	if (end.ss_family != AF_INET && end.ss_family != AF_INET6)
		return false;
	s->family = end.ss_family;
	s->protocol = (uint8_t)protocol;
	take_end(&end, s->local, &s->local_port);
	len = sizeof(end);
	if (getpeername(fd, (struct sockaddr *)&end, &len))
		return false;
	take_end(&end, s->remote, &s->remote_port);
	return true;
}

static enum destroyed disconnect(int fd)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	if (!connect(fd, &nobody, sizeof(nobody)))
		return DESTROYED_RESET;
	return shutdown(fd, SHUT_RDWR) ? DESTROYED_NOT : DESTROYED_SHUT;
}

enum destroyed destroy_held(int fd)
{
	struct diag_socket s = { 0 };
	uint64_t cookie = 0;

	/* The cookie is of this socket alone: the name of another does not match. */
	if (name_of(fd, &s, &cookie) &&
	    (s.protocol == IPPROTO_TCP || s.protocol == IPPROTO_UDP) &&
	    !destroy_named(&s, cookie))
		return DESTROYED_RESET;
	return disconnect(fd);
}
