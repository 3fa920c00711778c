/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes as hexadecimal digits and back.
 */
#ifndef WEIR_BASE_HEX_H
#define WEIR_BASE_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Either case. -EINVAL: a bad digit or an odd number of them. */
int hex_decode(const char *hex, size_t digits, uint8_t *out);

/* Lower case; @out takes 2 * @len + 1 bytes. */
void hex_encode(const uint8_t *in, size_t len, char *out);

#endif /* WEIR_BASE_HEX_H */
