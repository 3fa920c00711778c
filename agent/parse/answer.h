/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answer: the asker's side of a reply, which believes nothing.
 *
 * Every length, count and kind is checked before it is used; one that cannot
 * be from reply.c ends the answer. Private to parse/.
 */
#ifndef WEIR_PARSE_ANSWER_H
#define WEIR_PARSE_ANSWER_H

#include <stdbool.h>

#include "parse/cell.h"

struct row_field;

struct answer {
	cell_row_fn fn;
	void *ctx;
	struct row_field *fields; /* REPLY_FIELDS_MAX of them, the caller's */
	uint32_t number;	  /* of the question */
	uint64_t bytes;		  /* so far */
	int fn_result;		  /* non-zero: rows are checked and handed to nobody */
	int result;		  /* of the parser */
	bool is_over;
};

/* The longest frame; what is larger is a lie. */
#define ANSWER_FRAME_MAX (8u + 256u * 1024)

/*
 * Takes whole frames off the start of @bytes. 0 with how many bytes these
 * were in *ret_taken, or -EPROTO.
 */
int answer_take(struct answer *a, const void *bytes, size_t len, size_t *ret_taken);

/* One row; its fields are written to @fields. 0, or -EPROTO. */
int row_decode(const void *bytes, size_t len, struct row_field *fields, struct row *ret);

#endif /* WEIR_PARSE_ANSWER_H */
