// SPDX-License-Identifier: GPL-2.0-only
#include "collect/command_line.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* comm has so many bytes at most. */
#define COMM_LEN 15

/* By beginning: "python3.11", "ruby3.1". */
static const char *const interpreters[] = {
	"python", "pypy", "perl", "ruby", "node", "php", "lua", "tclsh", "wish", "pwsh",
	"mono", "java", "guile", "gawk", "awk", "sh", "bash", "dash", "rbash", "ksh",
	"mksh", "zsh", "fish", "busybox",
};

/* After these comes the program itself, not its file. */
static const char *const inlines[] = { "-c", "-e", "-E", "-m", "--eval", "--execute" };

/* Of the loader, each with a value behind it. */
static const char *const loader_options[] = {
	"--library-path", "--inhibit-rpath", "--audit", "--preload", "--argv0",
	"--glibc-hwcaps-prepend", "--glibc-hwcaps-mask",
};

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_any(const char *text, const char *const *list, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++)
		if (!strcmp(text, list[i]))
			return true;
	return false;
}

#define IS_ANY(text, list) is_any(text, list, sizeof(list) / sizeof((list)[0]))

void command_line_read(const char *text, size_t len, struct command_line *ret)
{
	size_t at = 0;

	ret->cnt = 0;
	while (at < len && ret->cnt < COMMAND_LINE_ARGS_MAX) {
		ret->args[ret->cnt++] = text + at;
		at += strlen(text + at) + 1;
	}
}

bool command_line_is_loader(const char *exe)
{
	const char *base = base_of(exe);

	/* ld-linux-x86-64.so.2, ld-2.31.so, ld-musl-x86_64.so.1, ld64.so.2, ld.so */
	return (!strncmp(base, "ld-", 3) || !strncmp(base, "ld64", 4) ||
		!strncmp(base, "ld.so", 5)) && strstr(base, ".so");
}

const char *command_line_program(const struct command_line *c)
{
	for (size_t i = 1; i < c->cnt; i++) {
		if (c->args[i][0] != '-')
			return c->args[i];
		i += IS_ANY(c->args[i], loader_options);
	}
	return NULL;
}

static bool is_interpreter(const char *exe)
{
	const char *base = base_of(exe);

	for (size_t i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++) {
		size_t len = strlen(interpreters[i]);

		if (!strncmp(base, interpreters[i], len) &&
		    !base[len + strspn(base + len, "0123456789.-")])
			return true;
	}
	return false;
}

/* The kernel gives a "#!" file its own name and the path as an argument. */
static const char *find_named(const struct command_line *c, const char *comm)
{
	for (size_t i = 1; i < c->cnt && i < 4; i++)
		if (*comm && !strncmp(base_of(c->args[i]), comm, COMM_LEN) &&
		    strchr(c->args[i], '/'))
			return c->args[i];
	return NULL;
}

static const char *find_jar(const struct command_line *c)
{
	for (size_t i = 1; i + 1 < c->cnt; i++)
		if (!strcmp(c->args[i], "-jar"))
			return c->args[i + 1];
	return NULL;
}

const char *command_line_script(const struct command_line *c, const char *exe, const char *comm)
{
	const char *named = find_named(c, comm);

	if (named || !is_interpreter(exe))
		return named;
	if (!strncmp(base_of(exe), "java", 4))
		return find_jar(c);
	for (size_t i = 1; i < c->cnt; i++) {
		if (IS_ANY(c->args[i], inlines))
			return NULL;
		if (c->args[i][0] && c->args[i][0] != '-')
			return c->args[i];
	}
	return NULL;
}

/* Appends one part, or takes one away; what climbs above the root stays there. */
static char *add_part(char *base, char *end, const char *part, size_t len)
{
	if (!len || (len == 1 && part[0] == '.'))
		return end;
	if (len == 2 && part[0] == '.' && part[1] == '.') {
		while (end > base && *--end != '/')
			;
		return end;
	}
	*end++ = '/';
	memcpy(end, part, len);
	return end + len;
}

static char *add_parts(char *base, char *end, const char *path)
{
	while (*path) {
		size_t len = strcspn(path, "/");

		end = add_part(base, end, path, len);
		path += len;
		path += strspn(path, "/");
	}
	return end;
}

char *path_join(const char *cwd, const char *path)
{
	char *joined = malloc(strlen(cwd) + strlen(path) + 3);
	char *end = joined;

	if (!joined)
		return NULL;
	if (path[0] != '/')
		end = add_parts(joined, end, cwd);
	end = add_parts(joined, end, path);
	if (end == joined)
		*end++ = '/';
	*end = '\0';
	return joined;
}
