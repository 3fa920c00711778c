/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Subjects: processes that a test starts so that a collector can find them.
 * Each is ended with the test; one that does not start is failure of the
 * machine.
 */
#ifndef WEIR_TESTS_SUBJECT_H
#define WEIR_TESTS_SUBJECT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "tree.h"

#define SUBJECTS_MAX 32

struct subjects {
	pid_t pids[SUBJECTS_MAX];
	unsigned int cnt;
};

static inline void subject_keep(struct subjects *s, pid_t pid)
{
	tree_must(pid > 0 && s->cnt < SUBJECTS_MAX, "fork");
	s->pids[s->cnt++] = pid;
}

/* Waits until /proc/PID/exe is, or is not, this test's own: exec is over. */
static inline void subject_wait_exec(pid_t pid)
{
	char link[64], own[4096] = "", theirs[4096];
	struct timespec moment = { .tv_nsec = 2000000 };

	tree_must(readlink("/proc/self/exe", own, sizeof(own) - 1) > 0, "/proc/self/exe");
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	for (int i = 0; i < 5000; i++) {
		memset(theirs, 0, sizeof(theirs));
		tree_must(readlink(link, theirs, sizeof(theirs) - 1) > 0, "a subject died");
		if (strcmp(own, theirs) != 0)
			return;
		nanosleep(&moment, NULL);
	}
	tree_must(false, "a subject did not start");
}

/* Reading from it waits for the end of the test. */
static inline int subject_stdin(void)
{
	static int ends[2] = { -1, -1 };

	tree_must(ends[0] >= 0 || !pipe2(ends, O_CLOEXEC), "pipe");
	return ends[0];
}

/*
 * A program with these arguments and variables; it runs when this returns. A
 * shell waits best by `read line`: it starts no other process that stays.
 */
static inline pid_t subject_exec(struct subjects *s, const char *file, const char *const *argv,
				 const char *const *env)
{
	static const char *const nothing[] = { "PATH=/usr/bin:/bin", NULL };
	int in = subject_stdin();
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in, STDIN_FILENO);
		execve(file, (char *const *)argv, (char *const *)(env ? env : nothing));
		_exit(127);
	}
	subject_keep(s, pid);
	subject_wait_exec(pid);
	return pid;
}

/*
 * A copy of this test that calls @fn and then waits to be ended; what @fn does
 * is done when this returns.
 */
static inline pid_t subject_fork(struct subjects *s, void (*fn)(void *ctx), void *ctx)
{
	int ready[2];
	pid_t pid;
	char byte;

	tree_must(!pipe(ready), "pipe");
	fflush(NULL);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fn(ctx);
		close(ready[0]);
		tree_must(write(ready[1], "x", 1) == 1, "write");
		for (;;)
			pause();
	}
	subject_keep(s, pid);
	close(ready[1]);
	tree_must(read(ready[0], &byte, 1) == 1, "a subject did not start");
	close(ready[0]);
	return pid;
}

static inline void subjects_end(struct subjects *s)
{
	for (unsigned int i = 0; i < s->cnt; i++) {
		kill(s->pids[i], SIGKILL);
		waitpid(s->pids[i], NULL, 0);
	}
	s->cnt = 0;
}

/* Its number as text, in one of a few static buffers. */
static inline const char *pid_text(pid_t pid)
{
	static char text[8][16];
	static unsigned int next;
	char *t = text[next++ % 8];

	snprintf(t, sizeof(text[0]), "%d", (int)pid);
	return t;
}

/* Copies a file into the tree, executable. */
static inline void subject_copy(const struct tree *t, const char *from, const char *to)
{
	char full[4096], buf[65536];
	FILE *in = fopen(from, "re"), *out;
	size_t got;

	tree_parents(t, to);
	snprintf(full, sizeof(full), "%s%s", t->base, to);
	out = fopen(full, "we");
	tree_must(in && out, from);
	while ((got = fread(buf, 1, sizeof(buf), in)) > 0)
		tree_must(fwrite(buf, 1, got, out) == got, full);
	tree_must(!fclose(in) && !fclose(out) && !chmod(full, 0755), full);
}

#endif /* WEIR_TESTS_SUBJECT_H */
