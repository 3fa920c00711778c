// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/unit_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"

const char *const unit_show_words[UNIT_SHOW_WORDS + 1] = {
	"systemctl", "show", "--no-pager",
	"--property=LoadState,ActiveState,MainPID,ControlGroup,ActiveEnterTimestampMonotonic,"
	"ExecStart,User",
	"--", NULL,
};

/* The value when the line, which ends at @end, is about @key. */
static const char *value_of(const char *line, const char *end, const char *key, size_t *ret_len)
{
	size_t len = strlen(key);

	if ((size_t)(end - line) <= len || line[len] != '=' || memcmp(line, key, len) != 0)
		return NULL;
	*ret_len = (size_t)(end - line) - len - 1;
	return line + len + 1;
}

static bool is(const char *value, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(value, word, len);
}

static void copy(const char *value, size_t len, char *ret, size_t size)
{
	if (len < size)
		snprintf(ret, size, "%.*s", (int)len, value);
}

/* "{ path=/usr/bin/x ; argv[]=/usr/bin/x -s ; ..." */
static void take_start(const char *value, const char *end, struct unit_show *u)
{
	static const char head[] = "{ path=";
	const char *path = value + sizeof(head) - 1, *stop;

	if (*u->starts || end - value < (ptrdiff_t)sizeof(head) ||
	    memcmp(value, head, sizeof(head) - 1) != 0)
		return;
	stop = memmem(path, (size_t)(end - path), " ; ", 3);
	if (stop)
		copy(path, (size_t)(stop - path), u->starts, sizeof(u->starts));
}

static void take_line(const char *line, const char *end, struct unit_show *u)
{
	const char *v;
	size_t len;

	v = value_of(line, end, "LoadState", &len);
	if (v) {
		u->is_masked = is(v, len, "masked");
		u->is_loaded = u->is_masked || is(v, len, "loaded");
	}
	v = value_of(line, end, "ActiveState", &len);
	if (v) {
		u->is_active = is(v, len, "active") || is(v, len, "reloading");
		u->is_ended = is(v, len, "inactive") || is(v, len, "failed");
	}
	v = value_of(line, end, "MainPID", &len);
	if (v)
		u->main_pid = (uint32_t)strtoul(v, NULL, 10);
	v = value_of(line, end, "ActiveEnterTimestampMonotonic", &len);
	if (v)
		u->active_us = strtoull(v, NULL, 10);
	v = value_of(line, end, "ControlGroup", &len);
	if (v)
		copy(v, len, u->cgroup, sizeof(u->cgroup));
	v = value_of(line, end, "User", &len);
	if (v)
		copy(v, len, u->user, sizeof(u->user));
	v = value_of(line, end, "ExecStart", &len);
	if (v)
		take_start(v, end, u);
}

bool unit_show_nth(const char *text, unsigned int n, struct unit_show *ret)
{
	struct unit_show u = { 0 };
	bool has_lines = false;

	for (const char *end; *text; text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		if (end == text) {
			if (has_lines && !n)
				break;
			n -= has_lines && n;
			has_lines = false;
			continue;
		}
		has_lines = true;
		if (!n)
			take_line(text, end, &u);
	}
	if (n || !has_lines)
		return false;
	*ret = u;
	return true;
}

bool unit_show_may_ask(const char *name)
{
	return name_is_service(name, strlen(name));
}
