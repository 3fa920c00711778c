// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts the agent and tells how long it took until it said READY:
 *
 *   launch start LOG COMMAND...    prints "PID MICROSECONDS"; the agent stays
 *   launch stop PID                SIGINT, and waits for its end
 *   launch cpu COMMAND...          prints the microseconds of CPU time it took
 *
 * Nothing here polls: READY=1 comes as sd_notify's datagram, ends by pidfd.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READY_MS 300000
#define STOP_MS 60000

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_process(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		die("pidfd_open");
	return fd;
}

/* An abstract address of our own; its name goes into the environment. */
static int open_notify(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char name[64];
	int len = snprintf(name, sizeof(name), "@weir-bench-%d", getpid());

	memcpy(at.sun_path, name, len);
	at.sun_path[0] = '\0';
	if (fd < 0 || bind(fd, (void *)&at, offsetof(struct sockaddr_un, sun_path) + len))
		die("notify socket");
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static pid_t start(const char *log, char **command)
{
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t pid;

	if (out < 0 || in < 0)
		die(log);
	pid = fork();
	if (pid)
		return pid;
	setsid();
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	execv(command[0], command);
	_exit(127);
}

static int wait_ready(int notify, pid_t pid)
{
	struct pollfd fds[] = { { .fd = notify, .events = POLLIN },
				{ .fd = open_process(pid), .events = POLLIN } };
	char text[512];
	ssize_t n;

	while (poll(fds, 2, READY_MS) > 0) {
		if (fds[0].revents) {
			n = recv(notify, text, sizeof(text) - 1, 0);
			text[n > 0 ? n : 0] = '\0';
			if (strstr(text, "READY=1"))
				return 0;
		} else if (fds[1].revents) {
			fprintf(stderr, "launch: the agent ended before it was ready\n");
			return 1;
		}
	}
	fprintf(stderr, "launch: no READY in time\n");
	kill(pid, SIGINT);
	return 1;
}

static int do_start(const char *log, char **command)
{
	int notify = open_notify(), ret;
	uint64_t begin = now_us();
	pid_t pid = start(log, command);

	if (pid < 0)
		die("fork");
	ret = wait_ready(notify, pid);
	if (!ret)
		printf("%d %llu\n", pid, (unsigned long long)(now_us() - begin));
	return ret;
}

static int do_stop(pid_t pid)
{
	struct pollfd end = { .fd = open_process(pid), .events = POLLIN };

	if (kill(pid, SIGINT))
		die("kill");
	if (poll(&end, 1, STOP_MS) == 1)
		return 0;
	fprintf(stderr, "launch: %d does not end\n", pid);
	return 1;
}

static int do_cpu(char **command)
{
	struct rusage use;
	int status = -1;
	pid_t pid = start("/dev/null", command);

	if (pid < 0 || wait4(pid, &status, 0, &use) < 0)
		die(command[0]);
	printf("%lld\n", (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000ll +
	       use.ru_utime.tv_usec + use.ru_stime.tv_usec);
	return status ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && !strcmp(argv[1], "start"))
		return do_start(argv[2], argv + 3);
	if (argc == 3 && !strcmp(argv[1], "stop"))
		return do_stop(atoi(argv[2]));
	if (argc >= 3 && !strcmp(argv[1], "cpu"))
		return do_cpu(argv + 2);
	fputs("Usage: launch start LOG COMMAND... | launch stop PID | launch cpu COMMAND...\n",
	      stderr);
	return 2;
}
