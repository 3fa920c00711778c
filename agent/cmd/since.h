/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --since T: "10m", "2h", "3d" ago, or a date (UTC unless it has an offset).
 */
#ifndef WEIR_CMD_SINCE_H
#define WEIR_CMD_SINCE_H

#include <stdbool.h>
#include <stdint.h>

/* @now_s: what "ago" counts from. False: not understood. */
bool since_parse(const char *text, int64_t now_s, int64_t *ret_ms);

#endif /* WEIR_CMD_SINCE_H */
