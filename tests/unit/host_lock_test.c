// SPDX-License-Identifier: GPL-2.0-only
/*
 * One agent per host, and how another one takes its place.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "cmd/lock.h"
#include "tap.h"
#include "tree.h"

/* A holder of the lock; deaf: to everything that can be ignored. */
static pid_t hold(const char *path, bool is_deaf)
{
	int ready[2];
	char c;
	pid_t pid;

	tree_must(!pipe(ready), "pipe");
	pid = fork();
	if (!pid) {
		if (is_deaf)
			signal(SIGTERM, SIG_IGN);
		if (lock_take(path, false) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	tree_must(pid > 0 && read(ready[0], &c, 1) == 1, "holder");
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static int ended_by(pid_t pid)
{
	int status = 0;

	tree_must(waitpid(pid, &status, 0) == pid, "waitpid");
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* Has the lock for a moment, as weir detach does. */
static pid_t keep_out(const char *path)
{
	int ready[2];
	char c;
	pid_t pid;

	tree_must(!pipe(ready), "pipe");
	pid = fork();
	if (!pid) {
		if (lock_keep_out(path, false) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		usleep(300000);
		_exit(0);
	}
	tree_must(pid > 0 && read(ready[0], &c, 1) == 1, "holder");
	close(ready[0]);
	close(ready[1]);
	return pid;
}

/* Whoever has it without being an agent is waited for; nobody else is meant. */
static void test_others(struct tree *t, const char *path)
{
	char number[24] = "?";
	pid_t pid, bystander;
	FILE *f;
	int fd;

	tree_text(t, "/run/lock", "4711\n");
	pid = keep_out(path);
	f = fopen(path, "r");
	ok(f && !fgets(number, sizeof(number), f), "what is no agent leaves no number behind");
	fclose(f);
	fd = lock_take(path, false);
	ok(fd >= 0 && !ended_by(pid), "an agent that starts meanwhile waits for it");
	close(fd);

	bystander = fork();
	if (!bystander)
		for (;;)
			pause();
	pid = keep_out(path);
	snprintf(number, sizeof(number), "%d\n", bystander);
	tree_text(t, "/run/lock", number);
	fd = lock_take(path, true);
	ok(fd >= 0 && !ended_by(pid), "one that replaces waits for it, too");
	ok(!waitpid(bystander, NULL, WNOHANG),
	   "and leaves alone whose number stands there since an agent has gone");
	close(fd);
	kill(bystander, SIGKILL);
	waitpid(bystander, NULL, 0);
}

int main(void)
{
	struct tree tree;
	char path[128];
	pid_t pid;
	int fd, status = 0;

	tree_init(&tree);
	snprintf(path, sizeof(path), "%s/run/lock", tree.base);
	fd = lock_take(path, false);
	ok(fd >= 0, "the first has it, the directory is made");
	close(fd);

	pid = hold(path, false);
	ok(lock_take(path, false) == -EWOULDBLOCK, "the second has not");
	fd = lock_take(path, true);
	ok(fd >= 0 && ended_by(pid) == SIGTERM, "unless it replaces the first, which is asked to end");
	close(fd);

	/* As an agent does, which takes its signals by descriptor. */
	pid = hold(path, true);
	kill(pid, SIGSTOP);
	fd = lock_take(path, true);
	ok(fd >= 0 && ended_by(pid) == SIGKILL, "one that hangs is killed");
	close(fd);

	/* The number that stands there need not be the holder's. */
	tree_text(&tree, "/run/lock", "1\n");
	fd = lock_take(path, true);
	ok(fd >= 0, "a lock that nobody holds is taken, whatever is written in it");
	pid = fork();
	if (!pid) {
		tree_text(&tree, "/run/lock", "1\n");
		_exit(lock_take(path, true) == -EWOULDBLOCK ? 0 : 1);
	}
	tree_must(waitpid(pid, &status, 0) == pid, "waitpid");
	ok(WIFEXITED(status) && !WEXITSTATUS(status), "the first process is nobody to replace");
	close(fd);
	test_others(&tree, path);
	tree_exit(&tree);
	return tap_done();
}
