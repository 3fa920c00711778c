/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frame: what goes over the socket between the asker and the child.
 *
 * Both ends are the same program, so there is no version and no byte order.
 * One question, its descriptor attached, then frames up to FRAME_END; before
 * the first question the child says hello and gets the needles. Private to
 * parse/.
 */
#ifndef WEIR_PARSE_FRAME_H
#define WEIR_PARSE_FRAME_H

#include <stdint.h>

/* The child's only descriptor, but for the question's. */
#define FRAME_SOCKET 0

enum frame_kind {
	FRAME_HELLO = 1,
	FRAME_ROW,
	FRAME_END,
};

struct frame {
	uint32_t kind;
	uint32_t len; /* of what follows */
};

struct frame_hello {
	uint32_t walls; /* enum sandbox_wall, as bits */
	int32_t err;	/* -errno: a wall that must stand does not; no question then */
	uint32_t wall;	/* which one, a bit */
	uint32_t zero;
};

/* Followed by its fields, one behind the other without padding. */
struct frame_row {
	uint16_t kind;
	uint16_t is_cut;
	uint32_t field_cnt;
};

/* Followed by @len bytes and a NUL. */
struct frame_field {
	uint16_t tag;
	uint16_t zero;
	uint32_t len;
};

struct frame_end {
	int32_t result;	 /* of the parser */
	uint32_t number; /* of the question */
};

/* Followed by @ask_len bytes. */
struct frame_question {
	uint32_t parser;
	uint32_t has_fd;
	uint32_t ask_len;
	uint32_t number; /* a late word of the question before is not taken for an answer */
	uint64_t deadline_ns;
};

/* Followed by @cnt texts with their NULs, @len bytes in all. */
struct frame_needles {
	uint32_t cnt;
	uint32_t len;
};

/* Of one answer, headers included; far above a package list of a large host. */
#define FRAME_ANSWER_BYTES_MAX (128ULL << 20)

#endif /* WEIR_PARSE_FRAME_H */
