// SPDX-License-Identifier: GPL-2.0-only
#include "collect/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "collect/reading.h"
#include "inventory/root.h"

/* One line while it is told. */
struct telling {
	struct jobs *jobs;
	struct trace trace;
	struct facts facts;
	unsigned int cnt;
	char where[WEIR_PATH_MAX + 24];
	char detail[160];
};

static int tell(struct telling *t, const char *path)
{
	if (t->cnt == JOB_PATHS_MAX)
		return 0;
	t->cnt++;
	t->facts.path = path;
	return survey_take(t->jobs->s, &t->trace);
}

static bool exists(const struct survey *s, const char *path)
{
	CLEANUP(close_fdp) int fd = root_open(s->root_fd, path, O_PATH);

	return fd >= 0;
}

/* Takes over @asked. */
static int tell_asked(struct telling *t, char *asked)
{
	CLEANUP(freep) char *path = asked;

	/* A script asks for much that is nowhere; a crontab means what it says. */
	if (!path || (t->jobs->kind == CRONTAB_SCRIPT && !exists(t->jobs->s, path)))
		return 0;
	return tell(t, path);
}

static int tell_paths(struct telling *t, const struct row *row)
{
	struct survey *s = t->jobs->s;
	const char *text = row_text(row, CRONTAB_TAG_NAME);
	uint32_t at = 0;
	char *asked;
	int err = 0;

	if (text) {
		err = asked_program(s, text, &asked);
		if (!err)
			err = tell_asked(t, asked);
	}
	while (!err && (text = row_next_text(row, CRONTAB_TAG_PATH, &at))) {
		err = asked_path(s, text, &asked);
		if (!err)
			err = tell_asked(t, asked);
	}
	return err;
}

/* As the kernel spells it. */
static int tell_kernel_module(struct telling *t, const char *name)
{
	struct fact fact = { .kind = IND_MODULE };
	char module[WEIR_NAME_MAX];
	size_t len = strlen(name);
	int err = 0;

	if (len >= sizeof(module))
		return 0;
	for (size_t i = 0; i <= len; i++)
		module[i] = name[i];
	for (char *p = strchr(module, '-'); p; p = strchr(p, '-'))
		*p = '_';
	fact.value = module;
	t->facts.others = &fact;
	t->facts.other_cnt = 1;
	if (survey_is_asked(t->jobs->s, &t->facts))
		err = tell(t, NULL);
	t->facts.others = NULL;
	t->facts.other_cnt = 0;
	return err;
}

static int tell_modules(struct telling *t, const struct row *row)
{
	const char *name;
	uint32_t at = 0;
	char *asked;
	int err = 0;

	while (!err && (name = row_next_text(row, CRONTAB_TAG_MODULE, &at))) {
		if (t->jobs->kind == CRONTAB_MODULES) {
			err = tell_kernel_module(t, name);
			continue;
		}
		err = asked_library(t->jobs->s, &t->jobs->places, name, &asked);
		if (!err)
			err = tell_asked(t, asked);
	}
	return err;
}

static int take_row(void *ctx, const struct row *row)
{
	struct jobs *j = ctx;
	const char *when = row_text(row, CRONTAB_TAG_WHEN);
	const char *user = row_text(row, CRONTAB_TAG_USER);
	struct telling t = {
		.jobs = j,
		.trace = {
			.kind = j->trace,
			.flags = j->flags,
			.facts = &t.facts,
			.user = user ? user : j->user,
		},
	};
	int err;

	/* A script is one thing, a line of a table is one of many. */
	if (j->kind == CRONTAB_SCRIPT)
		snprintf(t.where, sizeof(t.where), "%s", j->path);
	else
		snprintf(t.where, sizeof(t.where), "%s:%" PRIu64, j->path,
			 row_u64(row, CRONTAB_TAG_LINE, 0));
	if (when)
		snprintf(t.detail, sizeof(t.detail), "at %s", when);
	else
		snprintf(t.detail, sizeof(t.detail), "%s", j->what);
	t.trace.where = t.where;
	/* An init script does not start itself: its link does, or nobody. */
	t.trace.started_by = j->trace == TRACE_UNIT ? j->started_by : t.where;
	t.trace.detail = t.detail;
	err = tell_paths(&t, row);
	return err ? err : tell_modules(&t, row);
}

static int tell_file(struct jobs *j)
{
	CLEANUP(freep) char *asked = NULL;
	struct facts facts = {};
	struct trace trace = {
		.kind = j->trace,
		.flags = j->flags,
		.where = j->path,
		.facts = &facts,
		.user = j->user,
		.detail = j->what,
	};
	int err;

	err = asked_path(j->s, j->path, &asked);
	if (err || !asked)
		return err;
	facts.path = asked;
	return survey_take(j->s, &trace);
}

int jobs_tell(struct jobs *j, const char *path)
{
	int err;

	j->path = path;
	/* An init script has been told by who knows its unit. */
	err = j->trace == TRACE_JOB ? tell_file(j) : 0;
	return err ? err : reading_file(j->s, PARSER_CRONTAB, (int)j->kind, path, take_row, j);
}

void jobs_exit(struct jobs *j)
{
	library_places_exit(&j->places);
}
