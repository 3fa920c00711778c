/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Row: one row of a reply, on the side of the asker.
 *
 * It comes from a process that has read an attacker's bytes and may be the
 * attacker's by now: all lengths were checked when it arrived, nothing else
 * was. Valid during the call that hands it over.
 */
#ifndef WEIR_PARSE_ROW_H
#define WEIR_PARSE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct row_field {
	uint16_t tag;
	uint32_t len;
	const void *bytes; /* of a text: NUL-terminated behind its @len bytes */
};

struct row {
	uint16_t kind;
	bool is_cut; /* fields were left out for want of room */
	uint32_t field_cnt;
	const struct row_field *fields;
};

/* The first field of @tag. NULL: none, or it has a NUL inside. */
const char *row_text(const struct row *row, uint16_t tag);

/* The field of @tag from index *at on, which is moved behind it; for lists. */
const char *row_next_text(const struct row *row, uint16_t tag, uint32_t *at);

/* NULL: none. */
const void *row_bytes(const struct row *row, uint16_t tag, size_t *ret_len);

/* @missing when there is none, or it is no number. */
uint64_t row_u64(const struct row *row, uint16_t tag, uint64_t missing);

#endif /* WEIR_PARSE_ROW_H */
