/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Journal, the reading side: events of the past, then of the present.
 *
 * Reads while an agent writes, needs no lock and trusts nothing: a line that
 * is no JSON object is handed out as such, with a reason, and reading goes on
 * behind it. Segments that vanish meanwhile are no error.
 */
#ifndef WEIR_JOURNAL_READ_H
#define WEIR_JOURNAL_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct journal_reader; /* private */

/* Borrowed from the reader until the next call. */
struct journal_line {
	const char *text; /* without its newline, NUL-terminated */
	size_t len;
	json_t *event;	 /* NULL: the line is bad */
	const char *why; /* it is bad */
	const char *file;
	uint64_t number; /* of the line in @file, from 1 */
	int64_t time_ms; /* of the event */
};

/*
 * Opens the journal in @dir for events from @since_ms on (INT64_MIN: all). On
 * success *ret is the caller's for journal_reader_free().
 */
int journal_reader_new(const char *dir, int64_t since_ms, struct journal_reader **ret);
struct journal_reader *journal_reader_free(struct journal_reader *r);
void journal_reader_freep(struct journal_reader **r);

/* 1 and *ret, 0 at the present end, or -errno when something could not be read. */
int journal_reader_next(struct journal_reader *r, struct journal_line *ret);

/* From now on half a line at the end is one that is still being written. */
int journal_reader_follow(struct journal_reader *r);

/* Waits for more, @timeout_ms at most (-1: for ever). 1: look again; 0: nothing. */
int journal_reader_wait(struct journal_reader *r, int timeout_ms);

#endif /* WEIR_JOURNAL_READ_H */
