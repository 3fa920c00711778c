// SPDX-License-Identifier: GPL-2.0-only
#include "collect/unit_scope.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "collect/asked.h"
#include "collect/unit_read.h"
#include "collect/unit_set.h"
#include "collect/unit_state.h"
#include "inventory/root.h"

/* Traces of one unit: its paths and its starters. */
#define TOLD_MAX 16

struct scope {
	struct survey *s;
	const struct unit_scope *what;
	struct unit_set set;
	struct unit_settings settings; /* of the unit at hand */
	struct buf detail;
};

static bool ends_in(const char *name, const char *suffix)
{
	size_t len = strlen(name), tail = strlen(suffix);

	return len > tail && !strcmp(name + len - tail, suffix);
}

/* Names of a link and of what it leads to are names of one unit. */
static int join_aliases(struct scope *c)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < c->set.cnt; i++) {
		struct unit *u = c->set.list[i], *real = unit_set_real(&c->set, u);
		const struct unit_starter *starters = u->starters.item;

		/* Where the link leads is a name of it even when nothing is there. */
		if (real == u && u->alias_of)
			err = unit_add_name(&c->set, u, u->alias_of);
		if (real == u)
			continue;
		err = unit_add_name(&c->set, real, u->name);
		for (uint32_t k = 0; !err && k < u->starters.cnt; k++)
			err = unit_add_starter(&c->set, real, starters[k].by,
					       starters[k].is_again);
		real->is_local |= u->is_local;
		real->flags |= u->flags & (TRACE_ENABLED | TRACE_RUNNING | TRACE_FAILED);
	}
	return err;
}

/* x@1.service is x@.service, and has its file. */
static int join_templates(struct scope *c)
{
	char name[256];
	int err = 0;

	for (uint32_t i = 0; !err && i < c->set.cnt; i++) {
		struct unit *u = c->set.list[i], *template;

		if (!unit_template_of(u->name, name))
			continue;
		template = unit_set_find(&c->set, name);
		if (!template)
			continue;
		template = unit_set_real(&c->set, template);
		if (!u->fragment && !u->alias_of)
			u->fragment = template->fragment;
		if (!u->mask && template->mask)
			u->mask = template->mask;
		u->flags |= template->flags & TRACE_MASKED;
		err = unit_add_name(&c->set, u, template->name);
	}
	return err;
}

/* @by starts the unit called @name; @is_again: whenever it has ended. */
static int start(struct scope *c, const struct unit *by, const char *name, bool is_again)
{
	struct unit *u = unit_set_find(&c->set, name);

	if (!u)
		return 0;
	u = unit_set_real(&c->set, u);
	/* What a thing of its own starts is as enabled as that is. */
	if (by->flags & TRACE_ENABLED || ends_in(by->name, ".target"))
		u->flags |= TRACE_ENABLED;
	return unit_add_starter(&c->set, u, by->name, is_again);
}

/* A timer, a socket or a path without a word starts the service of its name. */
static int start_namesake(struct scope *c, const struct unit *by)
{
	const char *dot = strrchr(by->name, '.');
	char name[256 + 16];

	snprintf(name, sizeof(name), "%.*s.service", (int)(dot - by->name), by->name);
	return start(c, by, name, true);
}

static bool is_trigger(const struct unit *u)
{
	return ends_in(u->name, ".timer") || ends_in(u->name, ".socket") ||
	       ends_in(u->name, ".path") || ends_in(u->name, ".automount");
}

/* Whom the settings of @by start. */
static int start_listed(struct scope *c, const struct unit *by)
{
	bool is_named = false;
	int err = 0;

	for (uint32_t i = 0; !err && i < c->settings.cnt; i++) {
		const struct unit_assignment *a = c->settings.list[i];
		const char *const *words = a->words.item;
		bool is_again = a->key == UNIT_UPHOLDS || a->key == UNIT_UNIT;

		if (a->key != UNIT_UNIT && (a->key < UNIT_WANTS || a->key > UNIT_ON_SUCCESS))
			continue;
		is_named |= a->key == UNIT_UNIT;
		for (uint32_t k = 0; !err && k < a->words.cnt; k++)
			err = start(c, by, words[k], is_again);
	}
	if (!err && is_trigger(by) && !is_named)
		err = start_namesake(c, by);
	return err;
}

static int join_starters(struct scope *c)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < c->set.cnt; i++) {
		struct unit *u = c->set.list[i];

		/* What is masked starts nobody. */
		if (u->alias_of || u->mask)
			continue;
		err = unit_read(c->s, &c->set, u, &c->settings);
		if (!err)
			err = start_listed(c, u);
	}
	return err;
}

/* How one unit is told. */
struct telling {
	struct trace trace;
	struct facts facts;
	struct fact names[UNIT_NAMES_MAX + 1];
	const char *told[TOLD_MAX];
	unsigned int told_cnt;
};

static void add_detail(struct scope *c, const char *fmt, const char *a, const char *b)
{
	if (c->detail.len)
		buf_add_str(&c->detail, "; ");
	for (; *fmt; fmt++) {
		if (*fmt == '%') {
			buf_add_str(&c->detail, a);
			a = b;
		} else {
			buf_add_char(&c->detail, *fmt);
		}
	}
}

/* "0", "no", "infinity" and their like are no watchdog. */
static bool is_set(const char *value)
{
	return value && strcmp(value, "no") != 0 && strcmp(value, "infinity") != 0 &&
	       strspn(value, "0") != strlen(value);
}

/* Is it but a link or a drop-in that has outlived the unit? */
static bool is_left(const struct unit *u, bool has_file)
{
	return !has_file && !u->mask && !(u->flags & (TRACE_RUNNING | TRACE_FAILED));
}

static void describe(struct scope *c, const struct unit *u, bool has_file)
{
	const char *restart = unit_setting(&c->settings, UNIT_RESTART);
	const char *watchdog = unit_setting(&c->settings, UNIT_WATCHDOG);
	const char *failure = unit_setting(&c->settings, UNIT_ON_FAILURE);
	char number[24];

	buf_clear(&c->detail);
	if (u->active)
		add_detail(c, u->sub ? "% (%)" : "%", u->active, u->sub);
	if (u->mask)
		add_detail(c, "masked by %", u->mask, NULL);
	if (is_left(u, has_file))
		add_detail(c, "only a link to it or a drop-in is left", NULL, NULL);
	if (is_set(restart))
		add_detail(c, "Restart=%", restart, NULL);
	if (is_set(watchdog))
		add_detail(c, "WatchdogSec=%", watchdog, NULL);
	if (failure)
		add_detail(c, "OnFailure=%", failure, NULL);
	if (u->restarts) {
		snprintf(number, sizeof(number), "%llu", (unsigned long long)u->restarts);
		add_detail(c, "restarted % times", number, NULL);
	}
}

static bool is_again(const struct unit *u)
{
	const struct unit_starter *list = u->starters.item;

	for (uint32_t i = 0; i < u->starters.cnt; i++)
		if (list[i].is_again)
			return true;
	return false;
}

static bool has_file(struct scope *c, const struct unit *u)
{
	CLEANUP(close_fdp) int fd = -1;

	if (!u->fragment)
		return false;
	fd = root_open(c->s->root_fd, u->fragment, O_PATH);
	return fd >= 0;
}

/* What is known of @u, but for the path that one trace is about. */
static void prepare(struct scope *c, const struct unit *u, struct telling *t)
{
	const char *const *names = u->names.item;
	bool is_there = has_file(c, u);

	describe(c, u, is_there);
	t->names[t->facts.other_cnt++] = (struct fact){ IND_UNIT, u->name };
	for (uint32_t i = 0; i < u->names.cnt; i++)
		t->names[t->facts.other_cnt++] = (struct fact){ IND_UNIT, names[i] };
	t->facts.others = t->names;
	t->trace = (struct trace){
		.kind = TRACE_UNIT,
		.flags = u->flags,
		.where = c->what->is_user && u->fragment ? u->fragment : u->name,
		.facts = &t->facts,
		.user = c->what->user ? c->what->user : unit_setting(&c->settings, UNIT_USER),
		.pid = u->pid,
	};
	if (u->user && !t->trace.user)
		t->trace.user = u->user;
	if (!u->mask && (is_set(unit_setting(&c->settings, UNIT_RESTART)) || is_again(u)))
		t->trace.flags |= TRACE_RESTARTS;
	if (is_left(u, is_there))
		t->trace.flags |= TRACE_REMOVED;
	if (u->mask)
		t->trace.flags &= ~(uint32_t)TRACE_ENABLED;
}

/* @path: NULL when nothing is known but the name. */
static int tell(struct scope *c, struct telling *t, const char *path)
{
	for (unsigned int i = 0; path && i < t->told_cnt; i++)
		if (!strcmp(t->told[i], path))
			return 0;
	if (t->told_cnt == TOLD_MAX)
		return 0;
	if (path)
		t->told[t->told_cnt++] = path;
	t->facts.path = path;
	t->trace.detail = c->detail.len ? buf_str(&c->detail) : NULL;
	return survey_take(c->s, &t->trace);
}

/* The program comes first: it is what the unit is there for. */
static const char *main_path(const struct scope *c, const struct unit *u)
{
	for (uint32_t i = 0; i < c->settings.cnt; i++) {
		const struct unit_assignment *a = c->settings.list[i];

		if (a->key != UNIT_EXEC_START)
			continue;
		if (a->paths.cnt)
			return *(const char *const *)a->paths.item;
		if (a->program)
			return a->program;
	}
	return u->fragment;
}

/* Each path that an indicator means; the detail says who names it. */
static int tell_paths(struct scope *c, struct telling *t)
{
	size_t len = c->detail.len;
	int err = 0;

	for (uint32_t i = 0; !err && i < c->settings.cnt; i++) {
		const struct unit_assignment *a = c->settings.list[i];
		const char *const *paths = a->paths.item;

		for (uint32_t k = 0; !err && k < a->paths.cnt; k++) {
			c->detail.len = len;
			add_detail(c, "%= names %", unit_key_name(a->key), paths[k]);
			err = tell(c, t, paths[k]);
		}
	}
	c->detail.len = len;
	return err;
}

static int tell_starters(struct scope *c, struct telling *t, const struct unit *u,
			 const char *path)
{
	const struct unit_starter *list = u->starters.item;
	int err = 0;

	for (uint32_t i = 0; !err && i < u->starters.cnt; i++) {
		t->trace.started_by = list[i].by;
		t->told_cnt = 0;
		err = tell(c, t, path);
	}
	return err;
}

static bool has_paths(const struct scope *c)
{
	for (uint32_t i = 0; i < c->settings.cnt; i++)
		if (c->settings.list[i]->paths.cnt)
			return true;
	return false;
}

static int tell_unit(struct scope *c, const struct unit *u)
{
	CLEANUP(freep) char *file = NULL;
	struct telling t = { .told_cnt = 0 };
	const char *path;
	int err;

	err = unit_read(c->s, &c->set, u, &c->settings);
	if (!err && u->fragment)
		err = asked_path(c->s, u->fragment, &file);
	if (err)
		return err;
	prepare(c, u, &t);
	if (!file && !has_paths(c) && !survey_is_asked(c->s, &t.facts))
		return 0;
	path = main_path(c, u);
	err = tell(c, &t, path);
	if (!err)
		err = tell_paths(c, &t);
	if (!err && file)
		err = tell(c, &t, file);
	/* Each starter in a trace of its own: they are put together by place. */
	return err ? err : tell_starters(c, &t, u, path);
}

static int tell_all(struct scope *c)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < c->set.cnt; i++) {
		const struct unit *u = c->set.list[i];

		/* An alias is told with what it leads to. */
		if (unit_set_real(&c->set, c->set.list[i]) != u)
			continue;
		if (c->what->is_user && !u->is_local)
			continue;
		err = tell_unit(c, u);
	}
	return err ? err : c->detail.err;
}

static int fill(struct scope *c)
{
	const char *const *dir = c->what->directories;
	int err = 0;

	for (unsigned int i = 0; dir[i]; i++) {
		err = unit_set_add_directory(&c->set, c->s->root_fd, dir[i],
					     i < c->what->own_cnt);
		if (err == -ENOMEM)
			return err;
		if (err)
			survey_unread(c->s, err, "%s", dir[i]);
		/* Nothing of its own and nobody who runs: the rest is told by others. */
		if (i + 1 == c->what->own_cnt && !c->set.cnt && !c->set.drop_in_cnt &&
		    c->what->state_fd < 0)
			return 0;
	}
	if (c->what->state_fd >= 0)
		return unit_state_apply(c->s, &c->set, c->what->state_fd);
	return 0;
}

static void scope_exit(struct scope *c)
{
	unit_settings_exit(&c->settings);
	unit_set_exit(&c->set);
	buf_free(&c->detail);
}

int unit_scope_collect(struct survey *s, const struct unit_scope *scope)
{
	CLEANUP(scope_exit) struct scope c = { .s = s, .what = scope };
	int err;

	err = fill(&c);
	if (!err)
		err = join_aliases(&c);
	if (!err)
		err = join_templates(&c);
	if (!err)
		err = join_starters(&c);
	if (!err)
		err = tell_all(&c);
	if (c.set.unread)
		survey_unread(s, c.set.unread, "a directory below %s", scope->directories[0]);
	if (c.set.is_cut)
		survey_unread(s, -E2BIG, "units in %s and the like", scope->directories[0]);
	return err;
}
