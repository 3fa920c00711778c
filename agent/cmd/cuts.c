// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/cuts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "collect/holder.h"
#include "collect/listed.h"
#include "inventory/reach.h"
#include "inventory/root.h"
#include "sense/links.h"
#include "sense/routes.h"

#define INTERFACES_MAX 64
#define FACTS_MAX 64

/* Shells, sudo, tmux: a session is not deeper. */
#define ANCESTORS_MAX 64

struct owned { /* an interface of a product that is asked about */
	uint32_t ifindex, product;
	char name[IF_NAMESIZE];
};

struct look {
	const struct cuts_question *q;
	struct listed patterns;
	struct match match;
	struct owned owned[INTERFACES_MAX];
	uint32_t owned_cnt;
	struct cuts *cuts;
};

/* --- whose is an interface --- */

static void own(struct look *l, const char *name, uint32_t ifindex, uint32_t product)
{
	struct owned *o = &l->owned[l->owned_cnt];

	if (!l->q->asked[product] || !ifindex || l->owned_cnt == INTERFACES_MAX)
		return;
	*o = (struct owned){ .ifindex = ifindex, .product = product };
	snprintf(o->name, sizeof(o->name), "%s", name);
	l->owned_cnt++;
}

static int take_link(void *ctx, const struct link_info *link)
{
	struct look *l = ctx;
	struct fact words[FACTS_MAX] = { { IND_INTERFACE, link->name } };
	struct facts f = { .others = words, .other_cnt = 1 };
	int err;

	listed_add_word(&l->patterns, link->name, words, &f.other_cnt, FACTS_MAX);
	err = match_facts(l->q->index, &f, &l->match);
	for (uint32_t i = 0; !err && i < l->match.product_cnt; i++)
		own(l, link->name, link->index, l->match.products[i].product);
	return err;
}

bool cuts_tunnel_name(const char *fdinfo, char ret[IF_NAMESIZE])
{
	static const char key[] = "iff:\t";
	const char *at = strstr(fdinfo, key);
	size_t len;

	if (!at || (at != fdinfo && at[-1] != '\n'))
		return false;
	at += sizeof(key) - 1;
	len = strcspn(at, "\n");
	if (!len || len >= IF_NAMESIZE)
		return false;
	snprintf(ret, IF_NAMESIZE, "%.*s", (int)len, at);
	return true;
}

static int take_fd_of(void *ctx, const struct task *t, const char *fd, const char *target)
{
	struct fact words[TASK_WORDS_MAX];
	struct facts f = { .path = t->exe, .others = words, .other_cnt = task_words(t, words) };
	char file[64], text[4096], name[IF_NAMESIZE];
	struct look *l = ctx;
	int err;

	if (strcmp(target, "/dev/net/tun") != 0)
		return 0;
	snprintf(file, sizeof(file), "fdinfo/%s", fd);
	if (task_text(t, file, text, sizeof(text) - 1) < 0 || !cuts_tunnel_name(text, name))
		return 0;
	err = match_facts(l->q->index, &f, &l->match);
	for (uint32_t i = 0; !err && i < l->match.product_cnt; i++)
		if (l->match.products[i].is_finding)
			own(l, name, if_nametoindex(name), l->match.products[i].product);
	return err;
}

static int take_task(void *ctx, const struct task *t)
{
	return !t->is_kernel && task_fds_each(t, take_fd_of, ctx) == -ENOMEM ? -ENOMEM : 0;
}

static void ignore_unread(void *ctx, const char *what, int err)
{
	(void)ctx;
	(void)what;
	(void)err;
}

static int find_owned(struct look *l)
{
	struct survey s = { .root_fd = l->q->root_fd, .unread = ignore_unread };
	int err = links_each(take_link, l);

	return err ? err : tasks_each(&s, take_task, l);
}

/* --- the ways --- */

static bool is_same(const struct cut *c, const struct owned *o, const char *way)
{
	return c->product == o->product && !strcmp(c->interface, o->name) && !strcmp(c->way, way);
}

/* A name server stands in several files, an interface is found in several ways. */
static void add_cut(struct look *l, const struct owned *o, const char *way)
{
	struct cut *c = l->cuts->list;

	for (; c < l->cuts->list + l->cuts->cnt; c++)
		if (is_same(c, o, way))
			return;
	if (l->cuts->cnt == CUTS_MAX)
		return;
	*c = (struct cut){ .product = o->product };
	snprintf(c->interface, sizeof(c->interface), "%s", o->name);
	snprintf(c->way, sizeof(c->way), "%s", way);
	l->cuts->cnt++;
}

/* Where there is no way at all, none can be cut. Returns whether a product's was found. */
static bool follow(struct look *l, int family, const uint8_t *addr, const char *way)
{
	uint32_t ifindex;
	bool found = false;

	if (route_find(family, addr, &ifindex))
		return false;
	for (uint32_t i = 0; i < l->owned_cnt; i++) {
		if (l->owned[i].ifindex != ifindex)
			continue;
		add_cut(l, &l->owned[i], way);
		found = true;
	}
	return found;
}

static bool follow_text(struct look *l, const char *address, const char *way)
{
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;
	uint8_t addr[16];

	return inet_pton(family, address, addr) == 1 && follow(l, family, addr, way);
}

static int take_reach(void *ctx, const struct reach *r)
{
	char text[INET6_ADDRSTRLEN], way[128];
	struct look *l = ctx;

	if (!r->is_resolver || !inet_ntop(r->at.family, r->at.addr, text, sizeof(text)))
		return 0;
	snprintf(way, sizeof(way), "the way to name server %s", text);
	follow(l, r->at.family, r->at.addr, way);
	return 0;
}

/*
 * Any address that nobody has a route of his own for. Tunnels often take the
 * world in halves, to be more specific than the default route: one of each.
 */
static void follow_default(struct look *l)
{
	static const char *const world[] = { "1.1.1.1", "192.0.2.1", "2600::1" };

	for (size_t i = 0; i < ARRAY_SIZE(world); i++)
		if (follow_text(l, world[i], "the default route"))
			return;
}

int cuts_find(const struct cuts_question *q, struct cuts *ret)
{
	struct look l = { .q = q, .cuts = ret };
	char way[128];
	int err = listed_patterns(match_catalog(q->index), IND_INTERFACE, &l.patterns);

	ret->cnt = 0;
	if (!err)
		err = find_owned(&l);
	if (!err && l.owned_cnt) {
		follow_default(&l);
		err = reach_each(q->root_fd, take_reach, &l);
	}
	if (!err && l.owned_cnt && q->session) {
		snprintf(way, sizeof(way), "this login session, from %s,", q->session);
		follow_text(&l, q->session, way);
	}
	listed_free(&l.patterns);
	match_free(&l.match);
	return err;
}

/* --- whose session --- */

static bool read_variable(int root_fd, uint32_t pid, char ret[CUTS_ADDR_MAX])
{
	static const char key[] = "SSH_CONNECTION=";
	char path[64], text[32768];
	CLEANUP(close_fdp) int fd = -1;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%u/environ", pid);
	fd = root_open(root_fd, path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (len <= 0)
		return false;
	text[len] = '\0';
	for (const char *at = text; at < text + len; at += strlen(at) + 1)
		if (!strncmp(at, key, sizeof(key) - 1))
			return sscanf(at + sizeof(key) - 1, "%45s", ret) == 1;
	return false;
}

static uint32_t parent_of(int root_fd, uint32_t pid)
{
	char path[64], text[1024], *close;
	CLEANUP(close_fdp) int fd = -1;
	unsigned int parent;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	fd = root_open(root_fd, path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (len <= 0)
		return 0;
	text[len] = '\0';
	close = strrchr(text, ')');
	return close && sscanf(close + 1, " %*c %u", &parent) == 1 ? parent : 0;
}

bool cuts_session(int root_fd, uint32_t pid, char ret[CUTS_ADDR_MAX])
{
	for (int i = 0; i < ANCESTORS_MAX && pid > 1; i++, pid = parent_of(root_fd, pid))
		if (read_variable(root_fd, pid, ret))
			return true;
	return false;
}
