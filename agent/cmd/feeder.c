// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/feeder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/guarding.h"
#include "cmd/keying.h"
#include "inventory/mounts.h"

#define NS_PER_S 1000000000ULL

/* A package manager writes its database many times in one run. */
#define SETTLE_NS (10 * NS_PER_S)

/* At idle priority on a busy host a pass may take long; beyond this it is stuck. */
#define PASS_NS (6 * 3600 * NS_PER_S)

/* A line is one path and some words. */
#define LINE_BYTES_MAX 65536

/* Lines taken in one go: the rings want to be drained in between. */
#define READ_BYTES 16384

extern char **environ;

/* What dpkg and rpm rename or write when something was installed or removed. */
static const struct {
	const char *path;
	uint32_t mask;
} databases[] = {
	{ "/var/lib/dpkg", IN_MOVED_TO },
	{ "/var/lib/rpm", IN_MOVED_TO | IN_CLOSE_WRITE },
	{ "/usr/lib/sysimage/rpm", IN_MOVED_TO | IN_CLOSE_WRITE },
};

static void make_due(struct feeder *f, uint64_t in_ns, bool whole)
{
	f->due_ns = arming_now_ns() + in_ns;
	f->due_whole |= whole;
}

void feeder_wake(struct feeder *f, bool whole)
{
	make_due(f, SETTLE_NS, whole);
}

void feeder_open(struct feeder *f)
{
	f->packages_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	for (size_t i = 0; f->packages_fd >= 0 && i < ARRAY_SIZE(databases); i++)
		inotify_add_watch(f->packages_fd, databases[i].path,
				  databases[i].mask | IN_ONLYDIR);
	f->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	f->device_cnt = mounts_devices(f->devices, FEEDER_DEVICES);
	f->lines_fd = -1;
	arrivals_open(&f->arrivals);
	make_due(f, 0, true);
}

/* The child ends with us: what it would still find, the next agent finds. */
static void end_child(struct feeder *f)
{
	if (f->child > 0) {
		kill(f->child, SIGKILL);
		waitpid(f->child, NULL, 0);
	}
	f->child = 0;
	close_fdp(&f->lines_fd);
	f->lines_fd = -1;
	buf_clear(&f->rest);
}

void feeder_close(struct feeder *f)
{
	end_child(f);
	close_fdp(&f->packages_fd);
	close_fdp(&f->mounts_fd);
	arrivals_close(&f->arrivals);
	buf_free(&f->rest);
}

static int spawn(struct agent *a, int out_fd)
{
	const char *argv[] = { "weir", "feed", "--catalog", a->opts->catalog,
			       a->feeder.is_whole ? NULL : "--packages", NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	int err;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out_fd, STDOUT_FILENO);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	err = posix_spawn(&a->feeder.child, "/proc/self/exe", &files, &attr, (char **)argv,
			  environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -err;
}

static int begin(struct agent *a)
{
	struct feeder *f = &a->feeder;
	int pipe_fd[2], err;

	if (pipe2(pipe_fd, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	/* The child's end blocks: a full pipe makes it wait, which costs nobody. */
	fcntl(pipe_fd[1], F_SETFL, 0);
	f->is_whole = f->due_whole;
	err = spawn(a, pipe_fd[1]);
	close(pipe_fd[1]);
	if (err) {
		close(pipe_fd[0]);
		return err;
	}
	f->lines_fd = pipe_fd[0];
	f->started_ns = arming_now_ns();
	f->due_ns = 0;
	f->due_whole = false;
	f->is_ended = false;
	f->files = f->keys = f->guarded = f->unread = 0;
	f->pass++;
	return 0;
}

static void fail(struct agent *a, const char *why)
{
	char text[160];

	a->feeder.failures++;
	snprintf(text, sizeof(text), "the inventory did not come to its end: %s", why);
	agent_note(a, EVENT_INVENTORY, NULL, text, NULL);
	fprintf(stderr, "weir: %s; keys made so far stay\n", text);
}

/* The last line: {"end":true,"unread":N}. */
static bool take_end(struct feeder *f, const char *line, size_t len)
{
	json_t *j = json_loadb(line, len, 0, NULL);

	f->is_ended = json_is_true(json_object_get(j, "end"));
	f->unread = (uint64_t)json_integer_value(json_object_get(j, "unread"));
	json_decref(j);
	return f->is_ended;
}

static void take_lines(struct agent *a)
{
	struct feeder *f = &a->feeder;
	char *line = f->rest.data, *end;
	size_t left = f->rest.len;

	while (left && (end = memchr(line, '\n', left))) {
		size_t len = (size_t)(end - line);

		if (known_parse(line, len, keying_take, a) == -EINVAL)
			take_end(f, line, len);
		line = end + 1;
		left -= len + 1;
	}
	buf_drop(&f->rest, f->rest.len - left);
}

void feeder_save(struct agent *a)
{
	int err;

	mkdir(ARMING_STATE, 0700); /* a host without the unit has none yet */
	err = a->known.is_dirty ? known_write(FEEDER_KNOWN, &a->known) : 0;

	if (err)
		fprintf(stderr, "weir: %s: %s: after a restart the inventory begins anew\n",
			FEEDER_KNOWN, strerror(-err));
}

/* A freeze lets run what was found, and a guard is made of what is there now. */
static void follow(struct agent *a, bool changed)
{
	bool first = a->feeder.is_whole && !a->installed.is_counted;
	bool guard_changed = a->feeder.guard_changed;

	a->installed.is_counted |= a->feeder.is_whole;
	/* What arrives from here on is another change. */
	a->feeder.guard_changed = false;
	if (guard_changed ||
	    (freeze_is_meant(a->now->plan->compiled) && (first || changed)))
		agent_refill(a, guard_changed ? "files of the guard have changed" :
						      "the inventory has found more");
}

static void end_pass(struct agent *a)
{
	struct feeder *f = &a->feeder;
	char text[200];

	bool changed = a->known.is_dirty;

	f->passes++;
	f->last_ns = arming_now_ns();
	f->took_ns = f->last_ns - f->started_ns;
	if (f->is_whole && !f->unread)
		keying_forget_gone(a);
	feeder_save(a);
	snprintf(text, sizeof(text),
		 "%s: %" PRIu64 " listed files, %" PRIu64 " with a key, %" PRIu64
		 " guarded, %" PRIu64 " places could not be read",
		 f->is_whole ? "the whole host" : "packages", f->files, f->keys, f->guarded,
		 f->unread);
	agent_note(a, EVENT_INVENTORY, NULL, text, NULL);
	agent_say(a, "weir: inventory of %s", text);
	follow(a, changed);
}

static void end_of_lines(struct agent *a)
{
	struct feeder *f = &a->feeder;
	int status = 0;

	close_fdp(&f->lines_fd);
	f->lines_fd = -1;
	waitpid(f->child, &status, 0);
	f->child = 0;
	if (f->is_ended)
		end_pass(a);
	else if (WIFSIGNALED(status))
		fail(a, strsignal(WTERMSIG(status)));
	else
		fail(a, "see the line above");
	buf_clear(&f->rest);
}

static void read_lines(struct agent *a)
{
	struct feeder *f = &a->feeder;
	char bytes[READ_BYTES];
	ssize_t len = read(f->lines_fd, bytes, sizeof(bytes));

	if (len < 0)
		return;
	buf_add(&f->rest, bytes, (size_t)len);
	take_lines(a);
	if (f->rest.err || f->rest.len > LINE_BYTES_MAX)
		kill(f->child, SIGKILL);
	if (!len)
		end_of_lines(a);
}

static bool drain_inotify(int fd)
{
	char bytes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool any = false;

	while (read(fd, bytes, sizeof(bytes)) > 0)
		any = true;
	return any;
}

/* Read to its end, or poll tells of the same change for ever. */
static void drain_mounts(int fd)
{
	char bytes[4096];

	if (lseek(fd, 0, SEEK_SET))
		return;
	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

/*
 * Containers come and go with a dozen mounts each, of file systems that are
 * here already or live in memory. Only one from elsewhere has files to be found.
 */
static bool has_new_device(struct feeder *f)
{
	uint64_t now[FEEDER_DEVICES];
	uint32_t cnt = mounts_devices(now, FEEDER_DEVICES), known = 0;

	for (uint32_t i = 0; i < cnt; i++)
		for (uint32_t k = 0; k < f->device_cnt; k++)
			known += now[i] == f->devices[k];
	memcpy(f->devices, now, cnt * sizeof(*now));
	f->device_cnt = cnt;
	return known < cnt;
}

void feeder_take(struct agent *a, int fd)
{
	struct feeder *f = &a->feeder;

	if (fd == f->lines_fd) {
		read_lines(a);
	} else if (fd == f->packages_fd) {
		if (drain_inotify(fd))
			feeder_wake(f, false);
	} else if (fd == f->mounts_fd) {
		drain_mounts(fd);
		if (has_new_device(f))
			feeder_wake(f, true);
	} else if (fd == f->arrivals.fd && arrivals_take(&f->arrivals, keying_arrival, a)) {
		feeder_wake(f, true);
		guarding_suspect(a);
	}
}

int feeder_tend(struct agent *a)
{
	struct feeder *f = &a->feeder;
	uint64_t now = arming_now_ns();
	int err;

	guarding_tend(a);
	if (f->lines_fd >= 0) {
		if (now - f->started_ns > PASS_NS)
			kill(f->child, SIGKILL);
		return -1;
	}
	if (!f->due_ns || now < f->due_ns)
		return -1;
	err = begin(a);
	if (!err)
		return f->lines_fd;
	fail(a, strerror(-err));
	make_due(f, 60 * NS_PER_S, true);
	return -1;
}

void feeder_status(const struct agent *a, struct jout *j)
{
	const struct feeder *f = &a->feeder;

	jout_add_object(j, "inventory");
	jout_add_str(j, "state", f->lines_fd >= 0 ? "under way" :
				 f->due_ns	  ? "due" :
						    "up to date");
	jout_add_u64(j, "passes", f->passes);
	jout_add_u64(j, "failures", f->failures);
	jout_add_u64(j, "files", f->files);
	jout_add_u64(j, "keys", f->keys);
	jout_add_u64(j, "guarded", f->guarded);
	jout_add_u64(j, "unread", f->unread);
	jout_add_u64(j, "known", a->known.cnt);
	jout_add_u64(j, "watched", f->arrivals.dir_cnt);
	jout_add_bool(j, "counted", a->installed.is_counted);
	if (f->passes) {
		jout_add_u64(j, "ended_s_ago", (arming_now_ns() - f->last_ns) / NS_PER_S);
		jout_add_u64(j, "took_ms", f->took_ns / 1000000);
	}
	jout_end(j);
}
