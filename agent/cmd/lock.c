// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

#define ASKED_MS 5000
#define ENDED_MS 5000

/* A descriptor that has closed may be seen a moment before its lock is free. */
#define TRIES 100
#define TRY_NS 20000000L

/* Forty seconds: systemctl is given thirty. */
#define PATIENT_TRIES 2000

static int open_lock(const char *path)
{
	char dir[128];
	const char *slash = strrchr(path, '/');
	int fd;

	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	if (mkdir(dir, 0755) && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

static int try_lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0;
}

/* Whose it is, by what he wrote there; 0: nobody's. */
static pid_t read_holder(int fd)
{
	char text[24] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	return n > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

static void write_holder(int fd)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%d\n", getpid());

	if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)len, 0) != len)
		fprintf(stderr, "weir: lock: %s: --replace cannot find this agent\n",
			strerror(errno));
}

/* True when it has ended in time. */
static bool end(int process, int sig, int ms)
{
	struct pollfd p = { .fd = process, .events = POLLIN };

	if (syscall(SYS_pidfd_send_signal, process, sig, NULL, 0))
		return errno == ESRCH;
	return poll(&p, 1, ms) > 0;
}

/*
 * Has @pid the lock? What stands in the file may be of an agent that is gone, and
 * its number another's by now.
 */
static bool is_holder(pid_t pid, int fd)
{
	CLEANUP(fclosep) FILE *f = fopen("/proc/locks", "re");
	unsigned long ino;
	char line[256];
	struct stat st;
	int holder;

	if (!f || fstat(fd, &st))
		return false;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %*x:%*x:%lu", &holder, &ino) == 2 &&
		    holder == pid && ino == st.st_ino)
			return true;
	return false;
}

/* An agent that has it keeps it: only who is to end it waits then. */
static int wait_for_lock(int fd, int tries, bool for_agent)
{
	for (int i = 0; i < tries && (for_agent || !read_holder(fd)); i++) {
		if (!try_lock(fd))
			return 0;
		nanosleep(&(struct timespec){ .tv_nsec = TRY_NS }, NULL);
	}
	return -EWOULDBLOCK;
}

static int end_holder(int fd)
{
	pid_t pid = read_holder(fd);
	CLEANUP(close_fdp) int process = pid > 1 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	if (process < 0 || !is_holder(pid, fd))
		return wait_for_lock(fd, TRIES, true);
	if (!end(process, SIGTERM, ASKED_MS)) {
		fprintf(stderr, "weir: the agent with process id %d did not end: it is killed\n",
			pid);
		end(process, SIGKILL, ENDED_MS);
	}
	return wait_for_lock(fd, TRIES, true);
}

static int take(const char *path, bool replace, int *ret)
{
	CLEANUP(close_fdp) int fd = open_lock(path);
	int err;

	if (fd < 0)
		return fd;
	err = try_lock(fd);
	if (err == -EWOULDBLOCK && replace)
		err = end_holder(fd);
	/* One that is no agent is done in a moment. */
	if (err == -EWOULDBLOCK)
		err = wait_for_lock(fd, PATIENT_TRIES, false);
	if (!err)
		*ret = take_fd(fd);
	return err;
}

int lock_take(const char *path, bool replace)
{
	int fd, err = take(path, replace, &fd);

	if (err)
		return err;
	write_holder(fd);
	return fd;
}

int lock_keep_out(const char *path, bool replace)
{
	int fd, err = take(path, replace, &fd);

	if (err)
		return err;
	if (ftruncate(fd, 0))
		fprintf(stderr, "weir: lock: %s\n", strerror(errno));
	return fd;
}
