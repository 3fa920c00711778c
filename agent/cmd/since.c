// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/since.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/date.h"

/* "10m": that long before @now_s. */
static bool parse_ago(const char *text, int64_t now_s, int64_t *ret_ms)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	size_t digits = strspn(text, "0123456789");
	int64_t n = 0;

	/* Seven digits: ten million weeks are no longer a time in a journal. */
	if (!digits || digits > 7 || !text[digits] || text[digits + 1])
		return false;
	for (size_t i = 0; i < digits; i++)
		n = n * 10 + (text[i] - '0');
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (units[i].unit == text[digits]) {
			*ret_ms = (now_s - n * units[i].seconds) * 1000;
			return true;
		}
	return false;
}

bool since_parse(const char *text, int64_t now_s, int64_t *ret_ms)
{
	struct date d;

	if (parse_ago(text, now_s, ret_ms))
		return true;
	if (date_parse(text, strlen(text), &d))
		return false;
	*ret_ms = date_to_epoch(&d) * 1000;
	return true;
}
