// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a desktop session or a bus starts: XDG autostart entries, of the system
 * and of each user, and the services that D-Bus starts when they are asked for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "collect/asked.h"
#include "collect/collectors.h"
#include "collect/reading.h"
#include "inventory/homes.h"
#include "parse/unit.h"

/* Paths of one entry. */
#define PATHS_MAX 16

static const struct {
	const char *pattern, *what;
	uint32_t flags;
} sources[] = {
	{ "/etc/xdg/autostart/*.desktop", "starts with each desktop session", 0 },
	{ "/usr/share/gnome/autostart/*.desktop", "starts with each desktop session", 0 },
	{ "/usr/share/autostart/*.desktop", "starts with each desktop session", 0 },
	{ "/usr/share/dbus-1/services/*.service", "D-Bus starts it on demand", TRACE_RESTARTS },
	{ "/usr/share/dbus-1/system-services/*.service", "D-Bus starts it on demand",
	  TRACE_RESTARTS },
};

struct autostart {
	struct survey *s;
	const char *what, *user;
	uint32_t flags;
	/* The entry at hand. */
	bool is_hidden;
	char *paths[PATHS_MAX];
	unsigned int path_cnt;
};

static void forget(struct autostart *a)
{
	while (a->path_cnt)
		free(a->paths[--a->path_cnt]);
	a->is_hidden = false;
}

/* Takes over @asked. */
static int keep(struct autostart *a, char *asked)
{
	if (asked && a->path_cnt < PATHS_MAX)
		a->paths[a->path_cnt++] = asked;
	else
		free(asked);
	return 0;
}

static int take_row(void *ctx, const struct row *row)
{
	struct autostart *a = ctx;
	uint64_t key = row_u64(row, UNIT_TAG_KEY, UNIT_KEY_MAX);
	const char *text = row_text(row, UNIT_TAG_TEXT);
	uint32_t at = 0;
	char *asked;
	int err = 0;

	if (key == UNIT_HIDDEN)
		a->is_hidden = text && !strcasecmp(text, "true");
	if (key != UNIT_EXEC && key != UNIT_TRY_EXEC)
		return 0;
	text = row_text(row, UNIT_TAG_NAME);
	if (text) {
		err = asked_program(a->s, text, &asked);
		if (!err)
			err = keep(a, asked);
	}
	while (!err && (text = row_next_text(row, UNIT_TAG_PATH, &at))) {
		err = asked_path(a->s, text, &asked);
		if (!err)
			err = keep(a, asked);
	}
	return err;
}

static int take(void *ctx, const char *path)
{
	struct autostart *a = ctx;
	struct facts facts = {};
	struct trace trace = {
		.kind = TRACE_JOB,
		.where = path,
		.facts = &facts,
		.started_by = path,
		.user = a->user,
		.detail = a->what,
	};
	char *asked;
	int err;

	forget(a);
	err = asked_path(a->s, path, &asked);
	if (!err)
		err = keep(a, asked);
	if (!err)
		err = reading_file(a->s, PARSER_UNIT, READING_PLAIN, path, take_row, a);
	trace.flags = a->is_hidden ? 0 : a->flags | TRACE_ENABLED;
	for (unsigned int i = 0; !err && i < a->path_cnt; i++) {
		facts.path = a->paths[i];
		err = survey_take(a->s, &trace);
	}
	return err;
}

static int take_homes(struct autostart *a)
{
	CLEANUP(homes_free) struct homes homes = {};
	char pattern[WEIR_PATH_MAX];
	int err;

	err = homes_read(a->s->root_fd, &homes);
	a->what = "starts with the user's desktop session";
	a->flags = 0;
	for (uint32_t i = 0; !err && i < homes.cnt; i++) {
		a->user = homes.list[i].user;
		snprintf(pattern, sizeof(pattern), "%s/.config/autostart/*.desktop",
			 homes.list[i].path);
		err = reading_each(a->s, pattern, take, a);
	}
	return err;
}

int collect_autostart(struct survey *s)
{
	CLEANUP(forget) struct autostart a = { .s = s };
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(sources); i++) {
		a.what = sources[i].what;
		a.flags = sources[i].flags;
		err = reading_each(s, sources[i].pattern, take, &a);
	}
	return err ? err : take_homes(&a);
}
