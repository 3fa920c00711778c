/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segments: the files of a journal, by name.
 *
 * weir-YYYYMMDDThhmmss-NNNNNN.ndjson: begun then (UTC), the N-th. The number
 * alone makes the order, so that a clock set back mixes nothing up.
 */
#ifndef WEIR_JOURNAL_SEGMENT_H
#define WEIR_JOURNAL_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "weir-" 15 "-" up to 20 digits ".ndjson" and the NUL. */
#define SEGMENT_NAME_MAX 64

struct segment {
	uint64_t number;
	uint64_t bytes;
	int64_t changed_ms; /* mtime */
	char name[SEGMENT_NAME_MAX];
};

struct segments {
	struct segment *at; /* by number, oldest first */
	size_t cnt;
};

bool segment_parse(const char *name, uint64_t *ret_number);
void segment_name(char out[SEGMENT_NAME_MAX], int64_t now_ms, uint64_t number);

/* All regular files of that name in @dir_fd. The caller's for segments_free(). */
int segments_list(int dir_fd, struct segments *ret);
void segments_free(struct segments *s);

/*
 * The lines from byte @bytes of the segment with inode @file on, and those of all
 * segments behind it. 0 or -errno.
 */
typedef void (*segment_fn)(void *ctx, const char *line, size_t len);
int segments_behind(int dir_fd, uint64_t file, uint64_t bytes, segment_fn fn, void *ctx);

#endif /* WEIR_JOURNAL_SEGMENT_H */
