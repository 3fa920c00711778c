// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grammar of names. ASCII by hand: the C library's classes follow the
 * locale, and a name must mean the same on every host.
 */
#include "base/name.h"

#include <string.h>

#define NAME_LEN_MAX 64
#define UNIT_LEN_MAX 255

static bool is_name_char(char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return true;
	return !first && (c == '.' || c == '_' || c == '-');
}

bool name_is_valid(const char *text, size_t len)
{
	size_t i;

	if (!len || len > NAME_LEN_MAX)
		return false;
	for (i = 0; i < len; i++)
		if (!is_name_char(text[i], i == 0))
			return false;
	return true;
}

bool name_is_product(const char *text, size_t len)
{
	const char *slash = memchr(text, '/', len);
	size_t head;

	if (!slash)
		return false;
	head = (size_t)(slash - text);
	return name_is_valid(text, head) &&
	       name_is_valid(slash + 1, len - head - 1);
}

bool name_is_service(const char *text, size_t len)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789:-_.\\@";
	static const char tail[] = ".service";
	const size_t tail_len = sizeof(tail) - 1;

	return len > tail_len && len <= UNIT_LEN_MAX && *text != '-' && strspn(text, set) == len &&
	       !memcmp(text + len - tail_len, tail, tail_len);
}

/*
 * Only the last "*" is ever tried again, which is enough for a right answer
 * and keeps the work at the product of both lengths.
 */
bool name_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
