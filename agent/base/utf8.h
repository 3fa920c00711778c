/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UTF-8, and which characters a person can be trusted to have seen.
 */
#ifndef WEIR_BASE_UTF8_H
#define WEIR_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the character at @s and its code point; 0: not UTF-8. */
size_t utf8_step(const char *s, size_t len, uint32_t *ret);

/* Bytes at the front that need no second look: printable ASCII. */
size_t utf8_plain_run(const char *s, size_t len);

/* Is @ch a control character, a line separator or one that reorders text? */
bool utf8_is_control(uint32_t ch);

#endif /* WEIR_BASE_UTF8_H */
