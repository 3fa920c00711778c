// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arbitrary bytes as the answer of a cell's child: whatever it says, the asker
 * reads nothing outside of it, and what it hands over can be read as text.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "parse/answer.h"
#include "parse/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every byte that a collector may look at; the sanitizer watches. */
static int look(void *ctx, const struct row *row)
{
	size_t *sum = ctx;

	for (uint32_t i = 0; i < row->field_cnt; i++) {
		const struct row_field *f = &row->fields[i];
		const char *text = row_text(row, f->tag);
		uint32_t at = 0;
		size_t len;

		if (((const char *)f->bytes)[f->len] || !row_bytes(row, f->tag, &len))
			abort();
		*sum += (text ? strlen(text) : 0) + row_u64(row, f->tag, 1);
		/* A list of thousands of one tag, for each: too slow for a fuzzer. */
		for (int k = 0; k < 4 && (text = row_next_text(row, f->tag, &at)); k++)
			*sum += strlen(text);
	}
	return row->kind == 0xffff;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(freep) struct row_field *fields = calloc(REPLY_FIELDS_MAX, sizeof(*fields));
	/* Exactly as long, so that the sanitizer sees one byte too many. */
	CLEANUP(freep) uint8_t *bytes = malloc(size ? size : 1);
	size_t sum = 0, taken = 0;
	struct answer a = { .fn = look, .ctx = &sum, .fields = fields };

	if (!bytes || !fields)
		return 0;
	memcpy(bytes, data, size);
	if (answer_take(&a, bytes, size, &taken))
		return 0;
	if (taken > size || (a.is_over && taken != size) || a.result > 0)
		abort();
	return 0;
}
