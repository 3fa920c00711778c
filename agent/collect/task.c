// SPDX-License-Identifier: GPL-2.0-only
#include "collect/task.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "collect/cgroup_path.h"
#include "inventory/host.h"
#include "inventory/root.h"

/* Of include/linux/sched.h; in /proc/PID/stat since ever. */
#define PF_KTHREAD 0x00200000UL

#define DELETED " (deleted)"

/* How often a process that calls exec while it is read is read again. */
#define TRIES 3

ssize_t task_text(const struct task *t, const char *name, char *buf, size_t max)
{
	CLEANUP(close_fdp) int fd = openat(t->dir_fd, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	while (len < max) {
		got = read(fd, buf + len, max - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		len += (size_t)got;
	}
	buf[len] = '\0';
	return (ssize_t)len;
}

int task_link(const struct task *t, const char *name, char **ret)
{
	char target[WEIR_PATH_MAX + sizeof(DELETED)];
	ssize_t len = readlinkat(t->dir_fd, name, target, sizeof(target) - 1);

	if (len < 0)
		return -errno;
	target[len] = '\0';
	*ret = strdup(target);
	return *ret ? 0 : -ENOMEM;
}

/* "17 (any )thing) S 1 17 ...": the name may hold all but a NUL. */
static int read_stat(struct task *t)
{
	char text[1024], *open, *close;
	unsigned long flags;
	unsigned long long start;
	ssize_t len = task_text(t, "stat", text, sizeof(text) - 1);

	if (len < 0)
		return (int)len;
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || close < open)
		return -ESRCH;
	*close = '\0';
	snprintf(t->comm, sizeof(t->comm), "%s", open + 1);
	/* state ppid pgrp session tty tpgid FLAGS, then 12 more, then START. */
	if (sscanf(close + 1, " %*c %*d %*d %*d %*d %*d %lu %*u %*u %*u %*u %*u %*u %*d %*d"
			      " %*d %*d %*d %*d %llu", &flags, &start) != 2)
		return 0;
	t->is_kernel = flags & PF_KTHREAD;
	t->start_ns = start * (1000000000ULL / (unsigned long)sysconf(_SC_CLK_TCK));
	t->started = ((int64_t)t->start_ns + host_boot_offset_ns()) / 1000000000;
	return 0;
}

void task_own_path(const struct task *t, char *path)
{
	size_t len = strlen(path), mark = strlen(DELETED);
	size_t root = t->root && t->root[1] ? strlen(t->root) : 0;

	if (len > mark && !strcmp(path + len - mark, DELETED))
		path[len - mark] = '\0';
	if (root && !strncmp(path, t->root, root) && (!path[root] || path[root] == '/'))
		memmove(path, path + root, strlen(path + root) + 1);
	if (!*path)
		memcpy(path, "/", 2);
}

/*
 * A file may be called "x (deleted)" and still be there. Telling the two apart
 * takes a question to its file system, which may be one that never answers;
 * the mark is believed.
 */
static bool has_mark(const char *path)
{
	size_t len = strlen(path), mark = strlen(DELETED);

	return len > mark && !strcmp(path + len - mark, DELETED);
}

static int read_exe(struct task *t)
{
	int err = task_link(t, "root", &t->root);

	if (err == -ENOMEM)
		return err;
	err = task_link(t, "exe", &t->exe);
	if (err == -ENOMEM || err == -ESRCH)
		return err;
	if (err == -EACCES || err == -EPERM)
		t->err = -EACCES;
	if (err)
		return 0; /* a kernel thread, a zombie, or another user's */
	t->is_deleted = has_mark(t->exe);
	task_own_path(t, t->exe);
	return 0;
}

static int read_units(struct task *t)
{
	char text[8192];

	if (task_text(t, "cgroup", text, sizeof(text) - 1) < 0)
		return 0;
	return cgroup_names(text, t->units, TASK_UNITS_MAX, &t->started_by, &t->container);
}

static void forget(struct task *t)
{
	for (int i = 0; i < TASK_UNITS_MAX; i++) {
		free(t->units[i]);
		t->units[i] = NULL;
	}
	free(t->exe);
	free(t->root);
	free(t->started_by);
	free(t->container);
	t->exe = t->root = t->started_by = t->container = NULL;
	t->err = 0;
}

static int read_once(struct task *t)
{
	struct stat st;
	int err = read_stat(t);

	if (!err)
		err = read_exe(t);
	if (!err)
		err = read_units(t);
	if (err)
		return err;
	if (fstat(t->dir_fd, &st))
		return -ESRCH;
	t->uid = st.st_uid;
	return 0;
}

/* Did it call exec while it was read? */
static bool is_another(const struct task *t, const char *comm)
{
	char now[64];
	ssize_t len = task_text(t, "comm", now, sizeof(now) - 1);

	if (len <= 0 || t->is_kernel)
		return false;
	now[strcspn(now, "\n")] = '\0';
	/* The two files write odd bytes differently; those names are compared no further. */
	return !strpbrk(comm, "\\\n") && strcmp(comm, now) != 0;
}

int task_open(int proc_fd, uint32_t pid, struct task *ret)
{
	char name[16];
	int err = 0;

	memset(ret, 0, sizeof(*ret));
	ret->pid = pid;
	snprintf(name, sizeof(name), "%u", pid);
	ret->dir_fd = openat(proc_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ret->dir_fd < 0)
		return errno == ENOMEM ? -ENOMEM : -ESRCH;
	for (int i = 0; i < TRIES; i++) {
		forget(ret);
		err = read_once(ret);
		if (err || !is_another(ret, ret->comm))
			break;
	}
	return err == -ENOMEM || !err ? err : -ESRCH;
}

void task_close(struct task *t)
{
	forget(t);
	if (t->dir_fd >= 0)
		close(t->dir_fd);
	t->dir_fd = -1;
}

static int visit(int proc_fd, uint32_t pid, task_fn fn, void *ctx)
{
	CLEANUP(task_close) struct task t;
	int err = task_open(proc_fd, pid, &t);

	if (err == -ESRCH)
		return 0;
	return err ? err : fn(ctx, &t);
}

int tasks_each(struct survey *s, task_fn fn, void *ctx)
{
	CLEANUP(closedirp) DIR *d = NULL;
	struct dirent *e;
	int err = 0;
	int fd = root_open(s->root_fd, "/proc", O_RDONLY | O_DIRECTORY);

	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		survey_unread(s, fd < 0 ? fd : -errno, "/proc");
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (!err && (e = readdir(d)))
		if (isdigit((unsigned char)e->d_name[0]))
			err = visit(dirfd(d), (uint32_t)strtoul(e->d_name, NULL, 10), fn, ctx);
	return err;
}

bool tasks_are_hidden(struct survey *s)
{
	CLEANUP(close_fdp) int fd = root_open(s->root_fd, "/proc/1", O_PATH | O_DIRECTORY);

	return fd == -ENOENT || fd == -EPERM || fd == -EACCES;
}

size_t task_words(const struct task *t, struct fact *ret)
{
	size_t cnt = 0;

	ret[cnt++] = (struct fact){ IND_COMM, t->comm };
	for (int i = 0; i < TASK_UNITS_MAX && t->units[i]; i++)
		ret[cnt++] = (struct fact){ IND_UNIT, t->units[i] };
	return cnt;
}

const char *task_user(struct survey *s, const struct task *t, char *buf, size_t size)
{
	CLEANUP(close_fdp) int fd = root_open_file(s->root_fd, "/etc/passwd", NULL);
	CLEANUP(fclosep) FILE *f = NULL;
	struct passwd entry, *got = NULL;
	char line[1024];

	snprintf(buf, size, "%u", (unsigned int)t->uid);
	/* The file alone: the name service may ask another host. */
	f = fd < 0 ? NULL : fdopen(fd, "re");
	if (f)
		(void)take_fd(fd);
	while (f && !fgetpwent_r(f, &entry, line, sizeof(line), &got)) {
		if (entry.pw_uid != t->uid)
			continue;
		snprintf(buf, size, "%s", entry.pw_name);
		break;
	}
	return buf;
}
