// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/arrivals.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <weir/limits.h>

#include "base/cleanup.h"

int arrivals_open(struct arrivals *a)
{
	*a = (struct arrivals){ .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) };
	return a->fd < 0 ? -errno : 0;
}

void arrivals_close(struct arrivals *a)
{
	close_fdp(&a->fd);
	for (uint32_t i = 0; i < a->dir_cap; i++)
		free(a->dirs[i]);
	free(a->dirs);
	*a = (struct arrivals){ .fd = -1 };
}

/* Room for watch number @wd, which grow by one. */
static bool make_room(struct arrivals *a, uint32_t wd)
{
	uint32_t cap = a->dir_cap ? a->dir_cap : 64;
	char **more;

	while (cap <= wd)
		cap *= 2;
	if (cap == a->dir_cap)
		return true;
	more = reallocarray(a->dirs, cap, sizeof(*more));
	if (!more)
		return false;
	memset(more + a->dir_cap, 0, (cap - a->dir_cap) * sizeof(*more));
	a->dirs = more;
	a->dir_cap = cap;
	return true;
}

void arrivals_watch(struct arrivals *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[WEIR_PATH_MAX];
	int wd;

	if (a->fd < 0 || !slash || slash - path >= (int)sizeof(dir))
		return;
	if (a->dir_cnt == ARRIVALS_DIRS_MAX) {
		a->is_cut = true;
		return;
	}
	snprintf(dir, sizeof(dir), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	/* A directory that is watched already answers with the number it has. */
	wd = inotify_add_watch(a->fd, dir,
			       IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR | IN_DONT_FOLLOW);
	if (wd < 0 || !make_room(a, (uint32_t)wd) || a->dirs[wd])
		return;
	a->dirs[wd] = strdup(dir);
	a->dir_cnt += a->dirs[wd] != NULL;
}

static void tell(const struct arrivals *a, const struct inotify_event *e, arrivals_fn fn, void *ctx)
{
	char path[WEIR_PATH_MAX + WEIR_NAME_MAX];
	const char *dir = e->wd >= 0 && (uint32_t)e->wd < a->dir_cap ? a->dirs[e->wd] : NULL;

	if (!dir || !e->len || e->mask & IN_ISDIR)
		return;
	snprintf(path, sizeof(path), "%s/%s", dir[1] ? dir : "", e->name);
	fn(ctx, path);
}

bool arrivals_take(struct arrivals *a, arrivals_fn fn, void *ctx)
{
	char bytes[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *e;
	bool lost = false;
	ssize_t len;

	while ((len = read(a->fd, bytes, sizeof(bytes))) > 0)
		for (char *at = bytes; at < bytes + len; at += sizeof(*e) + e->len) {
			e = (const void *)at;
			if (e->mask & IN_Q_OVERFLOW)
				lost = true;
			else if (e->mask & IN_IGNORED && e->wd >= 0 &&
				 (uint32_t)e->wd < a->dir_cap && a->dirs[e->wd]) {
				free(a->dirs[e->wd]);
				a->dirs[e->wd] = NULL;
				a->dir_cnt--;
			} else {
				tell(a, e, fn, ctx);
			}
		}
	return lost;
}
