/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a parser says of some bytes, as one text: "1: 3=/usr/bin/x 2=#17|" is a
 * row of kind 1 with a text and a number. Eight bytes are taken for a number.
 */
#ifndef WEIR_TESTS_ROWS_H
#define WEIR_TESTS_ROWS_H

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "memory_file.h"
#include "parse/here.h"

struct rows {
	char text[16384];
	size_t len;
	unsigned int cnt;
	int err;
};

__attribute__((format(printf, 2, 3))) static inline void rows_say(struct rows *r,
								  const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(r->text + r->len, sizeof(r->text) - r->len, fmt, ap);
	va_end(ap);
	r->len += n < 0 ? 0 : (size_t)n;
	if (r->len >= sizeof(r->text))
		r->len = sizeof(r->text) - 1;
}

static inline int rows_keep(void *ctx, const struct row *row)
{
	struct rows *r = ctx;

	r->cnt++;
	rows_say(r, "%u:", row->kind);
	for (uint32_t i = 0; i < row->field_cnt; i++) {
		const struct row_field *f = &row->fields[i];
		uint64_t number;

		if (f->len == sizeof(number) && !isprint(((const char *)f->bytes)[7])) {
			memcpy(&number, f->bytes, sizeof(number));
			rows_say(r, " %u=#%" PRIu64, f->tag, number);
		} else {
			rows_say(r, " %u=%.*s", f->tag, (int)f->len, (const char *)f->bytes);
		}
	}
	rows_say(r, "|");
	return 0;
}

/* @question: one byte; -1: none. */
static inline const char *rows_of(struct rows *r, enum parser parser, int question,
				  const void *bytes, size_t len)
{
	unsigned char byte = (unsigned char)question;
	int fd = memory_file(bytes, len);

	memset(r, 0, sizeof(*r));
	r->err = parse_here(parser, NULL, fd, &byte, question < 0 ? 0 : 1, rows_keep, r);
	close(fd);
	return r->text;
}

static inline const char *rows_of_text(struct rows *r, enum parser parser, int question,
				       const char *text)
{
	return rows_of(r, parser, question, text, strlen(text));
}

#endif /* WEIR_TESTS_ROWS_H */
