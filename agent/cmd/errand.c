// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/errand.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/arming.h"

extern char **environ;

/* A second of them. */
#define DYING_POLLS 50

static int spawn(struct errand *e, const char *const *argv, int out_fd)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	int err;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out_fd, STDOUT_FILENO);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	err = posix_spawnp(&e->child, argv[0], &files, &attr, (char **)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -err;
}

int errand_start(struct errand *e, const char *const *argv)
{
	int pipe_fd[2], err;

	if (e->child)
		return -EBUSY;
	if (pipe2(pipe_fd, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	err = spawn(e, argv, pipe_fd[1]);
	close(pipe_fd[1]);
	if (err) {
		e->child = 0;
		close(pipe_fd[0]);
		return err;
	}
	e->fd = pipe_fd[0];
	e->why = 0;
	e->is_read = false;
	e->since_ns = arming_now_ns();
	buf_clear(&e->answer);
	return 0;
}

/* True when all was read that will ever come. */
static bool read_some(struct errand *e)
{
	char bytes[4096];
	ssize_t len;

	while ((len = read(e->fd, bytes, sizeof(bytes))) > 0)
		if (e->answer.len < ERRAND_BYTES_MAX)
			buf_add(&e->answer, bytes, (size_t)len);
	return !len;
}

static void give_up(struct errand *e, int why)
{
	if (e->why)
		return;
	e->why = why;
	kill(e->child, SIGKILL);
}

/* One that has closed its output may live on for as long as it likes. */
static int reap(struct errand *e)
{
	int status = 0;

	if (!waitpid(e->child, &status, WNOHANG))
		return -EAGAIN;
	close(e->fd);
	e->child = 0;
	if (e->why)
		return e->why;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

int errand_poll(struct errand *e)
{
	if (!e->child)
		return -EAGAIN;
	e->is_read = e->is_read || read_some(e);
	if (arming_now_ns() - e->since_ns > (e->limit_ns ? e->limit_ns : ERRAND_NS))
		give_up(e, -ETIME);
	return e->is_read || e->why ? reap(e) : -EAGAIN;
}

int errand_wait(struct errand *e)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000000L };
	int rc, dying = 0;

	while ((rc = errand_poll(e)) == -EAGAIN && e->child && dying < DYING_POLLS) {
		dying += e->why != 0;
		nanosleep(&pause, NULL);
	}
	return rc == -EAGAIN ? -ETIME : rc;
}

void errand_cancel(struct errand *e)
{
	if (e->child)
		give_up(e, -ECANCELED);
}

void errand_end(struct errand *e)
{
	errand_cancel(e);
	/* Whoever is not dead yet is the first process's to bury. */
	if (e->child && reap(e) == -EAGAIN) {
		close(e->fd);
		e->child = 0;
	}
	buf_free(&e->answer);
}
