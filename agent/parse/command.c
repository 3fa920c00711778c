// SPDX-License-Identifier: GPL-2.0-only
#include "parse/command.h"

#include <stdbool.h>
#include <string.h>

#include "base/hex.h"

struct scan {
	const char *at, *end;
	const char *start; /* of the line */
	char quote;	   /* that is open, 0: none */
	command_fn fn;
	void *ctx;
	unsigned int tried;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/* What a path may follow: blanks, quotes, operators, and the marks of systemd. */
static bool is_before(char c)
{
	return is_blank(c) || (c && strchr("\"'`=:;,|&()<>{}[]@!+-", c));
}

static bool is_after(char c)
{
	return is_blank(c) || !c || strchr("\"'`=:;,|&()<>{}$", c);
}

/* Takes "//", "." and ".." out of @path, in place. */
static void normalize(char *path, size_t path_len)
{
	bool is_directory = path_len && path[path_len - 1] == '/';
	const char *from = path;
	char *to = path;

	while (*from) {
		size_t len;

		from += strspn(from, "/");
		len = strcspn(from, "/");
		if (len == 2 && from[0] == '.' && from[1] == '.') {
			while (to > path && *--to != '/')
				;
		} else if (len && !(len == 1 && *from == '.')) {
			*to++ = '/';
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	if (is_directory && to > path)
		*to++ = '/';
	*to = '\0';
}

static int tell(struct scan *s, char *path, size_t len)
{
	path[len] = '\0';
	normalize(path, len);
	return path[0] ? s->fn(s->ctx, path) : 0;
}

/* One character behind a backslash: itself, or \xHH, or \s as systemd has it. */
static char unescape(struct scan *s)
{
	uint8_t byte;

	if (*s->at == 'x' && s->end - s->at >= 3 && !hex_decode(s->at + 1, 2, &byte)) {
		s->at += 3;
		return (char)byte;
	}
	return *s->at++ == 's' ? ' ' : s->at[-1];
}

/* A path begins at s->at: reads it, and moves behind it. */
static int take_path(struct scan *s)
{
	char path[COMMAND_PATH_MAX], head[COMMAND_PATH_MAX];
	size_t len = 0, head_len = 0;
	int err;

	while (s->at < s->end) {
		char c = *s->at;

		if (s->quote ? c == s->quote || c == '$' : is_after(c))
			break;
		if (s->quote && !head_len && is_blank(c))
			head_len = len;
		s->at++;
		if (c == '\\' && s->at < s->end)
			c = unescape(s);
		if (!c)
			break;
		if (len + 1 == sizeof(path))
			return 0; /* no path; what is left of it is no start of one */
		path[len++] = c;
	}
	if (head_len) {
		memcpy(head, path, head_len);
		err = tell(s, head, head_len);
		if (err)
			return err;
	}
	return tell(s, path, len);
}

/* "https://host/path" */
static bool is_url(const struct scan *s)
{
	return s->at - s->start >= 2 && s->at[-1] == ':' && s->end - s->at > 2 &&
	       s->at[1] == '/' && s->at[2] != '/';
}

static void skip_word(struct scan *s)
{
	while (s->at < s->end && !is_blank(*s->at) && *s->at != '"' && *s->at != '\'')
		s->at++;
}

int command_paths(const char *text, size_t len, command_fn fn, void *ctx)
{
	struct scan s = { .at = text, .end = text + len, .start = text, .fn = fn, .ctx = ctx };
	const char *resume;
	int err;

	while (s.at < s.end) {
		if (*s.at == '/' && (s.at == text || is_before(s.at[-1]))) {
			if (is_url(&s)) {
				skip_word(&s);
				continue;
			}
			if (s.tried++ == COMMAND_PATHS_MAX)
				return 0;
			/* Within quotes another path may begin behind a blank. */
			resume = s.at + 1;
			err = take_path(&s);
			if (err)
				return err;
			if (s.quote)
				s.at = resume;
			continue;
		}
		if (*s.at == '\\')
			s.at++;
		else if (s.quote == *s.at)
			s.quote = 0;
		else if (!s.quote && (*s.at == '"' || *s.at == '\''))
			s.quote = *s.at;
		if (s.at < s.end)
			s.at++;
	}
	return 0;
}

size_t command_name(const char *text, size_t len, const char **ret)
{
	const char *end = text + len, *word;

	for (;;) {
		while (text < end && is_blank(*text))
			text++;
		while (text < end && strchr("@-:+!\"'", *text) && *text)
			text++;
		word = text;
		while (text < end && !is_blank(*text) && *text != '"' && *text != '\'')
			text++;
		/* NAME=value goes before the program, as often as anyone likes. */
		if (!memchr(word, '=', (size_t)(text - word)))
			break;
	}
	if (memchr(word, '/', (size_t)(text - word)) || memchr(word, '$', (size_t)(text - word)))
		return 0;
	*ret = word;
	return (size_t)(text - word);
}
