// SPDX-License-Identifier: GPL-2.0-only
#include "out/wrap.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

void wrap_pad(struct buf *out, size_t from, size_t to)
{
	for (; from < to; from++)
		buf_add_char(out, ' ');
}

size_t wrap_width(const char *text, size_t len)
{
	size_t width = 0, n;
	uint32_t ch;

	for (size_t at = 0; at < len; at += n ? n : 1, width++)
		n = utf8_step(text + at, len - at, &ch);
	return width;
}

void wrap_text(struct buf *out, size_t at, size_t indent, const char *text)
{
	bool is_first = true;

	while (*text) {
		size_t len = strcspn(text, " "), width = wrap_width(text, len);

		if (!is_first && at + 1 + width > WRAP_COLUMNS) {
			buf_add_char(out, '\n');
			wrap_pad(out, 0, indent);
			at = indent;
		} else if (!is_first) {
			buf_add_char(out, ' ');
			at++;
		}
		buf_add(out, text, len);
		at += width;
		is_first = false;
		text += len;
		text += strspn(text, " ");
	}
	buf_add_char(out, '\n');
}
