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
	struct connected *units;
	uint32_t unit_cnt;
	uint32_t unit; /* at hand */
	uint64_t *inodes; /* CONNECTED_SOCKETS_MAX for each */
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
	struct connected *unit = &s->units[s->unit];
	uint64_t ino;

	(void)t;
	(void)fd;
	if (unit->socket_cnt < CONNECTED_SOCKETS_MAX &&
	    sscanf(target, "socket:[%" SCNu64 "]", &ino) == 1)
		s->inodes[s->unit * CONNECTED_SOCKETS_MAX + unit->socket_cnt++] = ino;
	return 0;
}

static bool is_asked(const struct connected *c)
{
	return c->successor->to_cnt && strlen(c->cgroup) > 1;
}

static int take_task(void *ctx, const struct task *t)
{
	struct sockets *s = ctx;
	char text[8192];

	if (t->is_kernel || task_text(t, "cgroup", text, sizeof(text) - 1) <= 0)
		return 0;
	for (s->unit = 0; s->unit < s->unit_cnt; s->unit++)
		if (is_asked(&s->units[s->unit]) && is_below(text, s->units[s->unit].cgroup))
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

static bool is_wanted(const struct successor *s, const struct diag_socket *d)
{
	for (uint32_t i = 0; i < s->to_cnt; i++)
		if (connected_means(&s->to[i], d->family, d->remote, d->remote_port))
			return true;
	return false;
}

static int take_socket(void *ctx, const struct diag_socket *d)
{
	struct sockets *s = ctx;

	for (uint32_t i = 0; d->is_connected && d->ino && i < s->unit_cnt; i++) {
		struct connected *unit = &s->units[i];
		const uint64_t *its = s->inodes + i * CONNECTED_SOCKETS_MAX;

		for (uint32_t k = 0; !unit->is_so && k < unit->socket_cnt; k++)
			unit->is_so = its[k] == d->ino && is_wanted(unit->successor, d);
	}
	return 0;
}

void connected_find(int root_fd, struct connected *list, uint32_t cnt)
{
	struct survey look = { .root_fd = root_fd, .unread = ignore_unread };
	CLEANUP(freep) uint64_t *inodes = NULL;
	struct sockets all = { .units = list, .unit_cnt = cnt };
	bool any = false;

	for (uint32_t i = 0; i < cnt; i++) {
		list[i].is_so = !list[i].successor->to_cnt;
		list[i].socket_cnt = 0;
		any |= is_asked(&list[i]);
	}
	inodes = any ? calloc(cnt, CONNECTED_SOCKETS_MAX * sizeof(*inodes)) : NULL;
	all.inodes = inodes;
	if (!inodes || tasks_each(&look, take_task, &all))
		return;
	(void)diag_inet(AF_INET, IPPROTO_TCP, take_socket, &all);
	(void)diag_inet(AF_INET6, IPPROTO_TCP, take_socket, &all);
}
