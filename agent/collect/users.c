// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounts and groups that software has made for itself: of the host's own
 * files and of sysusers.d. Those of a directory service are not asked for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "collect/asked.h"
#include "collect/collectors.h"
#include "collect/reading.h"
#include "parse/passwd.h"

static const struct {
	const char *pattern;
	enum passwd_kind kind;
} sources[] = {
	{ "/etc/passwd", PASSWD_ACCOUNTS },
	{ "/etc/group", PASSWD_GROUPS },
	{ "/usr/lib/passwd", PASSWD_ACCOUNTS }, /* image based systems */
	{ "/usr/lib/group", PASSWD_GROUPS },
	{ "/etc/sysusers.d/*.conf", PASSWD_SYSUSERS },
	{ "/run/sysusers.d/*.conf", PASSWD_SYSUSERS },
	{ "/usr/lib/sysusers.d/*.conf", PASSWD_SYSUSERS },
};

struct users {
	struct survey *s;
	enum passwd_kind kind;
	const char *path; /* being read */
};

/* A home counts as a directory, a shell as a file. */
static int asked_home(struct survey *s, const char *home, char **ret)
{
	char dir[WEIR_PATH_MAX];
	size_t len = home ? strlen(home) : 0;

	*ret = NULL;
	if (len < 2 || *home != '/' || len + 2 > sizeof(dir))
		return 0;
	snprintf(dir, sizeof(dir), "%s%s", home, home[len - 1] == '/' ? "" : "/");
	return asked_path(s, dir, ret);
}

static int take_row(void *ctx, const struct row *row)
{
	struct users *u = ctx;
	const char *name = row_text(row, PASSWD_TAG_NAME), *shell = row_text(row, PASSWD_TAG_SHELL);
	CLEANUP(freep) char *home = NULL;
	CLEANUP(freep) char *program = NULL;
	struct fact fact = { IND_USER, name };
	struct facts facts = { .others = &fact, .other_cnt = 1 };
	char detail[WEIR_PATH_MAX + 64];
	struct trace trace = {
		.kind = TRACE_USER,
		.where = name,
		.facts = &facts,
		.detail = detail,
	};
	int err;

	if (!name)
		return 0;
	err = asked_home(u->s, row_text(row, PASSWD_TAG_HOME), &home);
	if (!err && shell && *shell == '/')
		err = asked_path(u->s, shell, &program);
	if (err)
		return err;
	facts.path = home ? home : program;
	if (!survey_is_asked(u->s, &facts))
		return 0;
	snprintf(detail, sizeof(detail), "%s in %s%s",
		 row->kind == PASSWD_ROW_GROUP ? "group" : "account", u->path,
		 u->kind == PASSWD_SYSUSERS ? ", made at boot" : "");
	return survey_take(u->s, &trace);
}

static int take(void *ctx, const char *path)
{
	struct users *u = ctx;

	u->path = path;
	return reading_file(u->s, PARSER_PASSWD, (int)u->kind, path, take_row, u);
}

int collect_users(struct survey *s)
{
	struct users u = { .s = s };
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(sources); i++) {
		u.kind = sources[i].kind;
		err = reading_each(s, sources[i].pattern, take, &u);
	}
	return err;
}
