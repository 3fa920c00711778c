// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V init scripts, with the links in rc?.d that start them.
 *
 * systemd makes a unit of each that has none, so a script is told with the name
 * that this unit has.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weir/limits.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "collect/collectors.h"
#include "collect/jobs.h"
#include "collect/reading.h"
#include "inventory/root.h"

/* Links in all run levels. */
#define LINKS_MAX 20000

struct init_scripts {
	struct survey *s;
	struct jobs jobs;
	struct arena arena;
	struct index index; /* names of scripts, to places in links */
	struct arena_list links; /* const char *: the first that starts each */
};

static const char *base_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* S01name starts it; K01name ends it. */
static int take_link(void *ctx, const char *path)
{
	struct init_scripts *i = ctx;
	const char *name = base_of(path), **slot;
	uint32_t at;

	if (name[0] != 'S' || strspn(name + 1, "0123456789") < 2 || !name[3])
		return 0;
	name += 3;
	if (index_get(&i->index, name, 0) != INDEX_NONE)
		return 0;
	if (i->links.cnt == LINKS_MAX)
		return -E2BIG;
	at = i->links.cnt;
	slot = arena_list_add(&i->arena, &i->links, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = arena_strndup(&i->arena, path, strlen(path));
	if (!*slot)
		return -ENOMEM;
	return index_put(&i->index, *slot + (name - path), 0, at, NULL);
}

static const char *starter_of(const struct init_scripts *i, const char *name)
{
	const char *const *links = i->links.item;
	uint32_t at = index_get(&i->index, name, 0);

	return at == INDEX_NONE ? NULL : links[at];
}

static int take_script(void *ctx, const char *path)
{
	struct init_scripts *i = ctx;
	const char *name = base_of(path);
	char unit[WEIR_NAME_MAX + 16];
	struct fact fact = { IND_UNIT, unit };
	struct facts facts = { .path = path, .others = &fact, .other_cnt = 1 };
	struct trace trace = {
		.kind = TRACE_UNIT,
		.where = path,
		.facts = &facts,
		.started_by = starter_of(i, name),
		.detail = "init script",
	};
	int err = 0;

	snprintf(unit, sizeof(unit), "%s.service", name);
	trace.flags = trace.started_by ? TRACE_ENABLED : 0;
	if (survey_is_asked(i->s, &facts))
		err = survey_take(i->s, &trace);
	i->jobs.flags = trace.flags;
	i->jobs.started_by = trace.started_by;
	return err ? err : jobs_tell(&i->jobs, path);
}

static int take_entry(void *ctx, const char *path)
{
	struct init_scripts *i = ctx;
	struct stat st;
	CLEANUP(close_fdp) int fd = root_open_file(i->s->root_fd, path, &st);

	return fd < 0 ? 0 : take_script(i, path);
}

static void init_scripts_exit(struct init_scripts *i)
{
	jobs_exit(&i->jobs);
	index_exit(&i->index);
	arena_exit(&i->arena);
}

int collect_init_scripts(struct survey *s)
{
	static const char *const links[] = {
		"/etc/rc*.d/S*", "/etc/rc.d/rc*.d/S*", "/etc/init.d/rc*.d/S*",
	};
	static const char *const scripts[] = { "/etc/init.d/*", "/etc/rc.d/init.d/*" };
	CLEANUP(init_scripts_exit) struct init_scripts i = {
		.s = s,
		.jobs = {
			.s = s,
			.kind = CRONTAB_SCRIPT,
			.trace = TRACE_UNIT,
			.what = "init script",
		},
	};
	int err = 0;

	for (size_t k = 0; !err && k < ARRAY_SIZE(links); k++)
		err = reading_each(s, links[k], take_link, &i);
	for (size_t k = 0; !err && k < ARRAY_SIZE(scripts); k++)
		err = reading_each(s, scripts[k], take_entry, &i);
	return err;
}
