// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections are ended: by name in the namespace at hand, by descriptor out of
 * another, with the peer as the witness; a neighbour goes on.
 *
 *	   first namespace             second
 *	   client --- lo ---> server   client --- lo ---> server
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

#include "sense/destroy.h"

struct pair {
	int client, server;
	struct diag_socket name; /* of the client */
};

static bool raise_loopback(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up = fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &r);

	close(fd);
	return up;
}

static struct sockaddr_in6 loopback(bool is_mapped)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	if (is_mapped)
		inet_pton(AF_INET6, "::ffff:127.0.0.1", &a.sin6_addr);
	return a;
}

static void take_name(struct pair *p, int protocol)
{
	struct sockaddr_in6 a;
	socklen_t len = sizeof(a);

	p->name = (struct diag_socket){ .family = AF_INET6, .protocol = (uint8_t)protocol };
	getsockname(p->client, (struct sockaddr *)&a, &len);
	memcpy(p->name.local, &a.sin6_addr, 16);
	p->name.local_port = ntohs(a.sin6_port);
	getpeername(p->client, (struct sockaddr *)&a, &len);
	memcpy(p->name.remote, &a.sin6_addr, 16);
	p->name.remote_port = ntohs(a.sin6_port);
}

static bool connect_pair(struct pair *p, int type, bool is_mapped)
{
	struct sockaddr_in6 a = loopback(is_mapped);
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
	bool is_stream = type == SOCK_STREAM;

	p->client = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) ||
	    (is_stream && listen(listener, 1)) ||
	    getsockname(listener, (struct sockaddr *)&a, &len) ||
	    connect(p->client, (struct sockaddr *)&a, sizeof(a)))
		return false;
	p->server = is_stream ? accept(listener, NULL, NULL) : listener;
	if (is_stream)
		close(listener);
	take_name(p, is_stream ? IPPROTO_TCP : IPPROTO_UDP);
	return p->server >= 0;
}

static bool arrives(const struct pair *p)
{
	char byte = 'x';

	return send(p->client, &byte, 1, MSG_NOSIGNAL) == 1 && read(p->server, &byte, 1) == 1;
}

/* What the peer of a connection that was ended gets to see. */
static int peer_sees(const struct pair *p)
{
	struct pollfd poll_fd = { .fd = p->server, .events = POLLIN };
	char byte;

	if (poll(&poll_fd, 1, 2000) != 1)
		return -1;
	return read(p->server, &byte, 1) < 0 ? errno : 0;
}

static int send_error(const struct pair *p)
{
	return send(p->client, "x", 1, MSG_NOSIGNAL) < 0 ? errno : 0;
}

static void end_by_name(void)
{
	struct pair ended, other, mapped, datagrams;

	if (!ok(connect_pair(&ended, SOCK_STREAM, false) &&
		connect_pair(&other, SOCK_STREAM, false) &&
		connect_pair(&mapped, SOCK_STREAM, true) &&
		connect_pair(&datagrams, SOCK_DGRAM, false), "four connections are made"))
		return;
	ok(arrives(&ended) && arrives(&other) && arrives(&mapped), "they carry data");
	ok(destroy_named(&ended.name, 12345) < 0 && arrives(&ended),
	   "one of another cookie is left alone");
	ok(!destroy_named(&ended.name, 0), "one is ended by its name");
	ok(send_error(&ended) == ECONNABORTED, "its holder is told so");
	ok(peer_sees(&ended) == ECONNRESET, "its peer got a reset");
	ok(arrives(&other), "the neighbour's goes on");
	ok(destroy_named(&ended.name, 0) == -ENOENT, "it is not there any more");
	ok(destroy_held(mapped.client) == DESTROYED_RESET && peer_sees(&mapped) == ECONNRESET,
	   "one of IPv4 in an IPv6 socket is ended by its descriptor");
	ok(destroy_held(datagrams.client) == DESTROYED_RESET && send_error(&datagrams) != 0,
	   "datagrams are ended too");
}

/* The second namespace is left before its connection is ended. */
static void end_from_outside(int home)
{
	struct pair p;

	if (!ok(!unshare(CLONE_NEWNET) && raise_loopback() &&
		connect_pair(&p, SOCK_STREAM, false) && arrives(&p) && !setns(home, CLONE_NEWNET),
		"a connection in another namespace"))
		return;
	ok(destroy_named(&p.name, 0) == -ENOENT && arrives(&p), "has no name here");
	ok(destroy_held(p.client) == DESTROYED_RESET, "its descriptor will do");
	ok(peer_sees(&p) == ECONNRESET, "its peer got a reset");
	ok(send_error(&p) != 0, "nothing can be sent");
}

int main(void)
{
	int home;

	if (unshare(CLONE_NEWNET) || !raise_loopback()) {
		ok(true, "no network namespace to be had # SKIP");
		return tap_done();
	}
	if (destroy_probe() == -EOPNOTSUPP) {
		ok(true, "this kernel has no INET_DIAG_DESTROY # SKIP");
		return tap_done();
	}
	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	end_by_name();
	end_from_outside(home);
	close(home);
	return tap_done();
}
