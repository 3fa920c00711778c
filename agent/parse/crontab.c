// SPDX-License-Identifier: GPL-2.0-only
#include "parse/crontab.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "parse/command.h"
#include "parse/input.h"

/* A file name, with the NUL. */
#define NAME_MAX_BYTES 256

struct source {
	struct reply *out;
	uint64_t line;
	bool has_any; /* the row has something to tell */
};

static const char blanks[] = " \t\r\f\v";

/* The next word, NUL-terminated in place; "" at the end. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, blanks);
	char *end = word + strcspn(word, blanks);

	*at = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static int add_path(void *ctx, const char *path)
{
	struct source *s = ctx;

	reply_text(s->out, CRONTAB_TAG_PATH, path);
	s->has_any = true;
	return 0;
}

static void add_module(struct source *s, const char *name)
{
	reply_text(s->out, CRONTAB_TAG_MODULE, name);
	s->has_any = true;
}

static void add_command(struct source *s, const char *text)
{
	const char *name;
	size_t len = strlen(text), name_len = command_name(text, len, &name);

	command_paths(text, len, add_path, s);
	if (!name_len)
		return;
	reply_text_n(s->out, CRONTAB_TAG_NAME, name, name_len);
	s->has_any = true;
}

/* An unescaped "%" ends a line of the command; what follows is its input. */
static void cut_percent(char *text)
{
	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		else if (*text == '%')
			*text = '\n';
	}
}

/* NAME = value, and not a time that has an "=" in its command. */
static bool is_environment(const char *line)
{
	size_t len;

	if (!isalpha((unsigned char)*line) && *line != '_' && *line != '"' && *line != '\'')
		return false;
	len = strcspn(line, " \t=");
	return line[len + strspn(line + len, blanks)] == '=';
}

/* Up to the @cnt'th word; false when the line has fewer. */
static bool add_when(struct source *s, char **line, unsigned int cnt)
{
	char when[64] = "";
	size_t len = 0;

	while (cnt--) {
		const char *word = next_word(line);
		int n;

		if (!*word)
			return false;
		n = snprintf(when + len, sizeof(when) - len, "%s%s", len ? " " : "", word);
		len += (size_t)n < sizeof(when) - len ? (size_t)n : sizeof(when) - len - 1;
	}
	reply_text(s->out, CRONTAB_TAG_WHEN, when);
	return true;
}

static void take_cron(struct source *s, char *line, bool has_user)
{
	const char *user;

	if (is_environment(line))
		return;
	if (!add_when(s, &line, *line == '@' ? 1 : 5))
		return;
	if (has_user) {
		user = next_word(&line);
		reply_text(s->out, CRONTAB_TAG_USER, user);
	}
	cut_percent(line);
	add_command(s, line);
}

static void take_system(struct source *s, char *line)
{
	take_cron(s, line, true);
}

static void take_user(struct source *s, char *line)
{
	take_cron(s, line, false);
}

static void take_anacron(struct source *s, char *line)
{
	if (is_environment(line) || !add_when(s, &line, 2) || !*next_word(&line))
		return;
	add_command(s, line);
}

static void take_script(struct source *s, char *line)
{
	command_paths(line, strlen(line), add_path, s);
}

static void take_preload(struct source *s, char *line)
{
	const char *word;
	char *save = NULL;

	line[strcspn(line, "#")] = '\0';
	for (word = strtok_r(line, " \t:", &save); word; word = strtok_r(NULL, " \t:", &save)) {
		if (strchr(word, '/'))
			command_paths(word, strlen(word), add_path, s);
		else
			add_module(s, word);
	}
}

/* "auth [default=1 success=ok] pam_x.so argument" */
static void take_pam(struct source *s, char *line)
{
	const char *control, *module;

	line[strcspn(line, "#")] = '\0';
	if (*next_word(&line) == '@')
		return;
	line += strspn(line, blanks);
	if (*line == '[') {
		line = strchr(line, ']');
		if (!line)
			return;
		line++;
		control = "[";
	} else {
		control = next_word(&line);
	}
	if (!strcmp(control, "include") || !strcmp(control, "substack"))
		return;
	module = next_word(&line);
	if (*module == '/')
		command_paths(module, strlen(module), add_path, s);
	else if (*module)
		add_module(s, module);
	command_paths(line, strlen(line), add_path, s);
}

static void take_pam_conf(struct source *s, char *line)
{
	next_word(&line);
	take_pam(s, line);
}

/* "passwd: files [NOTFOUND=return] sss" means libnss_sss.so.2. */
static void take_nss(struct source *s, char *line)
{
	char name[NAME_MAX_BYTES];
	bool in_action = false;
	const char *word;

	line[strcspn(line, "#")] = '\0';
	line = strchr(line, ':');
	if (!line)
		return;
	line++;
	while (*(word = next_word(&line))) {
		in_action |= *word == '[';
		if (!in_action && (size_t)snprintf(name, sizeof(name), "libnss_%s.so.2", word) <
					  sizeof(name))
			add_module(s, name);
		if (strchr(word, ']'))
			in_action = false;
	}
}

/* A program without a slash lies where udev keeps its own. */
static void add_udev_program(struct source *s, const char *value)
{
	static const char *const places[] = { "/usr/lib/udev/", "/lib/udev/" };
	size_t len = strcspn(value, " \t\"");
	char path[NAME_MAX_BYTES + 16];

	if (!len || len >= NAME_MAX_BYTES || memchr(value, '/', len) || memchr(value, '$', len))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, sizeof(path), "%s%.*s", places[i], (int)len, value);
		add_path(s, path);
	}
}

static void take_udev(struct source *s, char *line)
{
	static const char *const keys[] = { "RUN", "PROGRAM", "IMPORT{program}" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *at = strstr(line, keys[i]);

		for (; at; at = strstr(at + 1, keys[i])) {
			const char *value = strchr(at, '"');

			if (value && !strncmp(at, "RUN{builtin}", 12))
				continue;
			if (value)
				add_udev_program(s, value + 1);
		}
	}
	command_paths(line, strlen(line), add_path, s);
}

static void take_module(struct source *s, char *line)
{
	const char *name = next_word(&line);

	if (*name && *name != ';')
		add_module(s, name);
}

static const struct {
	void (*take)(struct source *s, char *line);
	bool is_joined;	   /* a backslash at the end goes on in the next line */
	bool is_script;
} kinds[CRONTAB_KIND_MAX] = {
	[CRONTAB_SYSTEM] = { take_system, false, false },
	[CRONTAB_USER] = { take_user, false, false },
	[CRONTAB_ANACRON] = { take_anacron, false, false },
	[CRONTAB_SCRIPT] = { take_script, true, true },
	[CRONTAB_PRELOAD] = { take_preload, false, false },
	[CRONTAB_PAM] = { take_pam, true, false },
	[CRONTAB_PAM_CONF] = { take_pam_conf, true, false },
	[CRONTAB_NSS] = { take_nss, false, false },
	[CRONTAB_UDEV] = { take_udev, true, false },
	[CRONTAB_MODULES] = { take_module, false, false },
};

/* The end of the line at @text, with those that it goes on in; counts them. */
static char *end_of_line(char *text, bool is_joined, uint64_t *line)
{
	char *end;

	for (end = text; *end && *end != '\n'; end++) {
		if (!is_joined || end[0] != '\\' || end[1] != '\n')
			continue;
		end[0] = end[1] = ' ';
		++*line;
	}
	return end;
}

static int take_line(struct source *s, enum crontab_kind kind, char *line)
{
	line += strspn(line, blanks);
	if (!*line || *line == '#')
		return 0;
	s->has_any = false;
	reply_begin(s->out, CRONTAB_ROW_LINE);
	reply_u64(s->out, CRONTAB_TAG_LINE, s->line);
	kinds[kind].take(s, line);
	return s->has_any ? reply_end(s->out) : 0;
}

static int parse_text(struct source *s, enum crontab_kind kind, char *text)
{
	unsigned int rows = 0;
	int err = 0;

	while (!err && *text) {
		uint64_t more = 0;
		char *end = end_of_line(text, kinds[kind].is_joined, &more);
		bool is_last = !*end;

		s->line++;
		*end = '\0';
		err = take_line(s, kind, text);
		if (!err && s->has_any && ++rows > CRONTAB_ROWS_MAX)
			err = -E2BIG;
		s->has_any = false;
		s->line += more;
		text = is_last ? end : end + 1;
	}
	return err;
}

int crontab_parse(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		  struct reply *out)
{
	CLEANUP(freep) char *text = NULL;
	struct source s = { .out = out };
	unsigned char kind;
	size_t len;
	int err;

	(void)ctx;
	if (ask_len != 1 || (unsigned char)*ask >= CRONTAB_KIND_MAX)
		return -EINVAL;
	kind = (unsigned char)*ask;
	if (kinds[kind].is_script) {
		text = malloc(CRONTAB_SCRIPT_BYTES_MAX + 1);
		if (!text)
			return -ENOMEM;
		err = input_read_some(fd, text, CRONTAB_SCRIPT_BYTES_MAX, 0, &len);
		if (!err)
			text[len] = '\0';
	} else {
		err = input_text(fd, CRONTAB_BYTES_MAX, &text, &len);
	}
	if (err)
		return err;
	/* A program that lies among the scripts is for the readers of files. */
	if (kinds[kind].is_script && memchr(text, '\0', len < 4096 ? len : 4096))
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!text[i])
			text[i] = '\n';
	return parse_text(&s, kind, text);
}
