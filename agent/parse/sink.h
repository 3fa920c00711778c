/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sink: the far end of a reply, for whoever runs a parser. Private to parse/.
 */
#ifndef WEIR_PARSE_SINK_H
#define WEIR_PARSE_SINK_H

#include "base/buf.h"
#include "parse/reply.h"

/* Bytes that are collected before they go: most answers go at once, with their end. */
#define SINK_FLUSH_BYTES 32768

struct reply {
	/* Takes whole frames; non-zero: nobody reads any more. */
	int (*flush)(void *ctx, const void *frames, size_t len);
	void *ctx;
	uint32_t number; /* of the question */
	/* private */
	struct buf out;
	size_t row_at; /* of the open row's frame in @out */
	uint64_t flushed;
	uint32_t field_cnt;
	bool is_open, is_cut;
	int err;
};

/* Forgets the last answer, keeps its memory. */
void reply_start(struct reply *r);

/* Drops an open row, says how the parser ended, flushes. 0, or -EPIPE. */
int reply_finish(struct reply *r, int result);

void reply_exit(struct reply *r);

#endif /* WEIR_PARSE_SINK_H */
