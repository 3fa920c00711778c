/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Journal, the writing side: NDJSON segments in one directory.
 *
 * Lines are gathered in memory and written by one write(2) a flush. Nothing
 * here waits or gives up: a full disk or a broken one costs lines, which are
 * counted, and is tried again later; then a gap tells how many are missing,
 * between when and when, and why. Only segments of ours are ever removed, the
 * oldest first. Times are arguments.
 */
#ifndef WEIR_JOURNAL_JOURNAL_H
#define WEIR_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

struct journal_options {
	const char *dir;
	uint64_t segment_bytes; /* 0: 64 MiB; a new segment beyond */
	uint64_t total_bytes;	/* 0: 2 GiB; the oldest go beyond */
	size_t pending_bytes;	/* 0: 4 MiB; lines are lost beyond */
};

struct journal; /* private */

/*
 * Opens @opt->dir, made 0700 when it is not there, for this process alone. On
 * success *ret is the caller's for journal_close(). -EBUSY: another agent
 * writes there; -EPERM: others may write there. A disk that is full right now
 * is no error: what comes is kept and counted.
 */
int journal_open(const struct journal_options *opt, int64_t now_ms, struct journal **ret);

/* Takes @len bytes, whole lines with their newline, for the next flush. */
void journal_append(struct journal *j, const char *line, size_t len, int64_t now_ms);

/*
 * Writes what is pending, as far as it goes. 0, or the -errno that stands in
 * the way; the caller goes on either way.
 */
int journal_flush(struct journal *j, int64_t now_ms);

/*
 * True once after writing works again: *ret is to become EVENT_JOURNAL_GAP.
 */
bool journal_take_gap(struct journal *j, struct event_gap *ret);

/* For status: lines lost since the start, and the errno now in the way or 0. */
uint64_t journal_lost(const struct journal *j);
int journal_trouble(const struct journal *j);

/* Where the next flush would write: inode of the segment (0: none), bytes in it. */
void journal_position(const struct journal *j, uint64_t *ret_file, uint64_t *ret_bytes);

/*
 * Hands out the lines behind such a position, those of later segments too; each
 * without its newline. Nothing when that segment is gone. 0 or -errno.
 */
typedef void (*journal_fn)(void *ctx, const char *line, size_t len);
int journal_behind(const struct journal *j, uint64_t file, uint64_t bytes, journal_fn fn,
		   void *ctx);

/* Flushes, syncs, closes. Returns NULL; takes NULL. */
struct journal *journal_close(struct journal *j, int64_t now_ms);

#endif /* WEIR_JOURNAL_JOURNAL_H */
