// SPDX-License-Identifier: GPL-2.0-only
/*
 * UTF-8 as RFC 3629 has it: shortest form only, no surrogates, nothing above
 * U+10FFFF.
 *
 * Beside the control characters, those that move or hide text are named here:
 * a policy must read the same to the person who signs it and to the program.
 */
#include "base/utf8.h"

size_t utf8_step(const char *s, size_t len, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *b = (const unsigned char *)s;
	size_t n, i;
	uint32_t ch;

	if (!len)
		return 0;
	n = b[0] < 0x80 ? 1 : b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;
	if (n > len || b[0] > 0xf4 || (b[0] >= 0x80 && b[0] < 0xc2))
		return 0;
	ch = n == 1 ? b[0] : b[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		ch = ch << 6 | (b[i] & 0x3f);
	}
	if (ch < least[n] || (ch >= 0xd800 && ch <= 0xdfff) || ch > 0x10ffff)
		return 0;
	*ret = ch;
	return n;
}

size_t utf8_plain_run(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || (unsigned char)s[i] >= 0x7f)
			break;
	return i;
}

bool utf8_is_control(uint32_t ch)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{ 0x00, 0x1f },	    { 0x7f, 0x9f },	/* C0, DEL, C1 */
		{ 0x200e, 0x200f },			/* direction marks */
		{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, /* separators, overrides */
		{ 0xfeff, 0xfeff }, { 0xfffe, 0xffff },
	};
	size_t i;

	for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (ch >= hidden[i].first && ch <= hidden[i].last)
			return true;
	return false;
}
