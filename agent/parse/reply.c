// SPDX-License-Identifier: GPL-2.0-only
#include "parse/reply.h"

#include <errno.h>
#include <string.h>

#include "parse/frame.h"
#include "parse/sink.h"

void reply_start(struct reply *r)
{
	buf_clear(&r->out);
	r->flushed = 0;
	r->is_open = r->is_cut = false;
	r->err = 0;
}

void reply_exit(struct reply *r)
{
	buf_free(&r->out);
}

static void add_frame(struct reply *r, uint32_t kind, uint32_t len)
{
	struct frame f = { .kind = kind, .len = len };

	buf_add(&r->out, &f, sizeof(f));
}

/* An open row that is not ended is one that the parser gave up. */
static void drop_row(struct reply *r)
{
	if (r->is_open)
		r->out.len = r->row_at;
	r->is_open = false;
}

static int flush(struct reply *r)
{
	if (!r->err && r->out.err)
		r->err = r->out.err;
	if (!r->err && r->out.len && r->flush(r->ctx, r->out.data, r->out.len))
		r->err = -EPIPE;
	r->flushed += r->out.len;
	buf_clear(&r->out);
	return r->err;
}

void reply_begin(struct reply *r, uint16_t kind)
{
	struct frame_row row = { .kind = kind };

	drop_row(r);
	r->row_at = r->out.len;
	r->is_open = true;
	r->is_cut = false;
	r->field_cnt = 0;
	add_frame(r, FRAME_ROW, 0);
	buf_add(&r->out, &row, sizeof(row));
}

void reply_bytes(struct reply *r, uint16_t tag, const void *bytes, size_t len)
{
	struct frame_field f = { .tag = tag, .len = (uint32_t)len };
	size_t row_len;

	if (!r->is_open || r->out.err)
		return;
	row_len = r->out.len - r->row_at - sizeof(struct frame);
	if (r->field_cnt == REPLY_FIELDS_MAX || len > REPLY_ROW_BYTES_MAX ||
	    row_len + sizeof(f) + len + 1 > REPLY_ROW_BYTES_MAX) {
		r->is_cut = true;
		return;
	}
	buf_add(&r->out, &f, sizeof(f));
	buf_add(&r->out, bytes, len);
	buf_add_char(&r->out, '\0');
	r->field_cnt++;
}

void reply_text_n(struct reply *r, uint16_t tag, const char *text, size_t len)
{
	if (text)
		reply_bytes(r, tag, text, strnlen(text, len));
}

void reply_text(struct reply *r, uint16_t tag, const char *text)
{
	if (text)
		reply_bytes(r, tag, text, strlen(text));
}

void reply_u64(struct reply *r, uint16_t tag, uint64_t value)
{
	reply_bytes(r, tag, &value, sizeof(value));
}

int reply_end(struct reply *r)
{
	struct frame f = { .kind = FRAME_ROW };
	struct frame_row row;

	if (!r->is_open)
		return r->err;
	r->is_open = false;
	if (r->out.err)
		return flush(r);
	f.len = (uint32_t)(r->out.len - r->row_at - sizeof(f));
	memcpy(&row, r->out.data + r->row_at + sizeof(f), sizeof(row));
	row.is_cut = r->is_cut;
	row.field_cnt = r->field_cnt;
	memcpy(r->out.data + r->row_at, &f, sizeof(f));
	memcpy(r->out.data + r->row_at + sizeof(f), &row, sizeof(row));
	if (r->flushed + r->out.len > FRAME_ANSWER_BYTES_MAX - SINK_FLUSH_BYTES) {
		r->out.len = r->row_at;
		return -E2BIG;
	}
	return r->out.len < SINK_FLUSH_BYTES ? r->err : flush(r);
}

int reply_finish(struct reply *r, int result)
{
	struct frame_end end = { .result = result ? result : r->err, .number = r->number };

	drop_row(r);
	add_frame(r, FRAME_END, sizeof(end));
	buf_add(&r->out, &end, sizeof(end));
	return flush(r);
}
