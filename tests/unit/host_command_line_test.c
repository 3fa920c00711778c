// SPDX-License-Identifier: GPL-2.0-only
/* What a command line says about the file behind an interpreter or a loader. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "collect/command_line.h"
#include "collect/listed.h"
#include "tap.h"

#include <netinet/in.h>

/* Arguments are separated by "|". */
static const struct {
	const char *exe, *comm, *line, *script;
} scripts[] = {
	{ "/usr/bin/dash", "run", "/bin/sh|/opt/ew/run|x", "/opt/ew/run" },
	{ "/usr/bin/python3.11", "python3", "python3|-u|/opt/ew/a.py|b", "/opt/ew/a.py" },
	{ "/usr/bin/python3.11", "python3", "python3|-m|http.server", NULL },
	{ "/usr/bin/perl", "perl", "perl|-e|/opt/ew/x", NULL },
	{ "/usr/bin/bash", "bash", "bash|-c|/opt/ew/x", NULL },
	{ "/usr/bin/bash", "bash", "-bash", NULL },
	{ "/usr/lib/jvm/bin/java", "java", "java|-Xmx1g|-jar|/opt/ew/ew.jar|-x", "/opt/ew/ew.jar" },
	{ "/usr/lib/jvm/bin/java", "java", "java|-cp|/opt/x|Main", NULL },
	/* An odd interpreter, but the process has the name of its script. */
	{ "/opt/own/engine", "collector", "engine|--fast|/srv/collector|1", "/srv/collector" },
	{ "/usr/bin/cat", "cat", "cat|/opt/ew/run", NULL },
	{ "/usr/bin/shred", "shred", "shred|/opt/ew/run", NULL },
	{ "/usr/bin/python3-config", "x", "x|/opt/ew/run", NULL },
	{ "/bin/sh", "sh", "", NULL },
	{ "/bin/sh", "", "sh|", NULL },
};

static const struct {
	const char *cwd, *path, *want;
} joins[] = {
	{ "/srv", "a", "/srv/a" },	 { "/srv", "./a//b", "/srv/a/b" },
	{ "/srv", "/a", "/a" },		 { "/srv/x", "../a", "/srv/a" },
	{ "/", "../../a", "/a" },	 { "/", "..", "/" },
	{ "/srv", "", "/srv" },		 { "/a/b", "../../../c/../d", "/d" },
	{ "/srv", "...", "/srv/..." },
};

static size_t read_line(const char *text, char *buf, struct command_line *ret)
{
	size_t len = strlen(text);

	memcpy(buf, text, len + 1);
	for (size_t i = 0; i < len; i++)
		if (buf[i] == '|')
			buf[i] = '\0';
	command_line_read(buf, len ? len + 1 : 0, ret);
	return ret->cnt;
}

static bool is_equal(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void test_scripts(void)
{
	static struct command_line c;
	char buf[256];

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		const char *got;

		read_line(scripts[i].line, buf, &c);
		got = command_line_script(&c, scripts[i].exe, scripts[i].comm);
		ok(is_equal(got, scripts[i].script), "%s: %s", scripts[i].line,
		   scripts[i].script ? scripts[i].script : "no script");
	}
}

static void test_loaders(void)
{
	static struct command_line c;
	char buf[256];

	ok(command_line_is_loader("/lib64/ld-linux-x86-64.so.2") &&
		   command_line_is_loader("/opt/traps/glibc/ld-2.31.so") &&
		   command_line_is_loader("/lib/ld-musl-x86_64.so.1"),
	   "loaders are known by their names");
	ok(!command_line_is_loader("/usr/bin/ld") && !command_line_is_loader("/usr/bin/ld-x"),
	   "the link editor is none");
	read_line("ld.so|--argv0|x|--library-path|/a|--inhibit-cache|/opt/p|-v", buf, &c);
	ok(is_equal(command_line_program(&c), "/opt/p"), "the program comes after the options");
	read_line("ld.so|--argv0", buf, &c);
	ok(!command_line_program(&c), "or not at all");
}

static void test_bounds(void)
{
	static struct command_line c;
	static char many[COMMAND_LINE_BYTES_MAX + 1];

	command_line_read(many, COMMAND_LINE_BYTES_MAX, &c);
	ok(c.cnt == COMMAND_LINE_ARGS_MAX, "a hundred thousand empty arguments are cut");
	memset(many, 'x', COMMAND_LINE_BYTES_MAX);
	command_line_read(many, COMMAND_LINE_BYTES_MAX, &c);
	ok(c.cnt == 1, "one without an end is one");
}

static void test_listed(void)
{
	static struct indicator list[] = {
		{ .kind = IND_LISTEN, .value = "tcp/902" },
		{ .kind = IND_LISTEN, .value = "tcp/902" },
		{ .kind = IND_LISTEN, .value = "tcp/8000-8100" },
		{ .kind = IND_LISTEN, .value = "tcp/443" },
		{ .kind = IND_PORT, .value = "udp/902" },
		{ .kind = IND_MODULE, .value = "event_collector_*" },
		{ .kind = IND_MODULE, .value = "vmmon" },
	};
	const struct catalog c = { .indicators = list, .indicator_cnt = ARRAY_SIZE(list) };
	struct fact facts[4];
	struct listed ports, modules;
	size_t cnt = 0;

	if (listed_all(&c, IND_LISTEN, &ports) || listed_patterns(&c, IND_MODULE, &modules))
		return;
	listed_add_port(&ports, IPPROTO_TCP, 902, facts, &cnt, ARRAY_SIZE(facts));
	ok(cnt == 1 && !strcmp(facts[0].value, "tcp/902"), "a port that two list is told once");
	listed_add_port(&ports, IPPROTO_TCP, 8050, facts, &cnt, ARRAY_SIZE(facts));
	ok(cnt == 2 && !strcmp(facts[1].value, "tcp/8000-8100"), "one of a range as the range");
	listed_add_port(&ports, IPPROTO_UDP, 902, facts, &cnt, ARRAY_SIZE(facts));
	listed_add_port(&ports, IPPROTO_TCP, 443, facts, &cnt, ARRAY_SIZE(facts));
	ok(cnt == 2, "another protocol's, and everybody's port, are not told");
	listed_add_word(&modules, "event_collector_2_0", facts, &cnt, ARRAY_SIZE(facts));
	listed_add_word(&modules, "event_collector_2_0", facts, &cnt, ARRAY_SIZE(facts));
	ok(cnt == 3 && !strcmp(facts[2].value, "event_collector_*"), "a pattern as the pattern");
	listed_add_word(&modules, "vmmon", facts, &cnt, ARRAY_SIZE(facts));
	ok(cnt == 3, "plain words are the matcher's own");
	listed_free(&ports);
	listed_free(&modules);
}

static void test_lines(void)
{
	static struct indicator list[] = {
		{ .kind = IND_ARGV, .value = "xagt -M DAEMON" },
		{ .kind = IND_ARGV, .value = "/usr/bin/hostguard --daemon" },
		{ .kind = IND_ARGV, .value = "ew.jar" },
	};
	static const struct {
		const char *line;
		size_t want;
	} lines[] = {
		{ "xagt|-M|DAEMON", 1 },	    { "/opt/f/xagt|-M|DAEMON|more", 1 },
		{ "xagt|-M", 0 },		    { "xagt|-M|DAEMONS", 0 },
		{ "/usr/bin/hostguard|--daemon", 1 }, { "hostguard|--daemon", 0 },
		{ "ew.jar", 0 },		    { "", 0 },
	};
	const struct catalog catalog = { .indicators = list, .indicator_cnt = ARRAY_SIZE(list) };
	static struct command_line c;
	struct listed argv;
	struct fact facts[4];
	char buf[256];

	if (listed_patterns(&catalog, IND_ARGV, &argv))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		size_t cnt = 0;

		read_line(lines[i].line, buf, &c);
		listed_add_line(&argv, c.args, c.cnt, facts, &cnt, ARRAY_SIZE(facts));
		ok(cnt == lines[i].want, "%s: %zu listed", lines[i].line, lines[i].want);
	}
	listed_free(&argv);
}

int main(void)
{
	test_scripts();
	test_loaders();
	for (size_t i = 0; i < ARRAY_SIZE(joins); i++) {
		char *got = path_join(joins[i].cwd, joins[i].path);

		ok(is_equal(got, joins[i].want), "%s in %s is %s", joins[i].path, joins[i].cwd,
		   joins[i].want);
		free(got);
	}
	test_bounds();
	test_listed();
	test_lines();
	return tap_done();
}
