// SPDX-License-Identifier: GPL-2.0-only
#include "parse/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "parse/cell.h"
#include "parse/frame.h"
#include "parse/sandbox.h"

/* A cold disk, a sanitizer, an emulated guest. */
#define START_NS 20000000000ULL

/* SIGKILL works at once, save in some file systems. */
#define REAP_MS 1000

/* Larger than most answers: one system call each. */
#define SOCKET_BYTES (256 * 1024)

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* 0: @events came, -ETIME, or -errno. */
static int wait_for(int fd, short events, uint64_t *left_ns)
{
	uint64_t before = now_ns(), waited;
	struct pollfd p = { .fd = fd, .events = events };
	struct timespec t = {
		.tv_sec = (time_t)(*left_ns / 1000000000ULL),
		.tv_nsec = (long)(*left_ns % 1000000000ULL),
	};
	int n = ppoll(&p, 1, &t, NULL);
	int err = n < 0 ? -errno : 0;

	waited = now_ns() - before;
	*left_ns = waited < *left_ns ? *left_ns - waited : 0;
	if (!n)
		return -ETIME;
	return err == -EINTR ? (*left_ns ? 0 : -ETIME) : err;
}

static ssize_t send_some(int sock, struct iovec *iov, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	struct cmsghdr *c;
	ssize_t n;

	if (fd >= 0) {
		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	n = sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	return n < 0 ? -errno : n;
}

static void advance(struct iovec *iov, size_t n)
{
	for (int i = 0; i < 2; i++) {
		size_t part = n < iov[i].iov_len ? n : iov[i].iov_len;

		iov[i].iov_base = (char *)iov[i].iov_base + part;
		iov[i].iov_len -= part;
		n -= part;
	}
}

int child_send(struct child *c, const void *head, size_t head_len, const void *bytes,
	       size_t len, int fd, uint64_t *left_ns)
{
	struct iovec iov[2] = { { (void *)head, head_len }, { (void *)bytes, len } };
	int err = 0;

	while (!err && iov[0].iov_len + iov[1].iov_len) {
		ssize_t n = send_some(c->sock, iov, fd);

		if (n == -EAGAIN)
			err = wait_for(c->sock, POLLOUT, left_ns);
		else if (n < 0 && n != -EINTR)
			return n == -ECONNRESET ? -EPIPE : (int)n;
		if (n <= 0)
			continue;
		fd = -1; /* it went with the first byte */
		advance(iov, (size_t)n);
	}
	return err;
}

ssize_t child_receive(struct child *c, void *buf, size_t size, uint64_t *left_ns)
{
	ssize_t n = -1;
	int err;

	do {
		err = wait_for(c->sock, POLLIN, left_ns);
		if (err)
			return err;
		/* No room for control messages: a descriptor that it sends is closed. */
		n = recv(c->sock, buf, size, MSG_DONTWAIT);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	return n;
}

static int spawn(int sock, pid_t *ret)
{
	static char name[] = CELL_ARGV0;
	char *const argv[] = { name, NULL }, *const envp[] = { NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	/* The rest has no CLOEXEC perhaps; the child closes what it finds. */
	err = posix_spawn_file_actions_adddup2(&files, sock, FRAME_SOCKET);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (!err)
		err = posix_spawn(ret, "/proc/self/exe", &files, &attr, argv, envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -err;
}

static bool sweep(struct child *c)
{
	bool has_room = false;

	for (size_t i = 0; i < CHILD_STRAYS_MAX; i++) {
		if (c->strays[i] && waitpid(c->strays[i], NULL, WNOHANG))
			c->strays[i] = 0;
		has_room |= !c->strays[i];
	}
	return has_room;
}

static int hear_hello(struct child *c, char *why, size_t size)
{
	struct {
		struct frame frame;
		struct frame_hello hello;
	} in;
	uint64_t left_ns = START_NS;
	char wall[64];
	size_t got = 0;

	while (got < sizeof(in)) {
		ssize_t n = child_receive(c, (char *)&in + got, sizeof(in) - got, &left_ns);

		if (n <= 0) {
			snprintf(why, size, "it %s", n ? "says nothing" : "ended at its start");
			return -ECHILD;
		}
		got += (size_t)n;
	}
	if (in.frame.kind != FRAME_HELLO || in.frame.len != sizeof(in.hello)) {
		snprintf(why, size, "it says what it should not");
		return -ECHILD;
	}
	if (in.hello.err || (in.hello.walls & SANDBOX_NEEDED) != SANDBOX_NEEDED) {
		sandbox_text(in.hello.wall, wall, sizeof(wall));
		snprintf(why, size, "it cannot be confined: %s: %s", wall,
			 strerror(-in.hello.err));
		return -ECHILD;
	}
	c->walls = in.hello.walls;
	return 0;
}

int child_start(struct child *c, char *why, size_t size)
{
	CLEANUP(close_fdp) int theirs = -1;
	int pair[2], bytes = SOCKET_BYTES, err;

	if (!sweep(c)) {
		snprintf(why, size, "%d before it do not end", CHILD_STRAYS_MAX);
		return -ECHILD;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		err = -errno;
		snprintf(why, size, "socketpair: %s", strerror(-err));
		return err;
	}
	c->sock = pair[0];
	theirs = pair[1];
	setsockopt(theirs, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	setsockopt(c->sock, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	err = spawn(theirs, &c->pid);
	if (err) {
		snprintf(why, size, "/proc/self/exe cannot be executed: %s", strerror(-err));
		c->pid = 0;
		close_fdp(&c->sock);
		return err;
	}
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	close_fdp(&theirs); /* or its end would never be seen */
	theirs = -1;
	err = hear_hello(c, why, size);
	if (err)
		child_stop(c);
	return err;
}

static void reap(struct child *c)
{
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

	/* Without pidfd_open(), of 5.3, it is waited for however long it takes. */
	if (c->pidfd < 0 || poll(&p, 1, REAP_MS) > 0) {
		while (waitpid(c->pid, &c->status, 0) < 0) {
			if (errno != EINTR) {
				c->status = -1;
				return;
			}
		}
		return;
	}
	c->status = -1;
	for (size_t i = 0; i < CHILD_STRAYS_MAX; i++) {
		if (!c->strays[i]) {
			c->strays[i] = c->pid;
			return;
		}
	}
}

void child_stop(struct child *c)
{
	if (!c->pid)
		return;
	/* Its own death comes first: what it died of is still to be told. */
	kill(c->pid, SIGKILL);
	close(c->sock);
	reap(c);
	close_fdp(&c->pidfd);
	c->pid = 0;
}
