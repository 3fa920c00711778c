/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replay: a journal from its beginning to its present end, as fast as it can be
 * read, each line as the few members that a rehearsal asks for.
 *
 * A journal has a million lines of two kilobytes. So a line is walked once,
 * checked for its form and not made into a tree; only one whose members have
 * escapes in them is given to the JSON library. The segments are those that
 * were there at the start. What is damaged is handed out as such, with where
 * and why, and reading goes on behind it: no content of a journal is an error.
 */
#ifndef WEIR_JOURNAL_REPLAY_H
#define WEIR_JOURNAL_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is taken from a line; the members are named in replay_line.c. */
enum replay_text {
	REPLAY_CODE,	/* "exec", "records-lost" */
	REPLAY_ACTOR,	/* name of the process that did it, before an exec */
	REPLAY_PARENT,	/* of its parent */
	REPLAY_USER,	/* its uid, digits */
	REPLAY_PATH,
	REPLAY_PATH_HEX, /* where the path is no UTF-8 */
	REPLAY_FILE,	/* dev:ino:generation */
	REPLAY_SHA256,
	REPLAY_IP,
	REPLAY_OUTCOME,
	REPLAY_REASON,
	REPLAY_HOOK,
	REPLAY_STRENGTH,
	REPLAY_PRODUCT,
	REPLAY_KEY,
	REPLAY_KIND,	/* of the indicator that the kernel went by */
	REPLAY_VALUE,
	REPLAY_FLAG,	/* the first one */
	REPLAY_UNIT,	/* of systemd */
	REPLAY_USER_UNIT, /* below a user's own systemd */
	REPLAY_TEXT_MAX,
};

enum replay_number {
	REPLAY_TIME, /* UTC, milliseconds */
	REPLAY_SIZE,
	REPLAY_CTIME, /* nanoseconds */
	REPLAY_PORT,
	REPLAY_PROTOCOL,
	REPLAY_LOST_EXEC,
	REPLAY_LOST_LOAD,
	REPLAY_LOST_MODULE,
	REPLAY_LOST_CONNECT,
	REPLAY_LOST_NEW,
	REPLAY_GAP_LINES,
	REPLAY_FOLDED, /* identical ones that this one stands for, more than 1 */
	REPLAY_NUMBER_MAX,
};

/* Borrowed until the next call. */
struct replay_line {
	const char *text[REPLAY_TEXT_MAX]; /* NULL: absent */
	int64_t number[REPLAY_NUMBER_MAX]; /* 0: absent */
	const char *why; /* it is damaged, and nothing else is set; NULL: it is not */
	const char *file;
	uint64_t at; /* line in @file from 1; 0: the file as a whole */
};

struct replay; /* private */

/*
 * Opens the journal in @dir for events from @since_ms on (INT64_MIN: all). On
 * success *ret is the caller's for replay_free(); else -errno.
 */
int replay_new(const char *dir, int64_t since_ms, struct replay **ret);
struct replay *replay_free(struct replay *r); /* returns NULL; takes NULL */
void replay_freep(struct replay **r);

/* 1 and *ret; 0 at the end; -ENOMEM. */
int replay_next(struct replay *r, struct replay_line *ret);

/* Bytes read so far, and all there are: for a progress line. */
void replay_progress(const struct replay *r, uint64_t *ret_done, uint64_t *ret_all);

#endif /* WEIR_JOURNAL_REPLAY_H */
