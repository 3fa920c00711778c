// SPDX-License-Identifier: GPL-2.0-only
#include "collect/unit_state.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "collect/reading.h"
#include "match/trace.h"
#include "parse/unit_state.h"

/*
 * A manager that does not answer is one that the static files stand in for. On a
 * busy host it answers for hundreds of units, slowly, to a scan that gives way
 * to all others: as long as it goes on, it is waited for.
 */
#define SILENCE_MS 10000
#define ANSWER_MS 120000

/* A child to be ended and waited for. */
struct child {
	pid_t pid;
};

static void end_child(struct child *c)
{
	if (c->pid <= 0)
		return;
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int64_t now_ms(void)
{
	struct timespec t = {};

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool unit_state_is_there(void)
{
	struct stat st;

	/* As sd_booted(3) has it. */
	return !lstat("/run/systemd/system", &st) && S_ISDIR(st.st_mode);
}

bool unit_state_user_is_there(uint32_t uid)
{
	char socket[64];
	struct stat st;

	snprintf(socket, sizeof(socket), "/run/user/%u/systemd/private", uid);
	return !lstat(socket, &st) && S_ISSOCK(st.st_mode) && st.st_uid == uid;
}

static bool become(uint32_t uid)
{
	return !setgroups(0, NULL) && !setresgid(uid, uid, uid) && !setresuid(uid, uid, uid);
}

/* In the child. Nothing of the agent's is left open but the end of the pipe. */
static _Noreturn void run_systemctl(uint32_t uid, int out)
{
	static const char *const programs[] = { "/usr/bin/systemctl", "/bin/systemctl" };
	const bool is_user = uid != UNIT_STATE_SYSTEM;
	char runtime[64] = "", *env[4] = { NULL };
	char path[] = "PATH=/usr/bin:/bin", lang[] = "LC_ALL=C";
	sigset_t none;
	int null;

	snprintf(runtime, sizeof(runtime), "XDG_RUNTIME_DIR=/run/user/%u", uid);
	env[0] = path;
	env[1] = lang;
	env[2] = is_user ? runtime : NULL;
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(null, 2) < 0)
		_exit(126);
	/* All of ours close on exec; this is for what a library may have opened. */
	close_range(3, ~0u, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir("/") || (is_user && !become(uid)))
		_exit(126);
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		execle(programs[i], "systemctl", is_user ? "--user" : "--system", "show", "--all",
		       "--no-pager", "-p", UNIT_STATE_PROPERTIES, "*", (char *)NULL, env);
	_exit(127);
}

/* All that comes from @from until its end, into @to. */
static int copy_answer(int from, int to, int64_t deadline_ms)
{
	int64_t silent_ms = now_ms() + SILENCE_MS;
	char part[16384];
	size_t total = 0;

	for (;;) {
		struct pollfd p = { .fd = from, .events = POLLIN };
		int64_t now = now_ms(), left = deadline_ms - now;
		ssize_t got;

		if (left > silent_ms - now)
			left = silent_ms - now;
		if (left <= 0)
			return -ETIME;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
		got = read(from, part, sizeof(part));
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return 0;
		silent_ms = now_ms() + SILENCE_MS;
		total += (size_t)got;
		if (total > UNIT_STATE_BYTES_MAX)
			return -EFBIG;
		if (write(to, part, (size_t)got) != got)
			return -EIO;
	}
}

/* How it ended, once it has; it has closed its end already and is given a moment. */
static int reap(struct child *c, int64_t deadline_ms)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	int status;
	pid_t pid;

	while ((pid = waitpid(c->pid, &status, WNOHANG)) <= 0) {
		if (pid < 0 && errno != EINTR)
			return -errno;
		if (now_ms() >= deadline_ms)
			return -ETIME;
		nanosleep(&moment, NULL);
	}
	c->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return -ENOENT;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EPROTO;
}

int unit_state_ask(uint32_t uid)
{
	CLEANUP(end_child) struct child child = {};
	CLEANUP(close_fdp) int from = -1;
	CLEANUP(close_fdp) int to = -1;
	int64_t deadline_ms = now_ms() + ANSWER_MS;
	int ends[2], err;

	to = memfd_create("weir-units", MFD_CLOEXEC);
	if (to < 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	from = ends[0];
	/* systemctl writes as any program does and would not expect EAGAIN. */
	fcntl(ends[1], F_SETFL, 0);
	child.pid = fork();
	if (!child.pid)
		run_systemctl(uid, ends[1]);
	err = child.pid < 0 ? -errno : 0;
	close(ends[1]);
	if (!err)
		err = copy_answer(from, to, deadline_ms);
	if (!err)
		err = reap(&child, deadline_ms);
	return err ? err : take_fd(to);
}

static int take_names(struct unit_set *set, const struct row *row, struct unit *u)
{
	const char *text;
	uint32_t at = 0;
	int err = 0;

	while (!err && (text = row_next_text(row, UNIT_STATE_NAMES, &at)))
		err = unit_add_name(set, u, text);
	at = 0;
	while (!err && (text = row_next_text(row, UNIT_STATE_TRIGGERED_BY, &at)))
		err = unit_add_starter(set, u, text, true);
	return err;
}

static const char *keep(struct unit_set *set, const char *text)
{
	return text ? unit_set_text(set, text) : NULL;
}

static int take_state(void *ctx, const struct row *row)
{
	const char *id = row_text(row, UNIT_STATE_ID), *file = row_text(row, UNIT_STATE_FILE);
	const char *active = row_text(row, UNIT_STATE_ACTIVE);
	const char *fragment = row_text(row, UNIT_STATE_FRAGMENT);
	struct unit_set *set = ctx;
	struct unit *u;

	if (!id || !unit_name_is_valid(id) || !active)
		return 0;
	u = unit_set_find(set, id);
	/* Units that are merely named by others, or that the kernel makes, are nothing. */
	if (!u && !fragment && !strcmp(active, "inactive"))
		return 0;
	u = unit_set_add(set, id);
	if (!u)
		return set->is_cut ? 0 : -ENOMEM;
	u->active = keep(set, active);
	u->sub = keep(set, row_text(row, UNIT_STATE_SUB));
	u->user = keep(set, row_text(row, UNIT_STATE_USER));
	u->pid = (uint32_t)row_u64(row, UNIT_STATE_PID, 0);
	u->restarts = row_u64(row, UNIT_STATE_RESTARTS, 0);
	/* Of what is masked it names the link to /dev/null. */
	if (!u->fragment && !u->alias_of && !u->mask && fragment && *fragment == '/')
		u->fragment = keep(set, fragment);
	if (!strcmp(active, "failed"))
		u->flags |= TRACE_FAILED;
	else if (strcmp(active, "inactive") != 0)
		u->flags |= TRACE_RUNNING;
	if (file && !strncmp(file, "enabled", 7))
		u->flags |= TRACE_ENABLED;
	if (u->flags & (TRACE_RUNNING | TRACE_FAILED))
		u->is_local = true;
	return take_names(set, row, u);
}

int unit_state_apply(struct survey *s, struct unit_set *set, int fd)
{
	return reading_fd(s, PARSER_UNIT_STATE, READING_PLAIN, fd, "the state of units", take_state,
			  set);
}
