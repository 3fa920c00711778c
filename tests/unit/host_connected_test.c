// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which units are connected to where: a connection of this very process, as the
 * kernel lists it, and a /proc in which it is that of some units or of none.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "cmd/connected.h"
#include "tap.h"
#include "tree.h"

#define HERE 0xc0000209u /* 192.0.2.9: a policy names no loopback */

static int client = -1, server = -1;
static uint16_t port;

/* A network of our own, with that address. */
static bool has_network(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	struct sockaddr_in *at = (struct sockaddr_in *)&r.ifr_addr;
	CLEANUP(close_fdp) int fd = -1;

	if (unshare(CLONE_NEWNET))
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(HERE) };
	if (ioctl(fd, SIOCSIFADDR, &r))
		return false;
	r.ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK;
	return !ioctl(fd, SIOCSIFFLAGS, &r);
}

static bool talk(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(HERE) };
	socklen_t len = sizeof(at);

	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server, (struct sockaddr *)&at, len) || listen(server, 1) ||
	    getsockname(server, (struct sockaddr *)&at, &len) ||
	    connect(client, (struct sockaddr *)&at, len))
		return false;
	port = ntohs(at.sin_port);
	return true;
}

static void process(const struct tree *t, int pid, const char *cgroup, uint64_t socket)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	snprintf(text, sizeof(text), "%d (a) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 7", pid);
	tree_text(t, path, text);
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	tree_text(t, path, "a\n");
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	snprintf(text, sizeof(text), "0::%s\n", cgroup);
	tree_text(t, path, text);
	snprintf(path, sizeof(path), "/proc/%d/fd/3", pid);
	snprintf(text, sizeof(text), "socket:[%llu]", (unsigned long long)socket);
	tree_link(t, text, path);
}

/* How often somebody has gone through it since the last time. */
static int walks(int watch)
{
	char bytes[4096] __attribute__((aligned(8)));
	ssize_t len = read(watch, bytes, sizeof(bytes));
	int cnt = 0;

	for (ssize_t at = 0; at < len;) {
		const struct inotify_event *e = (const void *)(bytes + at);

		cnt += !e->len;
		at += (ssize_t)(sizeof(*e) + e->len);
	}
	return cnt;
}

int main(void)
{
	CLEANUP(tree_exit) struct tree t;
	struct port_range here = { .protocol = IPPROTO_TCP }, there = { .protocol = IPPROTO_TCP };
	const struct allowance to[] = { { .to = "192.0.2.9/32", .ports = &here, .port_cnt = 1 } };
	const struct allowance off[] = { { .to = "192.0.2.9/32", .ports = &there, .port_cnt = 1 } };
	const struct successor one = { .to = to, .to_cnt = 1 }, other = { .to = off, .to_cnt = 1 };
	const struct successor any = { .to_cnt = 0 };
	struct connected list[] = { { &one, "/system.slice/a.service", false, 0 },
				    { &other, "/system.slice/a.service", false, 0 },
				    { &one, "/system.slice/b.service", false, 0 },
				    { &one, "/system.slice/c.service", false, 0 },
				    { &one, "", true, 0 },
				    { &any, "", false, 0 } };
	struct stat st;
	char dir[128];
	int watch;

	tree_init(&t);
	if (!has_network()) {
		ok(true, "connections of units # SKIP not root");
		return tap_done();
	}
	if (!ok(talk() && !fstat(client, &st), "a connection"))
		return tap_done();
	here.first = here.last = port;
	there.first = there.last = port == 9 ? 10 : 9;
	process(&t, 70, "/system.slice/a.service", st.st_ino);
	process(&t, 71, "/system.slice/c.service/deeper", st.st_ino);
	process(&t, 72, "/system.slice/b.service", st.st_ino + 100000);
	process(&t, 73, "/system.slice/b.service.d", st.st_ino);
	snprintf(dir, sizeof(dir), "%s/proc", t.base);
	watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	inotify_add_watch(watch, dir, IN_OPEN | IN_ONLYDIR);
	connected_find(t.fd, list, ARRAY_SIZE(list));
	ok(list[0].is_so, "a unit with a connection to where it should be");
	ok(!list[1].is_so, "to another port is not there");
	ok(!list[2].is_so, "another's, of nearly the same name, is not its own");
	ok(list[3].is_so, "a process in a group below is one of the unit's");
	ok(!list[4].is_so, "without a group there is nobody");
	ok(list[5].is_so, "and whoever need not be connected is");
	ok(walks(watch) == 1, "all in one walk of the processes");
	connected_find(t.fd, &list[5], 1);
	ok(!walks(watch), "of which there is none when nobody asks");
	close(watch);
	close(client);
	close(server);
	return tap_done();
}
