/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths as package databases write them.
 */
#ifndef WEIR_PARSE_PATH_H
#define WEIR_PARSE_PATH_H

#include <stdbool.h>

/* Absolute, without "//", "." or "..", no slash at the end, shorter than WEIR_PATH_MAX? */
bool path_is_normal(const char *path);

#endif /* WEIR_PARSE_PATH_H */
