// SPDX-License-Identifier: GPL-2.0-only
#include "parse/row.h"

#include <errno.h>
#include <string.h>

#include "parse/answer.h"
#include "parse/frame.h"
#include "parse/reply.h"

static int decode_field(const char **at, const char *end, struct row_field *ret)
{
	struct frame_field f;

	if ((size_t)(end - *at) < sizeof(f))
		return -EPROTO;
	memcpy(&f, *at, sizeof(f));
	*at += sizeof(f);
	if (f.zero || (size_t)(end - *at) <= f.len || (*at)[f.len])
		return -EPROTO;
	*ret = (struct row_field){ .tag = f.tag, .len = f.len, .bytes = *at };
	*at += f.len + 1;
	return 0;
}

int row_decode(const void *bytes, size_t len, struct row_field *fields, struct row *ret)
{
	const char *at = bytes, *end = at + len;
	struct frame_row head;

	if (len < sizeof(head) || len > REPLY_ROW_BYTES_MAX)
		return -EPROTO;
	memcpy(&head, at, sizeof(head));
	at += sizeof(head);
	if (head.is_cut > 1 || head.field_cnt > REPLY_FIELDS_MAX)
		return -EPROTO;
	for (uint32_t i = 0; i < head.field_cnt; i++) {
		if (decode_field(&at, end, &fields[i]))
			return -EPROTO;
	}
	if (at != end)
		return -EPROTO;
	*ret = (struct row){ .kind = head.kind,
			     .is_cut = head.is_cut,
			     .field_cnt = head.field_cnt,
			     .fields = fields };
	return 0;
}

static const struct row_field *find(const struct row *row, uint16_t tag)
{
	for (uint32_t i = 0; i < row->field_cnt; i++)
		if (row->fields[i].tag == tag)
			return &row->fields[i];
	return NULL;
}

static const char *text_of(const struct row_field *f)
{
	return f && !memchr(f->bytes, '\0', f->len) ? f->bytes : NULL;
}

const char *row_text(const struct row *row, uint16_t tag)
{
	return text_of(find(row, tag));
}

const char *row_next_text(const struct row *row, uint16_t tag, uint32_t *at)
{
	while (*at < row->field_cnt) {
		const struct row_field *f = &row->fields[(*at)++];
		const char *text = f->tag == tag ? text_of(f) : NULL;

		if (text)
			return text;
	}
	return NULL;
}

const void *row_bytes(const struct row *row, uint16_t tag, size_t *ret_len)
{
	const struct row_field *f = find(row, tag);

	if (!f)
		return NULL;
	*ret_len = f->len;
	return f->bytes;
}

uint64_t row_u64(const struct row *row, uint16_t tag, uint64_t missing)
{
	const struct row_field *f = find(row, tag);
	uint64_t value;

	if (!f || f->len != sizeof(value))
		return missing;
	memcpy(&value, f->bytes, sizeof(value));
	return value;
}
