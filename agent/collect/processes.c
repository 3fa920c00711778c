// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes: what runs, from which file, whatever its name is now.
 *
 * All that is known of one process goes into one trace, so that two weak
 * indicators can meet: its executable's path and content, its name, its units,
 * the variables and arguments that an indicator means. Of arguments and of the
 * environment nothing else is kept. A library is a trace of its own, once,
 * however many processes have it mapped.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/collectors.h"
#include "collect/command_line.h"
#include "collect/listed.h"
#include "collect/running.h"
#include "collect/task.h"

#define FACTS_MAX 128

struct look {
	struct survey *s;
	struct running running;
	struct listed env, argv; /* patterns among them */
	bool has_env;
	struct words {
		char text[COMMAND_LINE_BYTES_MAX + 1];
		struct command_line list;
	} *arguments, *environment; /* of the process at hand */
	uint32_t seen_cnt, denied_cnt, long_cnt;
	uint32_t denied_pid; /* the first of them */
};

/* One process while it is looked at. */
struct process {
	struct look *look;
	const struct task *task;
	const char *program; /* what the loader was started with, NULL: it was not */
	const struct identity *identity; /* of what it runs; NULL: nobody's, or unread */
	bool has_exe;
	struct fact facts[FACTS_MAX];
	size_t fact_cnt;
	char argv0[16];
};

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add_fact(struct process *p, enum indicator_kind kind, const char *value)
{
	if (p->fact_cnt < FACTS_MAX)
		p->facts[p->fact_cnt++] = (struct fact){ kind, value };
}

/* Only words that the catalogue has: the others are nobody's business. */
static void add_asked(struct process *p, const struct listed *patterns, const char *value)
{
	const struct fact fact = { patterns->kind, value };
	const struct facts f = { .others = &fact, .other_cnt = 1 };

	if (survey_is_asked(p->look->s, &f))
		add_fact(p, fact.kind, value);
	listed_add_word(patterns, value, p->facts, &p->fact_cnt, FACTS_MAX);
}

static void add_arguments(struct process *p)
{
	const struct command_line *c = &p->look->arguments->list;

	if (!c->cnt)
		return;
	/* The name it gave itself, where it differs. */
	snprintf(p->argv0, sizeof(p->argv0), "%.15s", base_of(c->args[0]));
	if (*p->argv0 && strcmp(p->argv0, p->task->comm) != 0)
		add_fact(p, IND_COMM, p->argv0);
	listed_add_line(&p->look->argv, c->args, c->cnt, p->facts, &p->fact_cnt, FACTS_MAX);
	for (size_t i = 1; i < c->cnt; i++) {
		add_asked(p, &p->look->argv, c->args[i]);
		if (base_of(c->args[i]) != c->args[i])
			add_asked(p, &p->look->argv, base_of(c->args[i]));
	}
}

/* Whole, or by its name alone. */
static void add_variable(struct process *p, char *variable)
{
	char *equals = strchr(variable, '=');

	if (!equals)
		return;
	add_asked(p, &p->look->env, variable);
	*equals = '\0';
	add_asked(p, &p->look->env, variable);
}

static int note_library(struct process *p, struct running_file *f)
{
	const struct task *t = p->task;

	if (!f->identity || f->last_pid == t->pid)
		return 0;
	f->last_pid = t->pid;
	if (f->user_cnt++)
		return 0;
	f->pid = t->pid;
	snprintf(f->comm, sizeof(f->comm), "%.15s", t->comm);
	f->container = t->container ? strdup(t->container) : NULL;
	return t->container && !f->container ? -ENOMEM : 0;
}

static bool is_program(const struct process *p, const char *path)
{
	return p->program && !strcmp(base_of(p->program), base_of(path));
}

static int look_at_mapping(void *ctx, const struct mapping *m)
{
	struct process *p = ctx;
	bool is_exe = p->task->exe && !strcmp(m->path, p->task->exe);
	struct running_file *f;
	int err;

	err = running_find(&p->look->running, p->look->s, p->task, m, &f);
	if (err)
		return err == -ENOSPC ? 0 : err;
	p->has_exe |= is_exe;
	/* What the loader runs is the program, not the loader. */
	if (is_program(p, m->path) || (is_exe && !p->identity)) {
		p->identity = f->identity;
		return 0;
	}
	return is_exe ? 0 : note_library(p, f);
}

static int look_at_mappings(struct process *p)
{
	int err = mappings_each(p->task, look_at_mapping, p);

	switch (err) {
	case -EACCES:
	case -EPERM:
		if (!p->look->denied_cnt++)
			p->look->denied_pid = p->task->pid;
		return 0;
	case -E2BIG:
		p->look->long_cnt++;
		return 0;
	default:
		return err == -ENOMEM ? err : 0; /* it ended meanwhile */
	}
}

static int tell(struct process *p, const struct facts *facts, const char *how, const char *what)
{
	const struct task *t = p->task;
	char where[16], user[64], *detail = NULL;
	struct trace tr = {
		.kind = TRACE_PROCESS,
		.flags = TRACE_RUNNING | (t->is_deleted ? TRACE_DELETED : 0) |
			 (t->start_ns < p->look->s->gate_ns ? TRACE_EARLY : 0),
		.where = where,
		.facts = facts,
		.started_by = t->started_by,
		.container = t->container,
		.user = task_user(p->look->s, t, user, sizeof(user)),
		.pid = t->pid,
		.changed = t->started,
	};
	int err;

	snprintf(where, sizeof(where), "%u", t->pid);
	if (asprintf(&detail, "%s%s%s", how, t->comm, what) < 0)
		return -ENOMEM;
	tr.detail = detail;
	err = survey_take(p->look->s, &tr);
	free(detail);
	return err;
}

/* Path and content of what it runs, with all that is known besides. */
static int tell_program(struct process *p)
{
	struct facts f = { .path = p->task->exe };

	if (p->identity) {
		f = p->identity->facts;
		for (size_t i = 0; i < f.other_cnt; i++)
			add_fact(p, f.others[i].kind, f.others[i].value);
	}
	f.others = p->facts;
	f.other_cnt = p->fact_cnt;
	if (!survey_is_asked(p->look->s, &f))
		return 0;
	if (p->task->is_kernel)
		return tell(p, &f, "the kernel thread ", "");
	return tell(p, &f, "named ", f.path ? "" : ", its executable not for us to see");
}

/* A second trace of the same process, as facts have one path. */
static int tell_script(struct process *p)
{
	const struct task *t = p->task;
	CLEANUP(freep) char *cwd = NULL;
	CLEANUP(freep) char *path = NULL;
	struct facts f = { 0 };
	const char *script;
	int err = 0;

	script = t->exe ? command_line_script(&p->look->arguments->list, t->exe, t->comm) : NULL;
	if (!script)
		return 0;
	if (script[0] != '/') {
		err = task_link(t, "cwd", &cwd);
		if (err)
			return err == -ENOMEM ? err : 0;
		task_own_path(t, cwd);
	}
	path = path_join(cwd ? cwd : "/", script);
	if (!path)
		return -ENOMEM;
	f.path = path;
	if (!survey_is_asked(p->look->s, &f))
		return 0;
	f.others = p->facts;
	f.other_cnt = p->fact_cnt;
	return tell(p, &f, "named ", ", a script");
}

static void read_words(const struct task *t, const char *name, struct words *w)
{
	ssize_t len = task_text(t, name, w->text, COMMAND_LINE_BYTES_MAX);

	command_line_read(w->text, len > 0 ? (size_t)len : 0, &w->list);
}

static void add_environment(struct process *p)
{
	struct words *w = p->look->environment;

	read_words(p->task, "environ", w);
	for (size_t i = 0; i < w->list.cnt; i++)
		add_variable(p, w->text + (w->list.args[i] - w->text));
}

static int look_at(void *ctx, const struct task *t)
{
	struct process p = { .look = ctx, .task = t };
	struct words *arguments = p.look->arguments;
	int err;

	survey_progress(p.look->s, "processes", ++p.look->seen_cnt, t->comm);
	p.fact_cnt = task_words(t, p.facts);
	if (t->is_kernel)
		return tell_program(&p);
	read_words(t, "cmdline", arguments);
	if (t->exe && command_line_is_loader(t->exe))
		p.program = command_line_program(&arguments->list);
	add_arguments(&p);
	if (p.look->has_env)
		add_environment(&p);
	err = look_at_mappings(&p);
	if (!err)
		err = tell_script(&p);
	return err ? err : tell_program(&p);
}

static int tell_library(struct survey *s, const struct running_file *f)
{
	char *detail = NULL;
	struct trace tr = {
		.kind = TRACE_FILE,
		.flags = TRACE_RUNNING | (f->is_deleted ? TRACE_DELETED : 0),
		.where = f->identity->path,
		.facts = &f->identity->facts,
		.container = f->container,
		.pid = f->pid,
	};
	int err;

	if (asprintf(&detail, "mapped by %s (%u)%s", f->comm, f->pid,
		     f->user_cnt > 1 ? " and others" : "") < 0)
		return -ENOMEM;
	tr.detail = detail;
	err = survey_take(s, &tr);
	free(detail);
	return err;
}

/* At the end, when it is known how many have each. */
static int tell_libraries(struct look *l)
{
	int err = 0;

	for (uint32_t i = 0; i < l->running.cap && !err; i++)
		if (l->running.files[i].user_cnt)
			err = tell_library(l->s, &l->running.files[i]);
	return err;
}

static void tell_unread(struct look *l)
{
	if (l->denied_cnt)
		survey_unread(l->s, -EACCES,
			      "executable and libraries of %u of %u processes, such as %u",
			      l->denied_cnt, l->seen_cnt, l->denied_pid);
	if (l->long_cnt)
		survey_unread(l->s, -E2BIG, "%u processes with more than %d mappings",
			      l->long_cnt, MAPPING_LINES_MAX);
	if (l->running.unread_cnt)
		survey_unread(l->s, l->running.unread_err,
			      "%u files that code runs from, such as %s", l->running.unread_cnt,
			      l->running.unread_path ? l->running.unread_path : "?");
	if (l->running.is_full)
		survey_unread(l->s, -ENOSPC, "files that code runs from, beyond %d",
			      RUNNING_FILES_MAX);
	if (tasks_are_hidden(l->s))
		survey_unread(l->s, -EACCES, "processes of others, which /proc hides here");
}

static bool has_kind(const struct catalog *c, enum indicator_kind kind)
{
	for (uint32_t i = 0; i < c->indicator_cnt; i++)
		if (c->indicators[i].kind == kind)
			return true;
	return false;
}

static int prepare(struct look *l)
{
	int err;

	l->has_env = has_kind(l->s->catalog, IND_ENV);
	l->arguments = malloc(sizeof(*l->arguments));
	l->environment = malloc(sizeof(*l->environment));
	if (!l->arguments || !l->environment)
		return -ENOMEM;
	err = listed_patterns(l->s->catalog, IND_ENV, &l->env);
	return err ? err : listed_patterns(l->s->catalog, IND_ARGV, &l->argv);
}

int collect_processes(struct survey *s)
{
	struct look l = { .s = s };
	int err = prepare(&l);

	if (!err)
		err = tasks_each(s, look_at, &l);
	if (!err)
		err = tell_libraries(&l);
	if (!err)
		tell_unread(&l);
	running_free(&l.running);
	listed_free(&l.env);
	listed_free(&l.argv);
	free(l.arguments);
	free(l.environment);
	return err;
}
