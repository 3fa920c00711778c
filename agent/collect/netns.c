// SPDX-License-Identifier: GPL-2.0-only
#include "collect/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "collect/task.h"
#include "inventory/root.h"

#define NSFS_MAGIC 0x6e736673

struct netns {
	int fd;
	dev_t dev;
	ino_t ino;
	char name[128];
};

struct walk {
	struct survey *s;
	const char *what;
	struct netns list[NETNS_MAX];
	uint32_t cnt, over_cnt, denied_cnt;
	int denied_err;
	netns_fn fn;
	void *ctx;
	int err;
};

static bool is_known(const struct walk *w, const struct stat *st)
{
	for (uint32_t i = 0; i < w->cnt; i++)
		if (w->list[i].dev == st->st_dev && w->list[i].ino == st->st_ino)
			return true;
	return false;
}

static void count_denied(struct walk *w, int err)
{
	if (err == -ENOENT || err == -ESRCH)
		return;
	w->denied_cnt++;
	w->denied_err = err;
}

/* Takes @fd. */
static void add(struct walk *w, int fd, const struct stat *st, const char *name)
{
	struct netns *ns = &w->list[w->cnt];

	if (w->cnt == NETNS_MAX) {
		w->over_cnt++;
		close(fd);
		return;
	}
	*ns = (struct netns){ .fd = fd, .dev = st->st_dev, .ino = st->st_ino };
	snprintf(ns->name, sizeof(ns->name), "%s", name);
	w->cnt++;
}

static int add_task(void *ctx, const struct task *t)
{
	struct walk *w = ctx;
	char name[128];
	struct stat st;
	int fd;

	/* Another user's is not counted: it may well be our own. */
	if (fstatat(t->dir_fd, "ns/net", &st, 0) || is_known(w, &st))
		return 0;
	fd = openat(t->dir_fd, "ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		count_denied(w, -errno);
		return 0;
	}
	snprintf(name, sizeof(name), "network of %u (%s)", t->pid, t->comm);
	add(w, fd, &st, name);
	return 0;
}

/* A name in /run/netns is a mount of the namespace; what is none is left alone. */
static void add_named(struct walk *w, const char *dir, const char *entry)
{
	CLEANUP(close_fdp) int at = -1;
	char path[512], name[128];
	struct statfs fs;
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, entry);
	at = root_open(w->s->root_fd, path, O_PATH | O_NOFOLLOW);
	if (at < 0 || fstatfs(at, &fs) || fs.f_type != NSFS_MAGIC || fstat(at, &st) ||
	    is_known(w, &st))
		return;
	fd = root_reopen(at);
	if (fd < 0) {
		count_denied(w, fd);
		return;
	}
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
		close(fd);
		return;
	}
	snprintf(name, sizeof(name), "network namespace %s", entry);
	add(w, fd, &st, name);
}

static void add_all_named(struct walk *w, const char *dir)
{
	int fd = root_open(w->s->root_fd, dir, O_RDONLY | O_DIRECTORY);
	CLEANUP(closedirp) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			add_named(w, dir, e->d_name);
}

/* It is read even where it has no name that could be opened. */
static void add_own(struct walk *w)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct stat st = { 0 };

	if (fd >= 0)
		(void)fstat(fd, &st);
	add(w, fd, &st, "");
}

static void *enter_each(void *arg)
{
	struct walk *w = arg;

	for (uint32_t i = 0; i < w->cnt && !w->err; i++) {
		/* The thread begins in our own. */
		if (w->list[i].name[0] && setns(w->list[i].fd, CLONE_NEWNET)) {
			count_denied(w, -errno);
			continue;
		}
		w->err = w->fn(w->ctx, w->list[i].name);
	}
	return NULL;
}

static int run(struct walk *w)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, enter_each, w);

	if (err)
		return -ENOMEM;
	pthread_join(thread, NULL);
	if (w->denied_cnt)
		survey_unread(w->s, w->denied_err, "%s of %u network namespaces", w->what,
			      w->denied_cnt);
	if (w->over_cnt)
		survey_unread(w->s, -E2BIG, "%s of %u network namespaces, beyond %d", w->what,
			      w->over_cnt, NETNS_MAX);
	return w->err;
}

int netns_each(struct survey *s, const char *what, netns_fn fn, void *ctx)
{
	CLEANUP(freep) struct walk *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	*w = (struct walk){ .s = s, .what = what, .fn = fn, .ctx = ctx };
	add_own(w);
	err = tasks_each(s, add_task, w);
	if (!err) {
		add_all_named(w, "/run/netns");
		add_all_named(w, "/run/docker/netns");
		err = run(w);
	}
	for (uint32_t i = 0; i < w->cnt; i++)
		if (w->list[i].fd >= 0)
			close(w->list[i].fd);
	return err;
}
