// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "collect/owners.h"
#include "collect/pace.h"
#include "collect/survey.h"
#include "inventory/cache.h"
#include "inventory/identity.h"
#include "inventory/root.h"
#include "out/text.h"
#include "sense/pins.h"

/* A line that changes more often than this cannot be read. */
#define PROGRESS_NS 100000000ULL

void look_exit(struct look *l)
{
	findings_free(l->findings);
	match_index_free(l->index);
	for (uint32_t i = 0; i < l->unread_cnt; i++)
		free((char *)l->unread[i].what);
	free(l->unread);
	memset(l, 0, sizeof(*l));
}

static int take(void *ctx, const struct trace *t)
{
	struct look *l = ctx;

	if (l->where && (!t->where || strcmp(l->where, t->where) != 0))
		return 0;
	return findings_add(l->findings, t);
}

/* Two collectors may fail at the same thing. */
static bool is_told_already(const struct look *l, const char *what, int err)
{
	for (uint32_t i = 0; i < l->unread_cnt; i++)
		if (l->unread[i].err == err && !strcmp(l->unread[i].what, what))
			return true;
	return false;
}

static void unread(void *ctx, const char *what, int err)
{
	struct look *l = ctx;
	char *copy = NULL;

	if (is_told_already(l, what, err))
		return;
	if (l->unread_cnt < LOOK_UNREAD_MAX)
		copy = strdup(what);
	if (!copy)
		l->unread_more++;
	else
		l->unread[l->unread_cnt++] = (struct scan_unread){ .what = copy, .err = err };
}

/* One line that is written over and over, on a terminal of some 80 columns. */
static void progress(void *ctx, const char *what, uint64_t done, const char *at)
{
	struct look *l = ctx;
	struct timespec now = { 0 };
	struct buf line = { 0 };
	uint64_t now_ns;

	if (!l->has_progress)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
	if (done && now_ns - l->told_ns < PROGRESS_NS)
		return;
	l->told_ns = now_ns;
	l->is_told = true;
	buf_addf(&line, "%s", what);
	if (done)
		buf_addf(&line, " %llu", (unsigned long long)done);
	if (at) {
		buf_add_char(&line, ' ');
		text_escaped(&line, at, strnlen(at, 48));
	}
	fprintf(stderr, "\r\033[K%.79s", buf_str(&line));
	buf_free(&line);
}

/* The file whose owner says something about @t; NULL: none does. */
static const char *owned_path(const struct thing *t)
{
	const char *path = t->kind == TRACE_FILE    ? t->where :
			   t->kind == TRACE_PROCESS ? t->path :
						      NULL;

	/* What lies in a container is of no package of the host. */
	return path && *path == '/' && path[1] && !t->container && !t->package ? path : NULL;
}

static int find_owners(struct owners *o, struct findings *f, struct owner *asked,
		       struct thing **of, uint32_t cnt)
{
	int err = owners_find(o, asked, cnt);

	for (uint32_t i = 0; i < cnt && !err; i++) {
		if (asked[i].kind == OWNER_NONE)
			err = findings_set_owner(f, of[i], NULL);
		else if (asked[i].package)
			err = findings_set_owner(f, of[i], asked[i].package);
	}
	return err;
}

/* Whose the files are: asked once, for all of them. */
static int add_owners(struct look *l, struct survey *s)
{
	CLEANUP(arena_exit) struct arena texts = { 0 };
	CLEANUP(owners_freep) struct owners *o = NULL;
	CLEANUP(freep) struct owner *asked = NULL;
	CLEANUP(freep) struct thing **of = NULL;
	struct thing **things;
	uint32_t cnt, asked_cnt = 0;

	things = findings_things(l->findings, &cnt);
	asked = calloc(cnt + 1UL, sizeof(*asked));
	of = calloc(cnt + 1UL, sizeof(*of));
	if (!asked || !of)
		return -ENOMEM;
	for (uint32_t i = 0; i < cnt; i++) {
		const char *path = owned_path(things[i]);
		size_t len = path ? strlen(path) : 0;

		if (!path)
			continue;
		/* Packages name a directory without its slash. */
		len -= path[len - 1] == '/';
		asked[asked_cnt].path = arena_strndup(&texts, path, len);
		if (!asked[asked_cnt].path)
			return -ENOMEM;
		of[asked_cnt++] = things[i];
	}
	if (!asked_cnt)
		return 0;
	if (owners_new(s, &o))
		return -ENOMEM;
	return find_owners(o, l->findings, asked, of, asked_cnt);
}

/* What is remembered of files; one that is damaged, or of another catalogue, is no error. */
static int open_cache(const struct catalog *c, int dir_fd, struct identity_cache **ret)
{
	int err = identity_cache_new(c, ret);

	if (!err)
		err = identity_cache_load(*ret, dir_fd, LOOK_CACHE_FILE);
	if (err == -EBADMSG)
		fputs("weir: " LOOK_CACHE_FILE ": damaged, and not used\n", stderr);
	return err == -ENOMEM ? err : 0;
}

/* A host that cannot keep it was looked at all the same. */
static void close_cache(struct identity_cache *cache, int dir_fd)
{
	int err = cache ? identity_cache_save(cache, dir_fd, LOOK_CACHE_FILE) : 0;

	if (err)
		fprintf(stderr, "weir: " LOOK_CACHE_FILE ": cannot be written: %s\n",
			strerror(-err));
}

/* What runs since before then was asked by no gate. */
static uint64_t first_gate_ns(void)
{
	struct weir_active active;

	return pins_read_active(&active) ? 0 : active.since_ns;
}

static int survey(struct look *l, const struct catalog *c, const struct look_wish *wish)
{
	struct survey s = {
		.root_fd = wish->root_fd,
		.is_live = root_is_live(wish->root_fd) > 0,
		.is_deep = wish->is_deep,
		.catalog = c,
		.index = l->index,
		.take = take,
		.unread = unread,
		.progress = progress,
		.ctx = l,
	};
	CLEANUP(identity_cache_freep) struct identity_cache *cache = NULL;
	CLEANUP(close_fdp) int cache_fd = -1;
	int err = expectation_new(c, &s.expectation);

	if (wish->is_idle)
		pace_idle();
	if (wish->cache_dir)
		cache_fd = open(wish->cache_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.is_live)
		s.gate_ns = first_gate_ns();
	if (!err && cache_fd >= 0)
		err = open_cache(c, cache_fd, &cache);
	s.cache = cache;
	if (!err)
		err = expectation_cell(s.expectation, &s.cell);
	if (!err)
		err = survey_run(&s, wish->only);
	if (!err)
		err = add_owners(l, &s);
	if (l->is_told)
		fputs("\r\033[K", stderr);
	if (!err)
		close_cache(cache, cache_fd);
	cell_free(s.cell);
	expectation_put(s.expectation);
	match_free(&s.scratch);
	return err;
}

int look(const struct catalog *c, const struct look_wish *wish, struct look *ret)
{
	CLEANUP(look_exit) struct look l = { .has_progress = wish->has_progress,
					      .where = wish->where };
	int err;

	l.unread = calloc(LOOK_UNREAD_MAX, sizeof(*l.unread));
	if (!l.unread)
		return -ENOMEM;
	err = match_index_new(c, &l.index);
	if (!err)
		err = findings_new(l.index, &l.findings);
	if (!err)
		err = survey(&l, c, wish);
	if (!err)
		err = findings_conclude(l.findings);
	if (err)
		return err;
	*ret = l;
	l = (struct look){ 0 };
	return 0;
}
