/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Survey: one look at one host, or at one tree, by all collectors.
 *
 * A collector gets the survey, reads its source below survey.root_fd, and
 * gives a trace for each thing. It may leave out what no indicator can mean
 * (survey_is_asked() answers that at the price of a few lookups), and it never
 * stops at what it cannot read: survey_unread() takes it down, since an
 * inventory that is incomplete has to say so.
 */
#ifndef WEIR_COLLECT_SURVEY_H
#define WEIR_COLLECT_SURVEY_H

#include "match/trace.h"
#include "inventory/identity.h"
#include "match/match.h"
#include "parse/cell.h"

struct survey {
	int root_fd;	/* what is looked at */
	bool is_live;	/* it is this host: processes, sockets and kernel are its own */
	bool is_deep;	/* open every file, whatever its name and mode say */
	uint64_t gate_ns; /* CLOCK_BOOTTIME of the first gate since boot; 0: none, or no matter */
	const struct catalog *catalog;	/* sealed */
	const struct match_index *index;
	struct expectation *expectation;
	struct cell *cell; /* expectation_cell() of it */
	struct identity_cache *cache; /* NULL: none */
	/* Called for each trace. Non-zero ends the survey and is returned. */
	int (*take)(void *ctx, const struct trace *t);
	/* @err: -errno. */
	void (*unread)(void *ctx, const char *what, int err);
	/* @what: "files"; @done so far; @at: where. May be NULL. */
	void (*progress)(void *ctx, const char *what, uint64_t done, const char *at);
	void *ctx;
	struct match scratch; /* for survey_is_asked() */
};

int survey_take(struct survey *s, const struct trace *t);
void survey_unread(struct survey *s, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void survey_progress(struct survey *s, const char *what, uint64_t done, const char *at);

/* Does any indicator, sufficient or not, mean something of @f? */
bool survey_is_asked(struct survey *s, const struct facts *f);

struct collector {
	const char *name; /* "dpkg": as `weir scan --only` has it */
	const char *what; /* one clause for people */
	bool is_live;	  /* tells of the running system: left out for another root */
	int (*collect)(struct survey *s); /* 0, -ENOMEM, or what take() returned */
};

/* In the order they run; ends with a NULL name. */
extern const struct collector collectors[];

/* All, or those that the NULL-terminated @only names. */
int survey_run(struct survey *s, const char *const *only);

#endif /* WEIR_COLLECT_SURVEY_H */
