// SPDX-License-Identifier: GPL-2.0-only
#include "parse/here.h"

#include <errno.h>

#include "base/cleanup.h"
#include "parse/answer.h"
#include "parse/sink.h"

static int take(void *ctx, const void *frames, size_t len)
{
	struct answer *a = ctx;
	size_t taken;
	int err;

	err = answer_take(a, frames, len, &taken);
	/* Ours cannot lie: that would be a fault of the decoder, to be seen at once. */
	if (err || taken != len)
		abort();
	return a->fn_result;
}

int parse_here(enum parser parser, const struct parse_context *ctx, int fd, const void *ask,
	       uint32_t ask_len, cell_row_fn fn, void *fn_ctx)
{
	static const struct parse_context nothing;
	CLEANUP(freep) struct row_field *fields = calloc(REPLY_FIELDS_MAX, sizeof(*fields));
	struct answer a = { .fn = fn, .ctx = fn_ctx, .fields = fields };
	CLEANUP(reply_exit) struct reply r = { .flush = take, .ctx = &a };
	parse_fn parse = parser_of(parser);
	int err;

	if (!parse)
		return -ENOSYS;
	if (!fields)
		return -ENOMEM;
	reply_start(&r);
	err = parse(ctx ? ctx : &nothing, fd, ask ? ask : "", ask_len, &r);
	reply_finish(&r, err);
	return a.fn_result ? a.fn_result : err;
}
