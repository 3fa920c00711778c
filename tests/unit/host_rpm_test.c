// SPDX-License-Identifier: GPL-2.0-only
/* The parser of rpm's answers, with what rpm prints and what it would not. */
#include <errno.h>
#include <stdlib.h>

#include "memory_file.h"
#include "tap.h"

#include "base/cleanup.h"
#include "parse/here.h"
#include "parse/rpm.h"
#include "parse/sieve.h"

struct said {
	char text[8192];
	size_t len;
};

static void say(struct said *s, const char *word)
{
	int len = snprintf(s->text + s->len, sizeof(s->text) - s->len, "%s%s",
			   s->len && s->text[s->len - 1] != '|' ? " " : "", word ? word : "-");

	if (s->len + (size_t)len < sizeof(s->text) - 2)
		s->len += (size_t)len;
}

static int keep(void *ctx, const struct row *row)
{
	struct said *s = ctx;
	char number[64];

	if (row->kind == RPM_PACKAGE) {
		say(s, row_text(row, RPM_NAME));
		say(s, row_text(row, RPM_VERSION));
		say(s, row_text(row, RPM_ARCH));
		say(s, row_text(row, RPM_VENDOR));
		say(s, row_text(row, RPM_PACKAGER));
	} else if (row->kind == RPM_FILE) {
		say(s, row_text(row, RPM_PATH));
		snprintf(number, sizeof(number), "%llo %llu",
			 (unsigned long long)row_u64(row, RPM_MODE, 0),
			 (unsigned long long)row_u64(row, RPM_IS_THERE, 9));
		say(s, number);
	} else {
		snprintf(number, sizeof(number), "odd %llu",
			 (unsigned long long)row_u64(row, RPM_CNT, 0));
		say(s, number);
	}
	s->text[s->len++] = '|';
	s->text[s->len] = '\0';
	return 0;
}

static const struct {
	const char *what, *text, *want;
} cases[] = {
	{ "a package", "P 'ew-agent' 0 '1.2' '3' 'x86_64' 'Example Wall' (none) 1795325218\n",
	  "ew-agent 1.2-3 x86_64 Example Wall -|" },
	{ "its epoch", "P 'a' 7 '1' '2' (none) (none) 'Me <me@here>' 1\n", "a 7:1-2 - - Me <me@here>|" },
	{ "quotes in a vendor", "P 'a' 0 '1' '2' 'x' 'Example'\\''s \"Wall\"' (none) 1\n",
	  "a 1-2 x Example's \"Wall\" -|" },
	{ "a vendor of two lines is one word",
	  "P 'a' 0 '1' '2' 'x' 'Two\nP '\\''forged'\\'' 0 1 1 1 1 1 1\n' (none) 1\n",
	  "a 1-2 x Two\nP 'forged' 0 1 1 1 1 1 1\n -|" },
	{ "files", "F '/usr/bin' 16877 0 0\nF '/usr/bin/it'\\''s' 33261 0 2\n",
	  "/usr/bin 40755 1|/usr/bin/it's 100755 1|" },
	{ "a file that was left out, and one that is only reserved",
	  "F '/a' 33188 2 0\nF '/b' 33188 0 64\n", "/a 100644 0|/b 100644 0|" },
	{ "the root", "F '/' 16749 0 0\n", "/ 40555 1|" },
	{ "a path that is not normal", "F '/a/../b' 33188 0 0\nF 'a' 33188 0 0\nF '' 1 0 0\n",
	  "odd 3|" },
	{ "a name that is an option", "P '--root=/x' 0 '1' '2' 'x' (none) (none) 1\n", "odd 1|" },
	{ "too few words, too many, none", "P 'a' 0\nF '/a' 1 2 3 4 5 6 7 8 9 10 11\n\n", "odd 3|" },
	{ "what is no line of ours", "error: x\n", "odd 1|" },
	{ "a package without anything", "(none)\n", "" },
	{ "an answer that is cut off in a path", "F '/a' 33188 0 0\nF '/usr/bi", "/a 100644 1|odd 1|" },
	{ "and behind it", "F '/a' 33188 0 0\nF '/usr/bin' 33", "/a 100644 1|odd 1|" },
	{ "a backslash at the end", "F '/a' 1 0 0\\", "odd 1|" },
	{ "nothing", "", "" },
};

static int ask(struct said *s, const void *bytes, size_t len, const void *sieve, uint32_t size)
{
	CLEANUP(close_fdp) int fd = memory_file(bytes, len);

	memset(s, 0, sizeof(*s));
	return parse_here(PARSER_RPM, NULL, fd, sieve, size, keep, s);
}

static void test_cases(void)
{
	struct said s;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ok(!ask(&s, cases[i].text, strlen(cases[i].text), NULL, 0) && !strcmp(s.text, cases[i].want),
		   "%s", cases[i].what);
		if (strcmp(s.text, cases[i].want) != 0)
			printf("# %s\n", s.text);
	}
	ok(!ask(&s, "F '/a\0b' 33188 0 0\n", 19, NULL, 0) && !strcmp(s.text, "odd 1|"),
	   "a path with a NUL");
}

static void test_sieve(void)
{
	static const char text[] = "P 'a' 0 '1' '2' 'x' (none) (none) 1\nF '/x/wanted' 33188 0 0\n"
				   "F '/x/other' 33188 0 0\n";
	uint8_t sieve[SIEVE_BYTES_MIN] = { 0 };
	struct said s;

	sieve_add(sieve, sizeof(sieve), "wanted", 6);
	ok(!ask(&s, text, sizeof(text) - 1, sieve, sizeof(sieve)) &&
		   !strcmp(s.text, "a 1-2 x - -|/x/wanted 100644 1|"),
	   "a sieve lets packages and wanted files through");
}

static void test_long(void)
{
	size_t size = 8 << 20;
	CLEANUP(freep) char *text = malloc(size);
	struct said s;

	memset(text, 'a', size);
	memcpy(text, "F '/", 4);
	memcpy(text + size - 9, "' 1 0 0\n", 8);
	text[size - 1] = '\n';
	ok(!ask(&s, text, size, NULL, 0) && !strcmp(s.text, "odd 2|"),
	   "a path of 8 MiB costs no memory");
	memset(text, '\'', size);
	ok(!ask(&s, text, size, NULL, 0), "nor do millions of quotes");
	memset(text, ' ', size);
	ok(!ask(&s, text, size, NULL, 0) && !strcmp(s.text, "odd 1|"),
	   "nor do millions of empty words");
}

int main(void)
{
	test_cases();
	test_sieve();
	test_long();
	ok(rpm_name_is_valid("kernel-core") && rpm_name_is_valid("libstdc++") &&
		   !rpm_name_is_valid("-x") && !rpm_name_is_valid("a/b") &&
		   !rpm_name_is_valid("a*") && !rpm_name_is_valid(""),
	   "names that may stand on a command line");
	return tap_done();
}
