// SPDX-License-Identifier: GPL-2.0-only
/* The parsers of dpkg's files, with what dpkg writes and what it would not. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "memory_file.h"
#include "tap.h"

#include "base/cleanup.h"
#include "parse/dpkg.h"
#include "parse/here.h"
#include "parse/lines.h"
#include "parse/path.h"
#include "parse/sieve.h"

/* All rows as one text: "P name version arch state maintainer|", "F path path|", "odd 3|". */
struct said {
	char text[8192];
	size_t len;
	uint32_t row_cnt, path_cnt;
};

static void say(struct said *s, const char *word)
{
	int len = snprintf(s->text + s->len, sizeof(s->text) - s->len, "%s%s",
			   s->len && s->text[s->len - 1] != '|' ? " " : "", word ? word : "-");

	if (s->len + (size_t)len < sizeof(s->text) - 1)
		s->len += (size_t)len;
}

static void say_number(struct said *s, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	say(s, text);
}

static int keep(void *ctx, const struct row *row)
{
	struct said *s = ctx;
	const char *path;
	uint32_t at = 0;

	s->row_cnt++;
	if (row->kind == DPKG_PACKAGE) {
		say(s, row_text(row, DPKG_NAME));
		say(s, row_text(row, DPKG_VERSION));
		say(s, row_text(row, DPKG_ARCH));
		say(s, dpkg_state_name((unsigned int)row_u64(row, DPKG_STATE, 99)));
		say(s, row_text(row, DPKG_MAINTAINER));
		say_number(s, row_u64(row, DPKG_SIZE_KIB, 0));
	} else if (row->kind == DPKG_FILES) {
		for (; (path = row_next_text(row, DPKG_PATH, &at)); s->path_cnt++)
			say(s, path);
	} else if (row->kind == DPKG_DIVERSION) {
		say(s, row_text(row, DPKG_FROM));
		say(s, row_text(row, DPKG_TO));
		say(s, row_text(row, DPKG_NAME));
	} else {
		say(s, "odd");
		say_number(s, row_u64(row, DPKG_CNT, 0));
	}
	if (s->len < sizeof(s->text) - 2)
		s->text[s->len++] = '|';
	s->text[s->len] = '\0';
	return 0;
}

static int ask(struct said *s, enum parser parser, const void *bytes, size_t len,
	       const void *question, uint32_t question_len)
{
	CLEANUP(close_fdp) int fd = memory_file(bytes, len);

	memset(s, 0, sizeof(*s));
	return parse_here(parser, NULL, fd, question, question_len, keep, s);
}

#define STANZA(name) "Package: " name "\nStatus: install ok installed\nVersion: 1\n"

static const struct {
	const char *what, *text, *want;
} statuses[] = {
	{ "a package as dpkg writes it",
	  "Package: ew-agent\nStatus: install ok installed\nPriority: optional\n"
	  "Installed-Size: 42\nMaintainer: Example Wall <x@examplewall.test>\n"
	  "Architecture: amd64\nVersion: 1:2.3-4\nConffiles:\n /etc/ew.conf 0123\n"
	  "Description: agent\n Package: not-this\n .\n more\n\n",
	  "ew-agent 1:2.3-4 amd64 installed Example Wall <x@examplewall.test> 42|" },
	{ "the last stanza needs no empty line", "Package: a\nVersion: 1",
	  "a 1 - installed - 0|" },
	{ "one that was removed", "Package: a\nStatus: deinstall ok config-files\n",
	  "a - - config-files - 0|" },
	{ "one that is half way", "Package: a\nStatus: install reinstreq half-installed\n",
	  "a - - half-installed - 0|" },
	{ "one that is known and not there", "Package: a\nStatus: unknown ok not-installed\n",
	  "a - - not-installed - 0|" },
	{ "field names in any case", "package: a\nVERSION: 2\n", "a 2 - installed - 0|" },
	{ "of a field that comes twice the first counts", "Package: a\nPackage: b\n",
	  "a - - installed - 0|" },
	{ "duplicate stanzas are both told", STANZA("a") "\n" STANZA("a"),
	  "a 1 - installed - 0|a 1 - installed - 0|" },
	{ "many empty lines", "\n\n\n" STANZA("a") "\n\n\n\n", "a 1 - installed - 0|" },
	{ "lines end as DOS does", "Package: a\r\nVersion: 1\r\n", "a 1 - installed - 0|" },
	{ "a continuation line without a head is nobody's", " Package: x\n" STANZA("a"),
	  "a 1 - installed - 0|" },
	{ "a stanza without a name is told as odd", "Version: 1\n\n" STANZA("b"),
	  "b 1 - installed - 0|odd 1|" },
	{ "a path is no name", STANZA("../../etc/shadow") "\n" STANZA("b"),
	  "b 1 - installed - 0|odd 1|" },
	{ "nor is what begins with a dot", STANZA("..") "\n" STANZA(".x"), "odd 2|" },
	{ "nor what has a blank inside", STANZA("a b"), "odd 1|" },
	{ "nor an escape sequence", STANZA("a\033[2J"), "odd 1|" },
	{ "an architecture is held to the same", "Package: a\nArchitecture: x/../y\n", "odd 1|" },
	{ "a line without a colon is odd and hides nothing", "Package: a\nrubbish\nVersion: 3\n",
	  "a 3 - installed - 0|odd 1|" },
	{ "a number that is none", "Package: a\nInstalled-Size: many\n", "a - - installed - 0|" },
	{ "nothing", "", "" },
	{ "newlines only", "\n\n\n\n", "" },
};

static void test_status(void)
{
	struct said s;

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		const char *text = statuses[i].text;

		ok(!ask(&s, PARSER_DPKG_STATUS, text, strlen(text), NULL, 0) &&
			   !strcmp(s.text, statuses[i].want),
		   "status: %s", statuses[i].what);
		if (strcmp(s.text, statuses[i].want) != 0)
			printf("# %s\n", s.text);
	}
	ok(!ask(&s, PARSER_DPKG_STATUS, "Package: x\0y\nPackage: a\n", 24, NULL, 0) &&
		   !strcmp(s.text, "a - - installed - 0|odd 1|"),
	   "status: a NUL hides its line and no other");
}

static const struct {
	const char *what, *form, *text, *want;
} lists[] = {
	{ "paths, and the head that dpkg writes left out", "l", "/.\n/usr\n/usr/bin\n/usr/bin/x y\n",
	  "/usr /usr/bin /usr/bin/x y|" },
	{ "without a last newline", "l", "/usr/bin/x", "/usr/bin/x|" },
	{ "what is not normal is odd", "l", "usr/x\n/usr//x\n/usr/../x\n/usr/./x\n/usr/\n/a\n",
	  "/a|odd 5|" },
	{ "names that only look like dots", "l", "/...\n/..a\n/a..\n", "/... /..a /a..|" },
	{ "nothing", "l", "\n\n", "" },
	{ "md5sums have no first slash", "m", "0123  usr/bin/x\n4567  ./usr/y z\n89ab */a\n",
	  "/usr/bin/x /usr/y z /a|" },
	{ "md5sums without paths", "m", "0123\n0123  \n  usr/x\n", "/usr/x|odd 2|" },
	{ "diversions", "d", "/bin/x\n/bin/x.real\nsome-package\n/bin/y\n/bin/y.old\n:\n",
	  "/bin/x /bin/x.real some-package|/bin/y /bin/y.old -|" },
	{ "a diversion that is cut off", "d", "/bin/x\n/bin/x.real\n", "odd 1|" },
	{ "a diversion to nowhere", "d", "/bin/x\n../x\na\n", "odd 1|" },
	{ "a diversion by a path", "d", "/bin/x\n/x\n../../a\n", "odd 1|" },
};

static void test_lists(void)
{
	struct said s;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		ok(!ask(&s, PARSER_DPKG_LIST, lists[i].text, strlen(lists[i].text),
			lists[i].form, 1) &&
			   !strcmp(s.text, lists[i].want),
		   "list: %s", lists[i].what);
		if (strcmp(s.text, lists[i].want) != 0)
			printf("# %s\n", s.text);
	}
	ok(ask(&s, PARSER_DPKG_LIST, "/a\n", 3, NULL, 0) == -EINVAL, "a list wants to know its form");
	ok(!ask(&s, PARSER_DPKG_LIST, "/a\0b\n/c\n", 8, "l", 1) && !strcmp(s.text, "/c|odd 1|"),
	   "a path with a NUL is odd");
}

static void test_sieve(void)
{
	CLEANUP(freep) char *list = malloc(4096u * 16);
	uint8_t question[1 + SIEVE_BYTES_MIN] = { 'l' };
	struct said s;
	size_t len = 0;

	sieve_add(question + 1, SIEVE_BYTES_MIN, "wanted", 6);
	for (unsigned int i = 0; i < 4096; i++)
		len += (size_t)snprintf(list + len, 16, "/usr/bin/%u\n", i);
	len += (size_t)snprintf(list + len, 16, "/a/wanted\n");
	ok(!ask(&s, PARSER_DPKG_LIST, list, len, question, sizeof(question)) &&
		   strstr(s.text, "/a/wanted") && s.path_cnt < 100,
	   "a sieve lets through what is wanted, and little else (%u of 4097)", s.path_cnt);
	ok(!ask(&s, PARSER_DPKG_LIST, list, len, "l", 1) && s.path_cnt == 4097 &&
		   s.row_cnt == 5,
	   "without one all come, in a few rows");
}

/* Far longer than any buffer, of NULs and of letters, and then a good stanza. */
static void test_long_lines(void)
{
	static const char good[] = "\n\n" STANZA("a");
	CLEANUP(freep) char *name = malloc(1u << 20);
	CLEANUP(close_fdp) int fd = memory_file(good, 0);
	off_t at = 200 << 20;
	struct said s;

	memset(&s, 0, sizeof(s));
	if (ftruncate(fd, at) || pwrite(fd, good, sizeof(good) - 1, at) < 0)
		abort();
	ok(!parse_here(PARSER_DPKG_STATUS, NULL, fd, NULL, 0, keep, &s) &&
		   !strcmp(s.text, "a 1 - installed - 0|odd 2|"),
	   "a line of 200 MiB hides nothing behind it");
	printf("# %s\n", s.text);
	memset(name, 'a', 1 << 20);
	memcpy(name, "Package: ", 9);
	ok(!ask(&s, PARSER_DPKG_STATUS, name, 1 << 20, NULL, 0) && !strcmp(s.text, "odd 1|"),
	   "a name of a megabyte is none");
	memset(name, '/', 1);
	memset(name + 1, 'a', (1 << 20) - 1);
	ok(!ask(&s, PARSER_DPKG_LIST, name, 1 << 20, "l", 1) && !strcmp(s.text, "odd 1|"),
	   "nor is a path of a megabyte");
}

static void test_deadline(void)
{
	struct parse_context late = { .deadline_ns = 1 };
	CLEANUP(close_fdp) int fd = memory_text(STANZA("a"));

	ok(parse_here(PARSER_DPKG_STATUS, &late, fd, NULL, 0, NULL, NULL) == -ETIME,
	   "who is late says so");
}

/* Lines of all lengths around the limits, against what they should be. */
static void test_lines(void)
{
	static const size_t lens[] = { 0, 1, LINES_LINE_MAX - 1, LINES_LINE_MAX,
				       LINES_LINE_MAX + 1, LINES_BUF_BYTES - 1, LINES_BUF_BYTES,
				       LINES_BUF_BYTES + 1, 3 * LINES_BUF_BYTES, 7 };
	CLEANUP(freep) char *text = malloc(8 * LINES_BUF_BYTES);
	CLEANUP(lines_exit) struct lines lines;
	CLEANUP(close_fdp) int fd = -1;
	struct line line;
	size_t len = 0;
	bool fine = true;

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		memset(text + len, 'a' + (int)i, lens[i]);
		len += lens[i];
		text[len++] = '\n';
	}
	fd = memory_file(text, len);
	if (lines_init(&lines, fd, 0))
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		size_t want = lens[i] < LINES_LINE_MAX ? lens[i] : LINES_LINE_MAX;

		fine = fine && lines_next(&lines, &line) == 1 && line.len == want &&
		       line.is_cut == (lens[i] > LINES_LINE_MAX) && strlen(line.text) == want &&
		       (!want || (line.text[0] == 'a' + (int)i &&
				  line.text[want - 1] == 'a' + (int)i));
	}
	ok(fine && !lines_next(&lines, &line), "lines of any length come one by one");
}

int main(void)
{
	test_status();
	test_lists();
	test_sieve();
	test_long_lines();
	test_deadline();
	test_lines();
	ok(path_is_normal("/") && path_is_normal("/a") && !path_is_normal("") &&
		   !path_is_normal("//") && !path_is_normal("/a/"),
	   "the root is a normal path");
	return tap_done();
}
