/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Base64 in its one spelling: padded, on one line, no bits left over. What a
 * laxer reader takes in several spellings is a signature that can be altered.
 */
#ifndef WEIR_BUNDLE_BASE64_H
#define WEIR_BUNDLE_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Exactly @size bytes, or -EINVAL. */
int base64_decode(const char *text, size_t len, uint8_t *out, size_t size);

/* NUL-terminated; @out takes 4 * ((@len + 2) / 3) + 1 bytes. */
void base64_encode(const uint8_t *in, size_t len, char *out);

#endif /* WEIR_BUNDLE_BASE64_H */
