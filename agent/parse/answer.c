// SPDX-License-Identifier: GPL-2.0-only
#include "parse/answer.h"

#include <errno.h>
#include <string.h>

#include "parse/frame.h"

_Static_assert(ANSWER_FRAME_MAX == sizeof(struct frame) + REPLY_ROW_BYTES_MAX, "a row fits");

static int take_row(struct answer *a, const void *bytes, size_t len)
{
	struct row row;
	int err;

	err = row_decode(bytes, len, a->fields, &row);
	if (!err && !a->fn_result && a->fn)
		a->fn_result = a->fn(a->ctx, &row);
	return err;
}

static int take_end(struct answer *a, const void *bytes, size_t len)
{
	struct frame_end end;

	if (len != sizeof(end))
		return -EPROTO;
	memcpy(&end, bytes, sizeof(end));
	/* What errno has; a parser returns nothing else. */
	if (end.result > 0 || end.result < -4095 || end.number != a->number)
		return -EPROTO;
	a->result = end.result;
	a->is_over = true;
	return 0;
}

int answer_take(struct answer *a, const void *bytes, size_t len, size_t *ret_taken)
{
	const char *at = bytes;
	struct frame f;
	int err = 0;

	while (!err && len >= sizeof(f)) {
		memcpy(&f, at, sizeof(f));
		if (a->is_over || f.len > ANSWER_FRAME_MAX - sizeof(f))
			return -EPROTO;
		if (len - sizeof(f) < f.len)
			break;
		a->bytes += sizeof(f) + f.len;
		if (a->bytes > FRAME_ANSWER_BYTES_MAX)
			return -EPROTO;
		if (f.kind == FRAME_ROW)
			err = take_row(a, at + sizeof(f), f.len);
		else if (f.kind == FRAME_END)
			err = take_end(a, at + sizeof(f), f.len);
		else
			return -EPROTO;
		at += sizeof(f) + f.len;
		len -= sizeof(f) + f.len;
	}
	/* Behind the end nothing may come. */
	if (err || (a->is_over && len))
		return -EPROTO;
	*ret_taken = (size_t)(at - (const char *)bytes);
	return 0;
}
