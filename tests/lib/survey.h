/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A survey for tests of collectors: a small catalogue written in the test, and
 * all that the collectors tell kept in an array, each with what the matcher
 * made of it. Failure to set it up is failure of the machine: it aborts.
 *
 *	struct survey_test t;
 *
 *	survey_test_init(&t, -1, VENDOR_YAML, NULL);
 *	survey_test_run(&t, "processes");
 *	ok(survey_test_find(&t, TRACE_PROCESS, "1234") != NULL, "...");
 *	survey_test_exit(&t);
 *
 * It has a cell; a test that wants another frees the one in t.s.cell first.
 */
#ifndef WEIR_TESTS_SURVEY_H
#define WEIR_TESTS_SURVEY_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_hook.h"

#include "base/cleanup.h"
#include "collect/survey.h"

struct seen_fact {
	enum indicator_kind kind;
	char *value;
};

/* A trace with copies of all that it borrowed. */
struct seen {
	enum trace_kind kind;
	uint32_t flags, pid;
	int64_t changed;
	char *where, *path; /* facts.path */
	char *version, *package, *started_by, *container, *user, *detail;
	char *soname;
	uint32_t build_id_len;
	bool is_hashed;
	uint16_t family, port;
	uint8_t protocol;
	struct seen_fact *others;
	size_t other_cnt;
	/* The matcher's answer: the strongest finding's product, NULL: no finding. */
	const char *product;
	uint8_t families; /* of that product, or of the first that was hit */
};

struct survey_test {
	struct survey s;
	struct catalog *catalog;
	struct match_index *index;
	struct seen *seen;
	size_t seen_cnt;
	char **unread; /* "what: strerror" */
	size_t unread_cnt;
	int rc; /* of the last run */
};

static inline void survey_must(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "survey.h: %s\n", what);
	abort();
}

static inline char *survey_copy(const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	survey_must(!text || copy, "no memory");
	return copy;
}

static inline void survey_keep_facts(struct seen *to, const struct facts *f)
{
	to->path = survey_copy(f->path);
	to->soname = survey_copy(f->soname);
	to->build_id_len = f->build_id_len;
	to->is_hashed = f->is_hashed;
	to->family = f->family;
	to->port = f->port;
	to->protocol = f->protocol;
	to->others = calloc(f->other_cnt + 1, sizeof(*to->others));
	survey_must(to->others != NULL, "no memory");
	for (; to->other_cnt < f->other_cnt; to->other_cnt++)
		to->others[to->other_cnt] =
			(struct seen_fact){ f->others[to->other_cnt].kind,
					    survey_copy(f->others[to->other_cnt].value) };
}

static inline void survey_judge(struct survey_test *t, struct seen *to, const struct facts *f)
{
	struct match m = { 0 };
	const struct evidence *best;

	survey_must(!match_facts(t->index, f, &m), "match_facts");
	best = match_best(&m);
	if (best)
		to->product = t->catalog->products[best->product].id;
	else if (m.product_cnt)
		best = &m.products[0];
	to->families = best ? best->families : 0;
	match_free(&m);
}

static inline int survey_test_take(void *ctx, const struct trace *tr)
{
	struct survey_test *t = ctx;
	struct seen *to;

	t->seen = reallocarray(t->seen, t->seen_cnt + 1, sizeof(*t->seen));
	survey_must(t->seen != NULL, "no memory");
	to = &t->seen[t->seen_cnt++];
	*to = (struct seen){
		.kind = tr->kind,
		.flags = tr->flags,
		.pid = tr->pid,
		.changed = tr->changed,
		.where = survey_copy(tr->where),
		.version = survey_copy(tr->version),
		.package = survey_copy(tr->package),
		.started_by = survey_copy(tr->started_by),
		.container = survey_copy(tr->container),
		.user = survey_copy(tr->user),
		.detail = survey_copy(tr->detail),
	};
	if (tr->facts) {
		survey_keep_facts(to, tr->facts);
		survey_judge(t, to, tr->facts);
	}
	return 0;
}

static inline void survey_test_unread(void *ctx, const char *what, int err)
{
	struct survey_test *t = ctx;
	char text[1024];

	snprintf(text, sizeof(text), "%s: %s", what, strerror(-err));
	t->unread = reallocarray(t->unread, t->unread_cnt + 1, sizeof(*t->unread));
	survey_must(t->unread != NULL, "no memory");
	t->unread[t->unread_cnt++] = survey_copy(text);
}

static inline void survey_add(struct survey_test *t, const char *file, const char *text)
{
	struct diag d = { .text = "" };

	if (!text || !catalog_add(t->catalog, file, text, strlen(text), &d))
		return;
	fprintf(stderr, "%s:%u:%u: %s\n", file, d.line, d.col, d.text);
	survey_must(false, "the test's catalogue");
}

/*
 * @root_fd: what is looked at; -1: this host, live. @vendor: the text of a
 * vendor file; @confusables: of such a file, or NULL. All are copied.
 */
static inline void survey_test_init(struct survey_test *t, int root_fd, const char *vendor,
				    const char *confusables)
{
	struct diag d = { .text = "" };

	memset(t, 0, sizeof(*t));
	survey_must(!catalog_new(&t->catalog), "catalog_new");
	survey_add(t, "vendor.yaml", vendor);
	survey_add(t, "confusables.yaml", confusables);
	survey_must(!catalog_seal(t->catalog, &d), d.text);
	survey_must(!match_index_new(t->catalog, &t->index), "match_index_new");
	t->s = (struct survey){
		.root_fd = root_fd < 0 ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) :
					 fcntl(root_fd, F_DUPFD_CLOEXEC, 3),
		.is_live = root_fd < 0,
		.catalog = t->catalog,
		.index = t->index,
		.take = survey_test_take,
		.unread = survey_test_unread,
		.ctx = t,
	};
	survey_must(t->s.root_fd >= 0, "root");
	survey_must(!expectation_new(t->catalog, &t->s.expectation), "expectation_new");
	survey_must(!expectation_cell(t->s.expectation, &t->s.cell), "expectation_cell");
}

/* Forgets what was seen so far. */
static inline void survey_test_forget(struct survey_test *t)
{
	for (size_t i = 0; i < t->seen_cnt; i++) {
		struct seen *s = &t->seen[i];
		char *texts[] = { s->where,	 s->path,   s->version, s->package, s->started_by,
				  s->container, s->user, s->detail,  s->soname };

		for (size_t k = 0; k < ARRAY_SIZE(texts); k++)
			free(texts[k]);
		for (size_t k = 0; k < s->other_cnt; k++)
			free(s->others[k].value);
		free(s->others);
	}
	for (size_t i = 0; i < t->unread_cnt; i++)
		free(t->unread[i]);
	free(t->seen);
	free(t->unread);
	t->seen = NULL;
	t->unread = NULL;
	t->seen_cnt = t->unread_cnt = 0;
}

/* One collector, by its name; what earlier runs saw stays. Its return value. */
static inline int survey_test_run(struct survey_test *t, const char *collector)
{
	const char *const only[] = { collector, NULL };

	t->rc = survey_run(&t->s, only);
	return t->rc;
}

static inline void survey_test_exit(struct survey_test *t)
{
	survey_test_forget(t);
	match_free(&t->s.scratch);
	cell_free(t->s.cell);
	expectation_put(t->s.expectation);
	match_index_free(t->index);
	catalog_free(t->catalog);
	close(t->s.root_fd);
}

/* The first of @kind at @where (NULL: anywhere); NULL: there is none. */
static inline const struct seen *survey_test_find(const struct survey_test *t,
						  enum trace_kind kind, const char *where)
{
	for (size_t i = 0; i < t->seen_cnt; i++)
		if (t->seen[i].kind == kind &&
		    (!where || (t->seen[i].where && !strcmp(t->seen[i].where, where))))
			return &t->seen[i];
	return NULL;
}

/* Does @s carry a fact of one word? */
static inline bool seen_has(const struct seen *s, enum indicator_kind kind, const char *value)
{
	for (size_t i = 0; s && i < s->other_cnt; i++)
		if (s->others[i].kind == kind && !strcmp(s->others[i].value, value))
			return true;
	return false;
}

static inline bool seen_is(const struct seen *s, const char *product)
{
	return s && s->product && !strcmp(s->product, product);
}

/* Is some line of what could not be read about @what? */
static inline bool survey_test_is_unread(const struct survey_test *t, const char *what)
{
	for (size_t i = 0; i < t->unread_cnt; i++)
		if (strstr(t->unread[i], what))
			return true;
	return false;
}

/* All that was seen, as TAP comments, for a test that failed. */
static inline void survey_test_print(const struct survey_test *t)
{
	for (size_t i = 0; i < t->seen_cnt; i++) {
		const struct seen *s = &t->seen[i];

		printf("# %s %s: path %s, %s, flags %#x, pid %u, by %s, %s\n",
		       trace_kind_name(s->kind), s->where, s->path ? s->path : "-",
		       s->product ? s->product : "no finding", s->flags, s->pid,
		       s->started_by ? s->started_by : "-", s->detail ? s->detail : "-");
	}
	for (size_t i = 0; i < t->unread_cnt; i++)
		printf("# unread: %s\n", t->unread[i]);
}

#endif /* WEIR_TESTS_SURVEY_H */
