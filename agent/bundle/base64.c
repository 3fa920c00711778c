// SPDX-License-Identifier: GPL-2.0-only
#include "bundle/base64.h"

#include <errno.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(char c)
{
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* How many digits of the last four are padding when @size bytes are meant. */
static size_t padding(size_t size)
{
	return (3 - size % 3) % 3;
}

int base64_decode(const char *text, size_t len, uint8_t *out, size_t size)
{
	size_t pad = padding(size), done = 0, i;
	uint32_t bits = 0;
	int value;

	if (len != (size + 2) / 3 * 4)
		return -EINVAL;
	for (i = 0; i < len - pad; i++) {
		value = value_of(text[i]);
		if (value < 0)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)value;
		/* The first of four digits does not fill a byte. */
		if (i % 4)
			out[done++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	if (pad && bits & ((1u << 2 * pad) - 1))
		return -EINVAL;
	for (; i < len; i++)
		if (text[i] != '=')
			return -EINVAL;
	return 0;
}

void base64_encode(const uint8_t *in, size_t len, char *out)
{
	size_t i, j;

	for (i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)in[i] << 16;

		bits |= i + 1 < len ? (uint32_t)in[i + 1] << 8 : 0;
		bits |= i + 2 < len ? in[i + 2] : 0;
		for (j = 0; j < 4; j++)
			*out++ = digits[bits >> (18 - 6 * j) & 63];
	}
	for (j = 0; j < padding(len); j++)
		out[-1 - (int)j] = '=';
	*out = '\0';
}
