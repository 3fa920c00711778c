/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text: one line per event, for people.
 *
 *   TIME WORD EVENT OBJECT by NAME[PID] uid UID PRODUCT: REASON
 *
 * The same line comes from a live event and from one in the journal, so both
 * fill a struct text_line. Names are chosen by whoever runs the software: no
 * control byte, escape sequence or writing direction of theirs ever reaches a
 * terminal.
 */
#ifndef WEIR_OUT_TEXT_H
#define WEIR_OUT_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "policy/decide.h"

struct text_line {
	int64_t time_ms; /* UTC */
	enum outcome outcome;
	const char *event;  /* "exec" */
	const char *object; /* path or address, bytes; NULL: none */
	size_t object_len;
	const char *who; /* process name; NULL: nobody to name */
	uint32_t pid, uid;
	const char *product; /* NULL: none */
	const char *reason;
};

/* Appends the line with its newline. */
void text_line(struct buf *out, const struct text_line *line, bool has_color);

/* A live event; @boot_ms is UTC at CLOCK_BOOTTIME 0. */
void text_event(struct buf *out, int64_t boot_ms, const struct event *ev,
		const struct decision *d, bool has_color);

/* What happened and why as one sentence, of a record or of a note. */
void text_reason(struct buf *out, const struct event *ev, const struct decision *d);

/* "203.0.113.9:443/tcp"; IPv6 in brackets. */
void text_address(struct buf *out, const struct weir_rec_connect *rec);

/* The address alone. */
void text_ip(struct buf *out, const struct weir_rec_connect *rec);

/* "2026-11-25T10:00:00.123Z" */
void text_time(struct buf *out, int64_t ms);

/* @s with everything that is not printable text as \xNN or \u{N}. */
void text_escaped(struct buf *out, const char *s, size_t len);

#endif /* WEIR_OUT_TEXT_H */
