// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does one thing COUNT times and prints what a single time took:
 *
 *   loops [--tsc] exec COUNT FILE          vfork, exec, wait
 *   loops [--tsc] udp-connect COUNT [SPAN] connect of a UDP socket: no packet
 *   loops [--tsc] udp6-connect COUNT       the same to ::1
 *   loops [--tsc] tcp-connect COUNT        to a listener in here, on loopback
 *   loops [--tsc] udp-send COUNT           sendto of an unconnected socket to itself
 *   loops paced RATE SECONDS FILE          exec at that rate
 *
 * The line is "n p10 p25 p50 p75 p90", in nanoseconds; --tsc: in ticks of the
 * time stamp counter, which under QEMU's -icount shift=0 are instructions.
 * SPAN spreads the destinations over the gaps between that many listed
 * prefixes (tests/bench/lib.sh writes these); without it it is 127.0.0.1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Not timed: what is only cold the first few times. */
#define WARM 10

/* 20.0.0.0, of whose /24 networks the even ones are listed. */
#define GAPS_BASE 0x14000000u

static bool use_tsc;

static uint64_t now(void)
{
	struct timespec t;

#if defined(__x86_64__)
	if (use_tsc)
		return __builtin_ia32_rdtsc();
#endif
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "loops: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void print(uint64_t *took, long cnt)
{
	static const int percent[] = { 10, 25, 50, 75, 90 };

	qsort(took, cnt, sizeof(*took), compare);
	printf("%ld", cnt);
	for (size_t i = 0; i < sizeof(percent) / sizeof(percent[0]); i++)
		printf(" %llu", (unsigned long long)took[(cnt - 1) * percent[i] / 100]);
	putchar('\n');
}

static void exec_once(const char *file)
{
	char *argv[] = { (char *)file, NULL }, *env[] = { NULL };
	int status = -1;
	pid_t pid = vfork();

	if (!pid) {
		execve(file, argv, env);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		die(file);
}

/* What the timed functions need: made before, used for each. */
struct scene {
	const char *file;
	int listener, sender;
	uint32_t span, number;
	struct sockaddr_in to;
	struct sockaddr_in6 to6;
};

static uint64_t time_exec(struct scene *s)
{
	uint64_t begin = now();

	exec_once(s->file);
	return now() - begin;
}

static uint64_t time_connect(int fd, const void *to, socklen_t len)
{
	uint64_t begin = now(), end;
	int ret = connect(fd, to, len);

	end = now();
	/* No way there is an answer, too: the gates are asked before the route is. */
	if (ret && errno != ENETUNREACH)
		die("connect");
	return end - begin;
}

static int new_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static uint64_t time_udp(struct scene *s)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	uint64_t took;

	/* Jumps about, so that the nodes of the trie are not always the same. */
	if (s->span)
		s->to.sin_addr.s_addr = htonl(GAPS_BASE + 0x105 +
					      s->number++ * 7919u % s->span * 512);
	took = time_connect(fd, &s->to, sizeof(s->to));
	close(fd);
	return took;
}

static uint64_t time_udp6(struct scene *s)
{
	int fd = new_socket(AF_INET6, SOCK_DGRAM);
	uint64_t took = time_connect(fd, &s->to6, sizeof(s->to6));

	close(fd);
	return took;
}

static uint64_t time_tcp(struct scene *s)
{
	struct linger reset = { .l_onoff = 1 };
	int fd = new_socket(AF_INET, SOCK_STREAM), peer;
	uint64_t took = time_connect(fd, &s->to, sizeof(s->to));

	peer = accept(s->listener, NULL, NULL);
	if (peer < 0)
		die("accept");
	/* A reset leaves no socket waiting behind. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	close(peer);
	return took;
}

static uint64_t time_send(struct scene *s)
{
	uint64_t begin = now(), end;
	char byte = 0;
	ssize_t n = sendto(s->sender, &byte, 1, 0, (void *)&s->to, sizeof(s->to));

	end = now();
	if (n != 1 || recv(s->sender, &byte, 1, 0) != 1)
		die("send");
	return end - begin;
}

/* A socket of @type on loopback, its address in @s->to. */
static int bound(struct scene *s, int type)
{
	socklen_t len = sizeof(s->to);
	int fd = new_socket(AF_INET, type);

	if (bind(fd, (void *)&s->to, sizeof(s->to)) || getsockname(fd, (void *)&s->to, &len))
		die("bind");
	return fd;
}

static const struct {
	const char *name;
	uint64_t (*once)(struct scene *s);
} things[] = {
	{ "exec", time_exec },	       { "udp-connect", time_udp }, { "udp6-connect", time_udp6 },
	{ "tcp-connect", time_tcp },   { "udp-send", time_send },
};

static void repeat(uint64_t (*once)(struct scene *s), struct scene *s, long cnt)
{
	uint64_t *took = calloc(cnt, sizeof(*took));

	if (!took)
		die("memory");
	for (long i = 0; i < WARM; i++)
		once(s);
	for (long i = 0; i < cnt; i++)
		took[i] = once(s);
	print(took, cnt);
	free(took);
}

/* Against the clock's own grid, so that a late start does not put off the rest. */
static void pace(long rate, long seconds, const char *file)
{
	uint64_t begin, end, at;
	long cnt = rate * seconds, i;
	struct timespec t;

	use_tsc = false;
	begin = now();
	for (i = 0; i < cnt; i++) {
		at = begin + (uint64_t)i * 1000000000ull / rate;
		t = (struct timespec){ .tv_sec = at / 1000000000ull, .tv_nsec = at % 1000000000ull };
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		if (now() - begin > (seconds + 1) * 1000000000ull)
			break;
		exec_once(file);
	}
	end = now();
	printf("%ld %.1f\n", i, i * 1e9 / (end - begin));
}

static void prepare(struct scene *s, const char *what, const char *arg)
{
	s->to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = 0 };
	s->to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->to6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(9),
					.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	if (!strcmp(what, "exec"))
		s->file = arg;
	else if (!strcmp(what, "udp-connect"))
		s->span = arg ? strtoul(arg, NULL, 10) : 0;
	if (!strcmp(what, "tcp-connect"))
		s->listener = bound(s, SOCK_STREAM);
	else if (!strcmp(what, "udp-send"))
		s->sender = bound(s, SOCK_DGRAM);
	else
		s->to.sin_port = htons(9);
	if (!strcmp(what, "tcp-connect") && listen(s->listener, 16))
		die("listen");
}

static int usage(void)
{
	fputs("Usage: loops [--tsc] exec COUNT FILE | udp-connect COUNT [SPAN] |\n"
	      "             udp6-connect COUNT | tcp-connect COUNT | udp-send COUNT\n"
	      "       loops paced RATE SECONDS FILE\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct scene s = {};
	long cnt;

	if (argc > 1 && !strcmp(argv[1], "--tsc")) {
		use_tsc = true;
		argc--, argv++;
	}
	if (argc == 5 && !strcmp(argv[1], "paced"))
		return pace(atol(argv[2]), atol(argv[3]), argv[4]), 0;
	cnt = argc > 2 ? atol(argv[2]) : 0;
	if (cnt < 1 || (!strcmp(argv[1], "exec") && argc != 4))
		return usage();
	for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++) {
		if (strcmp(things[i].name, argv[1]) != 0)
			continue;
		prepare(&s, argv[1], argc > 3 ? argv[3] : NULL);
		repeat(things[i].once, &s, cnt);
		return 0;
	}
	return usage();
}
