// SPDX-License-Identifier: GPL-2.0-only
/* JSON out: every text leaves as valid JSON, and a lossy one says so. */
#include "base/json.h"

#include <stdlib.h>

#include <jansson.h>

#include "tap.h"

static const struct {
	const char *in;
	size_t len;
	const char *want;
	bool is_whole;
} strings[] = {
	{ "plain", 5, "\"plain\"", true },
	{ "a\"b\\c", 5, "\"a\\\"b\\\\c\"", true },
	{ "\n\t\r\b\f", 5, "\"\\n\\t\\r\\b\\f\"", true },
	{ "\x1b[31m", 5, "\"\\u001b[31m\"", true },
	{ "a\0b", 3, "\"a\\u0000b\"", true },
	{ "\x7f", 1, "\"\\u007f\"", true },
	{ "M\xc3\xbcller \xe4\xb8\xad", 11, "\"M\xc3\xbcller \xe4\xb8\xad\"", true },
	{ "\xf0\x9f\x90\x9f", 4, "\"\xf0\x9f\x90\x9f\"", true },
	{ "\xc2\x9b" "0m", 4, "\"\\u009b0m\"", true }, /* CSI, in one character */
	{ "\xe2\x80\xae", 3, "\"\\u202e\"", true },   /* right to left */
	{ "\xff", 1, "\"\xef\xbf\xbd\"", false },
	{ "a\xc3", 2, "\"a\xef\xbf\xbd\"", false }, /* cut in the middle */
	{ "\xc0\xaf", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"", false }, /* overlong "/" */
	{ "\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", false }, /* surrogate */
	{ "\xf4\x90\x80\x80z", 5, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"", false },
	{ "", 0, "\"\"", true },
};

static void check_strings(void)
{
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		struct buf b = { 0 };
		struct jout j = jout_to(&b);
		bool is_whole = jout_strn(&j, strings[i].in, strings[i].len);

		jout_close(&j);
		ok(!strcmp(buf_str(&b), strings[i].want) && is_whole == strings[i].is_whole,
		   "string %zu%s", i, is_whole ? "" : ", lossy and said so");
		buf_free(&b);
	}
}

/* Every four of a set of nasty bytes, between others: a parser agrees. */
static void check_parsed(void)
{
	static const char bytes[] = { 0, '"', '\\', 'a', '\x80', '\xc3', '\xe0', '\xed',
				      '\xf0', '\xf4', '\xff', '\n' };
	const size_t cnt = sizeof(bytes);
	size_t bad = 0;

	for (size_t n = 0; n < cnt * cnt * cnt * cnt; n++) {
		/* Across the first word of eight, which is looked at as a whole. */
		const char s[] = { 'a', 'b', 'c', 'd', 'e', 'f', bytes[n % cnt],
				   bytes[n / cnt % cnt], bytes[n / cnt / cnt % cnt],
				   bytes[n / cnt / cnt / cnt], 'g', 'h' };
		struct buf b = { 0 };
		struct jout j = jout_to(&b);
		json_t *parsed;

		jout_array(&j);
		jout_strn(&j, s, sizeof(s));
		jout_end(&j);
		parsed = json_loadb(b.data, b.len, JSON_ALLOW_NUL, NULL);
		bad += !parsed;
		json_decref(parsed);
		buf_free(&b);
	}
	ok(!bad, "a strict parser reads every combination of nasty bytes");
}

static void check_nesting(void)
{
	struct buf b = { 0 };
	struct jout j = jout_to(&b);

	jout_object(&j);
	jout_add_u64(&j, "a", 1);
	jout_add_array(&j, "b");
	jout_i64(&j, INT64_MIN);
	jout_null(&j);
	jout_object(&j);
	jout_end(&j);
	jout_array(&j);
	jout_end(&j);
	jout_end(&j);
	jout_add_bool(&j, "c", false);
	jout_add_str(&j, "d", NULL);
	jout_key(&j, "e");
	jout_digits(&j, 17);
	jout_key(&j, "f");
	jout_hex(&j, "\x01\xfe", 2);
	jout_end(&j);
	jout_close(&j);
	ok(!strcmp(buf_str(&b), "{\"a\":1,\"b\":[-9223372036854775808,null,{},[]],"
				"\"c\":false,\"d\":null,\"e\":\"17\",\"f\":\"01fe\"}"),
	   "commas stand where they belong");
	buf_free(&b);
}

int main(void)
{
	check_strings();
	check_parsed();
	check_nesting();
	return tap_done();
}
