// SPDX-License-Identifier: GPL-2.0-only
#include "collect/program.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"

/* How the child says that the program could not be started: by no program used. */
#define EXIT_NOT_STARTED 251

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static bool limit(int resource, uint64_t value)
{
	struct rlimit l = { .rlim_cur = value, .rlim_max = value };

	return !setrlimit((__rlimit_resource_t)resource, &l);
}

static bool drop_privileges(void)
{
	if (geteuid() != 0)
		return true;
	/* Not everywhere allowed, and only one wall more. */
	if (unshare(CLONE_NEWNET | CLONE_NEWIPC))
		errno = 0;
	return !setgroups(0, NULL) && !setresgid(PROGRAM_UID, PROGRAM_UID, PROGRAM_UID) &&
	       !setresuid(PROGRAM_UID, PROGRAM_UID, PROGRAM_UID);
}

/* In the child, between fork and exec. */
static _Noreturn void become(const struct program *p, int err_fd)
{
	static const char *const environment[] = { "PATH=/usr/bin:/bin", "LC_ALL=C",
						   "HOME=/nonexistent", NULL };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (null < 0 || dup2(null, 0) < 0 || dup2(p->out_fd, 1) < 0 || dup2(err_fd, 2) < 0 ||
	    chdir("/") || !drop_privileges() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) || !limit(RLIMIT_CORE, 0) ||
	    !limit(RLIMIT_FSIZE, p->out_bytes_max) || !limit(RLIMIT_AS, PROGRAM_MEMORY_BYTES) ||
	    !limit(RLIMIT_CPU, p->time_ns / 1000000000ULL + 1) || !limit(RLIMIT_NOFILE, 256))
		_exit(EXIT_NOT_STARTED);
	execve(p->argv[0], (char *const *)p->argv, (char *const *)environment);
	_exit(EXIT_NOT_STARTED);
}

/* Its complaints until it ends or is late; the first line is kept. */
static int listen_to(int fd, uint64_t deadline_ns, char *why, size_t why_size)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char piece[512];
	size_t len = 0;

	for (;;) {
		uint64_t now = now_ns();
		ssize_t got;

		if (now >= deadline_ns)
			return -ETIME;
		if (poll(&poll_fd, 1, (int)((deadline_ns - now) / 1000000) + 1) <= 0)
			continue;
		got = read(fd, piece, sizeof(piece));
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return 0;
		for (ssize_t i = 0; i < got && len + 1 < why_size; i++)
			why[len++] = piece[i];
		why[len] = '\0';
	}
}

/* One line, of what a terminal can take. */
static void tidy(char *why)
{
	why[strcspn(why, "\n")] = '\0';
	for (; *why; why++)
		if (!isprint((unsigned char)*why))
			*why = '?';
}

/* It has closed its standard error, so it ends; or it is made to. */
static int reap(pid_t pid, uint64_t deadline_ns, int *ret_status)
{
	const struct timespec a_while = { .tv_nsec = 1000000 };
	pid_t got;

	for (;;) {
		got = waitpid(pid, ret_status, WNOHANG);
		if (got == pid)
			return 0;
		if (got < 0 && errno != EINTR)
			return -errno;
		if (now_ns() >= deadline_ns)
			break;
		nanosleep(&a_while, NULL);
	}
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
		;
	return -ETIME;
}

static int verdict(int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ)
		return -EFBIG;
	if (WIFSIGNALED(status))
		return -ECANCELED;
	if (WEXITSTATUS(status) == EXIT_NOT_STARTED)
		return -ENOEXEC;
	return WEXITSTATUS(status) ? -EIO : 0;
}

int program_run(const struct program *p, char *why, size_t why_size)
{
	uint64_t deadline_ns = now_ns() + p->time_ns;
	CLEANUP(close_fdp) int in = -1;
	int fds[2], status, err;
	pid_t pid;

	*why = '\0';
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	in = fds[0];
	pid = fork();
	if (!pid)
		become(p, fds[1]);
	err = pid < 0 ? -errno : 0;
	close(fds[1]);
	if (err)
		return err;
	err = listen_to(in, deadline_ns, why, why_size);
	tidy(why);
	if (err)
		deadline_ns = 0;
	err = reap(pid, deadline_ns, &status);
	return err ? err : verdict(status);
}
