/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Needles: which of many literal texts stand in a file?
 *
 * One pass whatever their number: a position asks one bit for its four bytes,
 * and only a hit compares. Not every position: when the shortest text is long,
 * every eighth, say, is enough to meet each text somewhere near its start.
 * Bounded by bytes and by a deadline.
 */
#ifndef WEIR_PARSE_NEEDLES_H
#define WEIR_PARSE_NEEDLES_H

#include <stdbool.h>
#include <stdint.h>

#include "parse/elf.h"

/* Bytes of one file that are searched. */
#define NEEDLES_BYTES_MAX (2ULL << 30)

/*
 * Fewer of one that is mostly holes: so many, and NEEDLES_PACKED times what it
 * has on disk, since file systems compress.
 */
#define NEEDLES_HOLE_BYTES (64ULL << 20)
#define NEEDLES_PACKED 8

/* The catalogue takes texts up to 1,024 bytes; shorter than four says nothing. */
#define NEEDLE_LEN_MIN 4
#define NEEDLE_LEN_MAX 1024

struct needles;

/*
 * Copies @texts. 0 and *ret the caller's for needles_free(), -EINVAL for a
 * text shorter or longer than the limits, or -ENOMEM. @cnt may be 0.
 */
int needles_new(const char *const *texts, uint32_t cnt, struct needles **ret);
struct needles *needles_free(struct needles *n); /* returns NULL; takes NULL */
void needles_freep(struct needles **n);

uint32_t needles_cnt(const struct needles *n);
const char *needles_text(const struct needles *n, uint32_t i);

/*
 * Sets found[i] for each text i that stands in one of @ranges of @fd; the
 * caller has zeroed @found. 0, -EFBIG when the bytes ran out and -ETIME when
 * the time did (CLOCK_MONOTONIC, 0: none): then what was found is still true.
 */
int needles_find(const struct needles *n, int fd, const struct elf_range *ranges,
		 uint32_t range_cnt, uint64_t deadline_ns, bool *found);

#endif /* WEIR_PARSE_NEEDLES_H */
