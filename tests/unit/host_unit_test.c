// SPDX-License-Identifier: GPL-2.0-only
/* Unit files, drop-ins, and what systemctl prints, as a parser sees them. */
#include <errno.h>
#include <stdlib.h>

#include "rows.h"
#include "tap.h"

#include "base/cleanup.h"
#include "parse/command.h"
#include "parse/unit.h"
#include "parse/unit_state.h"

struct paths {
	char text[8192];
	size_t len;
	unsigned int cnt;
};

static int add(void *ctx, const char *path)
{
	struct paths *p = ctx;

	p->cnt++;
	p->len += (size_t)snprintf(p->text + p->len, sizeof(p->text) - p->len, "%s%s",
				   p->len ? " " : "", path);
	if (p->len >= sizeof(p->text))
		p->len = sizeof(p->text) - 1;
	return 0;
}

static const struct {
	const char *line, *want; /* paths, with a blank between */
} lines[] = {
	{ "/usr/bin/vmtoolsd", "/usr/bin/vmtoolsd" },
	{ "-/usr/bin/vmtoolsd --log", "/usr/bin/vmtoolsd" },
	{ "@/opt/x/a argv0", "/opt/x/a" },
	{ "!!+/opt/x/a", "/opt/x/a" },
	{ "/bin/sh -c 'exec /opt/x/a --b'", "/bin/sh /opt/x/a /opt/x/a --b" },
	{ "/bin/sh -c \"cd /opt/x && ./a\"", "/bin/sh /opt/x /opt/x && ./a" },
	{ "/usr/bin/env A=/opt/a:/opt/b x", "/usr/bin/env /opt/a /opt/b" },
	{ "/usr/bin/java -cp /opt/a.jar:/opt/b.jar", "/usr/bin/java /opt/a.jar /opt/b.jar" },
	{ "/opt/x --config=/etc/x.conf;/bin/y", "/opt/x /etc/x.conf /bin/y" },
	{ "/opt/My\\ App/run", "/opt/My App/run" },
	{ "/opt/My\\x20App/run", "/opt/My App/run" },
	{ "'/opt/My App/run'", "/opt/My /opt/My App/run" },
	{ "/opt//x/./y/../z/", "/opt/x/z/" },
	{ "/../../etc/x", "/etc/x" },
	{ "/", "" },
	{ "a/b c/d", "" },
	{ "wget https://host.test/opt/x -O /opt/y", "/opt/y" },
	{ "file:///opt/x", "/opt/x" },
	{ "/opt/$FOO/x", "/opt/" },
	{ "\"/opt/unclosed", "/opt/unclosed" },
	{ "\\", "" },
	{ "x >/dev/null 2>&1", "/dev/null" },
};

static void test_commands(void)
{
	CLEANUP(freep) char *many = malloc(1 << 20);
	struct paths p;
	const char *name;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		p = (struct paths){ .len = 0 };
		command_paths(lines[i].line, strlen(lines[i].line), add, &p);
		if (!ok(!strcmp(p.text, lines[i].want), "paths of %s", lines[i].line))
			printf("# %s\n", p.text);
	}
	for (size_t i = 0; i + 2 <= 1 << 20; i += 2)
		memcpy(many + i, "/a", 2);
	p = (struct paths){ .len = 0 };
	command_paths(many, 1 << 20, add, &p);
	ok(!p.cnt, "what is longer than a path is none");
	for (size_t i = 0; i + 4 <= 1 << 20; i += 4)
		memcpy(many + i, "\" /a", 4);
	command_paths(many, 1 << 20, add, &p);
	ok(p.cnt && p.cnt <= 2 * COMMAND_PATHS_MAX, "paths of one line are bounded");
	ok(command_name("-vmtoolsd --x", 13, &name) == 8 && !strncmp(name, "vmtoolsd", 8) &&
		   command_name("A=1 B=/x run y", 14, &name) == 3 && *name == 'r' &&
		   !command_name("/bin/x y", 8, &name) && !command_name("", 0, &name),
	   "a program without a path has a name");
}

#define SET(key, line, rest) "1: 1=#" key " 2=#" line rest "|"

static void test_unit(void)
{
	struct rows r;
	const char *text;

	text = rows_of_text(&r, PARSER_UNIT, -1,
			    "# a comment\n[Unit]\r\nWants = a.service  b.service\n"
			    "[Service]\nExecStart=/opt/x/a \\\n; in between\n  --b /opt/y\n"
			    "ExecStart=\nRestart=always\n[X-Mine]\nExecStart=/opt/no\n"
			    "[Service]\nExecStartPre=-probe\nOther=/opt/no\nno equals\n");
	ok(!strcmp(text, SET("35", "3", " 5=a.service 5=b.service")
			 SET("0", "7", " 3=/opt/x/a 3=/opt/y 5=")
			 SET("0", "8", "")
			 SET("28", "9", " 5=always")
			 SET("1", "13", " 4=probe 5=")) && !r.err,
	   "assignments come in order, joined, of known sections only");
	ok(!strcmp(unit_key_name(UNIT_EXEC_START), "ExecStart") && UNIT_WANTS == 35 &&
		   UNIT_RESTART == 28 && !strcmp(unit_key_name(UNIT_WANTS), "Wants"),
	   "keys are those that the test says");
	text = rows_of_text(&r, PARSER_UNIT, -1,
			    "\xef\xbb\xbf[Desktop Entry]\nExec=vmware-user\nHidden=true\n");
	ok(strstr(text, " 4=vmware-user") && strstr(text, " 5=true"),
	   "a .desktop file is of the same form, with a mark in front too");
	text = rows_of_text(&r, PARSER_UNIT, -1, "[Socket]\nService=x.service\n");
	ok(strstr(text, " 5=x.service") != NULL, "the service of a socket is its unit");
	text = rows_of(&r, PARSER_UNIT, -1, "[Service]\0ExecStart=/opt/a\0\n", 28);
	ok(strstr(text, "3=/opt/a") != NULL, "a NUL ends a line as it does for systemd");
	ok(!*rows_of_text(&r, PARSER_UNIT, -1, "") && !r.err, "an empty file says nothing");
	ok(!*rows_of_text(&r, PARSER_UNIT, -1, "\\\n\\\n\\") && !r.err,
	   "nothing but continuations says nothing");
	ok(!*rows_of_text(&r, PARSER_UNIT, -1, "[") && !r.err &&
		   !*rows_of_text(&r, PARSER_UNIT, -1, "[]\n=\n=x\n"),
	   "nor do brackets without a name");
}

static void test_large_unit(void)
{
	static const char head[] = "[Service]\n", tail[] = "\nExecStart=/opt/late\n";
	size_t len = 10 << 20;
	char *big = malloc(len + sizeof(tail));
	struct rows r;

	memset(big, '#', len);
	memcpy(big, head, sizeof(head) - 1);
	memcpy(big + len, tail, sizeof(tail));
	rows_of(&r, PARSER_UNIT, -1, big, len + sizeof(tail) - 1);
	ok(!r.err && strstr(r.text, "/opt/late"), "a unit of 10 MiB is read to its end");
	/* One value, continued ten million times. */
	for (size_t i = sizeof(head) + 20; i + 2 < len; i += 2)
		memcpy(big + i, "\\\n", 2);
	rows_of(&r, PARSER_UNIT, -1, big, len + sizeof(tail) - 1);
	ok(!r.err, "and one that never stops going on");
	free(big);
	big = calloc(1, UNIT_BYTES_MAX + 1);
	rows_of(&r, PARSER_UNIT, -1, big, UNIT_BYTES_MAX + 1);
	ok(r.err == -EFBIG, "a larger one is refused");
	free(big);
}

/* As systemd 252 prints it. */
static const char state[] =
	"Restart=no\nMainPID=812\nNRestarts=3\nUser=root\nId=open-vm-tools.service\n"
	"Names=vmtoolsd.service open-vm-tools.service\nTriggeredBy=\nLoadState=loaded\n"
	"ActiveState=active\nSubState=running\n"
	"FragmentPath=/lib/systemd/system/open-vm-tools.service\nUnitFileState=enabled\n"
	"\n"
	"Id=run-vmblock\\x2dfuse.mount\nLoadState=loaded\nActiveState=failed\nSubState=failed\n"
	"MainPID=[not set]\nNRestarts=99999999999999999999\n\n\n\nId=x.service\n";

static void test_state(void)
{
	struct rows r;
	const char *text = rows_of_text(&r, PARSER_UNIT_STATE, -1, state);

	ok(!strcmp(text,
		   "1: 8=#812 9=#3 11=root 1=open-vm-tools.service 2=vmtoolsd.service "
		   "2=open-vm-tools.service 3=loaded 4=active 5=running "
		   "7=/lib/systemd/system/open-vm-tools.service 6=enabled|"
		   "1: 1=run-vmblock\\x2dfuse.mount 3=loaded 4=failed 5=failed|"
		   "1: 1=x.service|") && !r.err,
	   "what systemctl prints is taken apart");
	ok(!*rows_of_text(&r, PARSER_UNIT_STATE, -1, "\n\n\n"), "nothing is nothing");
}

int main(void)
{
	test_commands();
	test_unit();
	test_large_unit();
	test_state();
	return tap_done();
}
