// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/connected.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "collect/holder.h"
#include "sense/diag.h"

struct sockets {
	const char *cgroup;
	const struct successor *successor;
	uint64_t *inodes;
	uint32_t cnt;
	bool is_found;
};

static void ignore_unread(void *ctx, const char *what, int err)
{
	(void)ctx;
	(void)what;
	(void)err;
}

/* Is a line of /proc/PID/cgroup in @cgroup, or below it? */
static bool is_below(const char *text, const char *cgroup)
{
	size_t len = strlen(cgroup);

	for (const char *at = text; *at; at = strchrnul(at, '\n'), at += *at != '\0') {
		const char *path = strchr(at, ':');

		path = path ? strchr(path + 1, ':') : NULL;
		if (path && !strncmp(path + 1, cgroup, len) &&
		    (!path[len + 1] || path[len + 1] == '\n' || path[len + 1] == '/'))
			return true;
	}
	return false;
}

static int take_fd_of(void *ctx, const struct task *t, const char *fd, const char *target)
{
	struct sockets *s = ctx;
	uint64_t ino;

	(void)t;
	(void)fd;
	if (s->cnt < CONNECTED_SOCKETS_MAX && sscanf(target, "socket:[%" SCNu64 "]", &ino) == 1)
		s->inodes[s->cnt++] = ino;
	return 0;
}

static int take_task(void *ctx, const struct task *t)
{
	struct sockets *s = ctx;
	char text[8192];

	if (!t->is_kernel && task_text(t, "cgroup", text, sizeof(text) - 1) > 0 &&
	    is_below(text, s->cgroup))
		(void)task_fds_each(t, take_fd_of, s);
	return 0;
}

static bool has_port(const struct allowance *to, uint16_t port)
{
	for (uint32_t i = 0; i < to->port_cnt; i++)
		if (to->ports[i].protocol == IPPROTO_TCP && to->ports[i].first <= port &&
		    port <= to->ports[i].last)
			return true;
	return !to->port_cnt;
}

bool connected_means(const struct allowance *to, int family, const uint8_t *addr, uint16_t port)
{
	struct prefix there = { .family = (uint8_t)family, .len = family == AF_INET ? 32 : 128 };
	struct prefix wanted;
	const char *why;

	memcpy(there.addr, addr, family == AF_INET ? 4 : 16);
	return !prefix_parse(to->to, &wanted, &why) && prefix_covers(&wanted, &there) &&
	       has_port(to, port);
}

static bool is_its(const struct sockets *s, uint64_t ino)
{
	for (uint32_t i = 0; ino && i < s->cnt; i++)
		if (s->inodes[i] == ino)
			return true;
	return false;
}

static int take_socket(void *ctx, const struct diag_socket *d)
{
	struct sockets *s = ctx;

	if (!d->is_connected || !is_its(s, d->ino))
		return 0;
	for (uint32_t i = 0; i < s->successor->to_cnt; i++)
		if (connected_means(&s->successor->to[i], d->family, d->remote, d->remote_port))
			s->is_found = true;
	return s->is_found;
}

bool connected_is(int root_fd, const char *cgroup, const struct successor *s)
{
	struct survey look = { .root_fd = root_fd, .unread = ignore_unread };
	CLEANUP(freep) uint64_t *inodes = calloc(CONNECTED_SOCKETS_MAX, sizeof(*inodes));
	struct sockets its = { .cgroup = cgroup, .successor = s, .inodes = inodes };

	if (!s->to_cnt)
		return true;
	if (!inodes || strlen(cgroup) < 2 || tasks_each(&look, take_task, &its))
		return false;
	(void)diag_inet(AF_INET, IPPROTO_TCP, take_socket, &its);
	if (!its.is_found)
		(void)diag_inet(AF_INET6, IPPROTO_TCP, take_socket, &its);
	return its.is_found;
}
