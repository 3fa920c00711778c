/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An earlier scan, read back from its JSON.
 *
 * The file may come from another host, another version or an enemy: it is
 * bounded, must be well formed, and what it says is used for nothing but to
 * say what is new. What a later version added is skipped.
 */
#ifndef WEIR_INVENTORY_LAST_H
#define WEIR_INVENTORY_LAST_H

#include <stdbool.h>
#include <stddef.h>

#include "match/record.h"

/* A thing is some 1.5 KB; the reader takes about ten times that of memory. */
#define LAST_BYTES_MAX (32u << 20)

struct last {
	int64_t time_s;
	bool is_complete;
	bool is_partial; /* by some collectors only */
	char machine_id[64];
	char *root;
	struct records found;
	struct records gone; /* products that were gone by then */
};

/*
 * 0 and *ret the caller's for last_exit(). -EINVAL: it is no scan, and @why
 * says what is wrong with it; -EFBIG, -ENOMEM.
 */
int last_parse(const char *text, size_t len, struct last *ret, char *why, size_t why_size);

/* The file at @path, as it is; -errno too. */
int last_read(const char *path, struct last *ret, char *why, size_t why_size);
void last_exit(struct last *l);

/* Writes @text to @path, whole or not at all, for its owner alone. 0 or -errno. */
int last_write(const char *path, const char *text, size_t len);

#endif /* WEIR_INVENTORY_LAST_H */
