/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The highest serial that was taken of each bundle by its name, over restarts.
 */
#ifndef WEIR_CMD_TRUSTED_SERIALS_H
#define WEIR_CMD_TRUSTED_SERIALS_H

#include <stdint.h>

struct serial_seen {
	int64_t serial; /* 0: none of that name */
	int64_t hold_s; /* since when its bundles say `hold`; 0: the last did not */
};

/* Of @name in the file @path. What cannot be read is told and counts as none. */
struct serial_seen serials_get(const char *path, const char *name);

/* 0 or -errno. */
int serials_put(const char *path, const char *name, const struct serial_seen *s);

#endif /* WEIR_CMD_TRUSTED_SERIALS_H */
