// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets of this host and of a network namespace that the test makes:
 * listening, connected, named, raw, with the process behind each; by sock_diag
 * and by the text lists that stand in for it.
 *
 *	   the test's namespace        another
 *	   listener  tcp/47671         peer   198.51.100.7 on lo
 *	   unix      TREE/run/ew.sock  client --- tcp/443 --> peer
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <linux/if_ether.h>

#include "subject.h"
#include "survey.h"
#include "tap.h"

#include "collect/netns.h"
#include "collect/proc_net.h"

static struct tree tree;
static struct subjects subjects;
static struct survey_test t;
static bool can_net;

#define LISTEN_PORT 47671
#define PEER "198.51.100.7"

static char *vendor_text(void)
{
	char *text = NULL;

	tree_must(asprintf(&text,
			   "vendor: examplewall\n"
			   "name: Examplewall Inc.\n"
			   "products:\n"
			   "  - product: agent\n"
			   "    name: Agent\n"
			   "    class: vendor_product\n"
			   "    indicators:\n"
			   "      - {kind: dir, value: %s/opt/ew/}\n"
			   "      - {kind: listen, value: tcp/%d}\n"
			   "      - {kind: listen, value: tcp/443}\n"
			   "      - {kind: port, value: tcp/443}\n"
			   "      - {kind: port, value: udp/47000-47999}\n"
			   "      - {kind: comm, value: ewagentd}\n"
			   "      - {kind: unix-socket, value: %s/run/ew.sock}\n"
			   "      - {kind: unix-socket, value: \"@ew-abstract\"}\n"
			   "      - {kind: cidr, value: 198.51.100.0/24, ports: [tcp/443]}\n",
			   tree.base, LISTEN_PORT, tree.base) > 0, "asprintf");
	return text;
}

static void look(void)
{
	survey_test_forget(&t);
	survey_test_run(&t, "sockets");
}

static const struct seen *find_of(pid_t pid, const char *part)
{
	for (size_t i = 0; i < t.seen_cnt; i++)
		if (t.seen[i].kind == TRACE_SOCKET && (!pid || t.seen[i].pid == (uint32_t)pid) &&
		    strstr(t.seen[i].where, part))
			return &t.seen[i];
	return NULL;
}

static int open_inet(int type, const char *address, int port, bool is_server)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, type, 0), on = 1;

	inet_pton(AF_INET, address, &sin.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (is_server)
		tree_must(!bind(fd, (struct sockaddr *)&sin, sizeof(sin)), "bind");
	else
		tree_must(!connect(fd, (struct sockaddr *)&sin, sizeof(sin)), "connect");
	if (is_server && type == SOCK_STREAM)
		tree_must(!listen(fd, 5), "listen");
	return fd;
}

/* IPv4 from a socket of IPv6, as most servers in Java and Go do it. */
static void connect_mapped(int port)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	inet_pton(AF_INET6, "::ffff:" PEER, &sin6.sin6_addr);
	tree_must(!connect(fd, (struct sockaddr *)&sin6, sizeof(sin6)), "connect");
}

static void listen_tcp(void *name)
{
	prctl(PR_SET_NAME, name);
	open_inet(SOCK_STREAM, "127.0.0.1", LISTEN_PORT, true);
}

static void open_unix(const char *path, bool is_abstract)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t len = strlen(path);

	tree_must(len + 1 < sizeof(sun.sun_path), "a long path");
	memcpy(sun.sun_path + is_abstract, path, len);
	tree_must(!bind(fd, (struct sockaddr *)&sun,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + is_abstract + len)) &&
			  !listen(fd, 5), "bind");
	/* A connection to it bears the same name. */
	tree_must(!connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&sun,
			   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + is_abstract + len)),
		  "connect");
	accept(fd, NULL, NULL);
}

static void listen_unix(void *path)
{
	open_unix(path, false);
	open_unix("ew-abstract", true);
	open_unix("ew-abstract-not", true);
}

static void test_listen(void)
{
	pid_t weak = subject_fork(&subjects, listen_tcp, (char[]){ "nobody" });
	const struct seen *s;

	look();
	s = find_of(weak, "tcp 127.0.0.1:47671");
	ok(s && s->flags == TRACE_RUNNING && seen_has(s, IND_LISTEN, "tcp/47671"),
	   "a listed port that is listened on is told, with who holds it");
	ok(s && !s->product && strstr(s->detail, "listening, held by nobody ("),
	   "a port alone is no finding");
	subjects_end(&subjects);
	weak = subject_fork(&subjects, listen_tcp, (char[]){ "ewagentd" });
	look();
	s = find_of(weak, "tcp 127.0.0.1:47671");
	ok(seen_is(s, "examplewall/agent") && seen_has(s, IND_COMM, "ewagentd"),
	   "with the name of its holder it is one");
}

static void test_unix(void)
{
	char path[128];
	unsigned int cnt = 0;
	const struct seen *s;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/run/ew.sock", tree.base);
	tree_dir(&tree, "/run");
	pid = subject_fork(&subjects, listen_unix, path);
	look();
	s = find_of(pid, path);
	ok(s && !strcmp(s->path, path) && !strncmp(s->where, "unix ", 5),
	   "a socket with a listed path is told");
	for (size_t i = 0; i < t.seen_cnt; i++)
		cnt += t.seen[i].kind == TRACE_SOCKET && strstr(t.seen[i].where, path);
	ok(cnt == 1, "once, and not again for each connection");
	ok(find_of(pid, "unix @ew-abstract") && !find_of(pid, "@ew-abstract-not"),
	   "an abstract one is told by its whole name");
}

static void run(const char *const *argv)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	tree_must(!status, argv[0]);
}

/* Everything in a network of its own: no packet of the test is anyone's. */
static void enter_net(void)
{
	static const char *const up[] = { "ip", "link", "set", "lo", "up", NULL };
	static const char *const add[] = { "ip", "addr", "add", PEER "/32", "dev", "lo", NULL };

	tree_must(!unshare(CLONE_NEWNET), "unshare");
	run(up);
	run(add);
}

static void live_in_net(void *ctx)
{
	(void)ctx;
	enter_net();
	open_inet(SOCK_STREAM, PEER, 443, true);
	open_inet(SOCK_STREAM, PEER, 444, true);
	open_inet(SOCK_DGRAM, PEER, 443, true);
	open_inet(SOCK_STREAM, PEER, 443, false);
	open_inet(SOCK_STREAM, PEER, 444, false);
	open_inet(SOCK_DGRAM, PEER, 443, false);
}

static void live_in_mapped_net(void *ctx)
{
	(void)ctx;
	enter_net();
	open_inet(SOCK_STREAM, PEER, 443, true);
	connect_mapped(443);
}

static void test_destinations(void)
{
	const struct seen *s, *s_mapped;
	char name[64];
	pid_t pid, mapped;

	if (!can_net) {
		ok(true, "a connection of another namespace is found # SKIP not root");
		return;
	}
	pid = subject_fork(&subjects, live_in_net, NULL);
	mapped = subject_fork(&subjects, live_in_mapped_net, NULL);
	look();
	s = find_of(pid, "to " PEER ":443");
	snprintf(name, sizeof(name), "(network of %d ", (int)pid);
	ok(seen_is(s, "examplewall/agent") && s->family == AF_INET && s->port == 443 &&
		   s->protocol == IPPROTO_TCP && !strncmp(s->where, "tcp ", 4),
	   "a connection of another namespace to a listed address is found");
	s_mapped = find_of(mapped, "to " PEER ":443");
	ok(seen_is(s_mapped, "examplewall/agent") && s_mapped->family == AF_INET,
	   "one of IPv4 from a socket of IPv6, too");
	ok(s && strstr(s->where, name), "it is told whose network it is in");
	ok(!find_of(pid, "to " PEER ":444"), "one to another port is nobody's business");
	ok(!find_of(pid, "udp "), "nor is one of another protocol");
	ok(!find_of(pid, "tcp " PEER ":443 (") && !survey_test_is_unread(&t, "socket"),
	   "everybody's port tells nothing, and all could be read");
}

/* A child cannot stay in the parent's image: the test's own name is asked. */
static void hold_all(void *ctx)
{
	(void)ctx;
	prctl(PR_SET_NAME, "ewagentd");
	open_inet(SOCK_DGRAM, "127.0.0.1", 47999, true);
	open_inet(SOCK_DGRAM, "127.0.0.1", 47999, false);
	if (can_net) {
		tree_must(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0, "raw");
		tree_must(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) >= 0, "packet");
	}
}

static void test_holder(void)
{
	pid_t pid = subject_fork(&subjects, hold_all, NULL);
	const struct seen *s;

	look();
	s = find_of(pid, "udp 127.0.0.1:47999");
	ok(s && seen_has(s, IND_COMM, "ewagentd"), "what a listed name holds is told, UDP too");
	s = find_of(pid, "to 127.0.0.1:47999");
	ok(s && seen_has(s, IND_PORT, "udp/47000-47999"), "a listed port of the far end with it");
	if (!can_net)
		return;
	ok(find_of(pid, "raw 0.0.0.0") && find_of(pid, "packet"), "raw and packet sockets too");
}

struct tally {
	uint64_t inos[4096];
	size_t cnt;
	bool has_listener;
};

static int count(void *ctx, const struct diag_socket *s)
{
	struct tally *c = ctx;

	if (c->cnt < ARRAY_SIZE(c->inos))
		c->inos[c->cnt++] = s->ino ^ (uint64_t)s->remote_port << 40 ^
				    (uint64_t)s->local_port << 20 ^
				    (uint64_t)s->is_listening << 60;
	c->has_listener |= s->is_listening && s->local_port == LISTEN_PORT;
	return 0;
}

static bool has(const struct tally *c, uint64_t value)
{
	for (size_t i = 0; i < c->cnt; i++)
		if (c->inos[i] == value)
			return true;
	return false;
}

/* Sockets of others come and go: nearly all must be in both. */
static bool is_alike(const struct tally *a, const struct tally *b)
{
	size_t common = 0;

	for (size_t i = 0; i < a->cnt; i++)
		common += has(b, a->inos[i]);
	printf("# %zu, %zu, in both %zu\n", a->cnt, b->cnt, common);
	return a->cnt && common * 10 >= a->cnt * 8 && common * 10 >= b->cnt * 8;
}

static void test_text(void)
{
	static struct tally by_diag, by_text;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	diag_inet(AF_INET, IPPROTO_TCP, count, &by_diag);
	proc_net_inet(root, AF_INET, IPPROTO_TCP, count, &by_text);
	ok(is_alike(&by_diag, &by_text) && by_diag.has_listener && by_text.has_listener,
	   "sock_diag and /proc/net tell the same of TCP");
	memset(&by_diag, 0, sizeof(by_diag));
	memset(&by_text, 0, sizeof(by_text));
	diag_inet(AF_INET, IPPROTO_UDP, count, &by_diag);
	proc_net_inet(root, AF_INET, IPPROTO_UDP, count, &by_text);
	ok(is_alike(&by_diag, &by_text), "and of UDP");
	memset(&by_diag, 0, sizeof(by_diag));
	memset(&by_text, 0, sizeof(by_text));
	diag_unix(count, &by_diag);
	proc_net_unix(root, count, &by_text);
	ok(is_alike(&by_diag, &by_text), "and of unix sockets");
	close(root);
}

static int keep_last(void *ctx, const struct diag_socket *s)
{
	*(struct diag_socket *)ctx = *s;
	return 0;
}

static void test_hostile_text(void)
{
	static const char head[] = "Num       RefCount Protocol Flags    Type St Inode Path\n";
	struct diag_socket last = { 0 };
	char text[1024];

	snprintf(text, sizeof(text), "%s: 1\nx\n0: 1 0 10000 1 1 7 /run/%0300d\n", head, 0);
	tree_text(&tree, "/proc/thread-self/net/unix", text);
	ok(!proc_net_unix(tree.fd, keep_last, &last) && last.ino == 7 && last.is_listening &&
		   strlen(last.path) == sizeof(last.path) - 1,
	   "a path that is too long is cut");
	tree_text(&tree, "/proc/thread-self/net/tcp6",
		  "heading\n"
		  "   0: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF0000050071CB:01BB"
		  " 01 0:0 0:0 0 0 0 99 1\n"
		  "   1: 00:1F90 00:01BB 01 0:0 0:0 0 0 0 98 1\n");
	ok(!proc_net_inet(tree.fd, AF_INET6, IPPROTO_TCP, keep_last, &last) && last.ino == 99 &&
		   last.family == AF_INET && last.remote[0] == 203 && last.remote_port == 443,
	   "IPv4 in IPv6 is IPv4, and a line that is none is passed over");
	ok(proc_net_packet(tree.fd, keep_last, &last) == -ENOENT, "an absent list is told");
}

static int count_nets(void *ctx, const char *name)
{
	(void)name;
	++*(int *)ctx;
	return 0;
}

static void test_nets(void)
{
	char own[64], after[64];
	int cnt = 0;

	tree_must(readlink("/proc/self/ns/net", own, sizeof(own)) > 0, "readlink");
	ok(!netns_each(&t.s, "x", count_nets, &cnt) && cnt >= 1 + can_net,
	   "each network namespace is entered once");
	tree_must(readlink("/proc/self/ns/net", after, sizeof(after)) > 0, "readlink");
	ok(!memcmp(own, after, 10), "and the caller stays in its own");
}

static void look_as_nobody(void)
{
	tree_must(!setgid(65534) && !setuid(65534), "setuid");
	look();
	_exit(find_of(0, "tcp 127.0.0.1:47671") && survey_test_is_unread(&t, "which sockets") ? 0 :
												 1);
}

static void test_nobody(void)
{
	int status = -1;
	pid_t pid;

	if (!can_net)
		return;
	fflush(NULL);
	pid = fork();
	if (!pid)
		look_as_nobody();
	waitpid(pid, &status, 0);
	ok(!status, "without privileges the socket is told, and that its holder is not known");
}

int main(void)
{
	static const char *const up[] = { "ip", "link", "set", "lo", "up", NULL };
	char *text;

	/* In a network of its own, so that two of these can run at once. */
	can_net = geteuid() == 0 && !unshare(CLONE_NEWNET);
	if (can_net)
		run(up);
	tree_init(&tree);
	text = vendor_text();
	survey_test_init(&t, -1, text, NULL);
	free(text);
	test_listen();
	test_unix();
	test_destinations();
	test_holder();
	test_text();
	test_hostile_text();
	test_nets();
	test_nobody();
	subjects_end(&subjects);
	survey_test_exit(&t);
	tree_exit(&tree);
	return tap_done();
}
