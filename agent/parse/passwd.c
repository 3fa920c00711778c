// SPDX-License-Identifier: GPL-2.0-only
#include "parse/passwd.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "parse/input.h"

/* name, password, uid, gid, comment, home, shell */
#define FIELDS 7

/* "-" is how sysusers.d says nothing. */
static void add(struct reply *out, enum passwd_tag tag, const char *text)
{
	if (text && *text && strcmp(text, "-") != 0)
		reply_text(out, tag, text);
}

static int tell(struct reply *out, enum passwd_row kind, uint64_t line,
		const char *const field[FIELDS])
{
	if (!field[0] || !*field[0])
		return 0;
	reply_begin(out, kind);
	reply_u64(out, PASSWD_TAG_LINE, line);
	reply_text(out, PASSWD_TAG_NAME, field[0]);
	add(out, PASSWD_TAG_ID, field[2]);
	if (kind == PASSWD_ROW_USER) {
		add(out, PASSWD_TAG_HOME, field[5]);
		add(out, PASSWD_TAG_SHELL, field[6]);
	}
	return reply_end(out);
}

static int take_account(struct reply *out, uint64_t line, char *text, enum passwd_row kind)
{
	const char *field[FIELDS] = {};

	/* "+" and "-" are how NIS is asked for. */
	if (*text == '#' || *text == '+' || *text == '-')
		return 0;
	for (int i = 0; i < FIELDS; i++)
		field[i] = strsep(&text, ":");
	return field[2] ? tell(out, kind, line, field) : 0;
}

/* A word, or what stands between quotes. */
static const char *next_word(char **at)
{
	char *word = *at + strspn(*at, " \t"), *end;

	if (*word == '"' || *word == '\'') {
		end = strchr(word + 1, *word);
		word++;
		if (!end)
			end = word + strlen(word);
	} else {
		end = word + strcspn(word, " \t");
	}
	*at = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

/* u NAME ID COMMENT HOME SHELL; "u!" is a locked one, "m" and "r" are no accounts */
static int take_sysuser(struct reply *out, uint64_t line, char *text)
{
	const char *type = next_word(&text);
	const char *field[FIELDS] = {};

	if ((*type != 'u' && *type != 'g') || (type[1] && type[1] != '!' && type[1] != '-'))
		return 0;
	field[0] = next_word(&text);
	field[2] = next_word(&text);
	field[4] = next_word(&text);
	field[5] = next_word(&text);
	field[6] = next_word(&text);
	return tell(out, *type == 'u' ? PASSWD_ROW_USER : PASSWD_ROW_GROUP, line, field);
}

int passwd_parse(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		 struct reply *out)
{
	CLEANUP(freep) char *text = NULL;
	char *at, *line;
	uint64_t no = 0;
	size_t len;
	int err;

	(void)ctx;
	if (ask_len != 1 || (unsigned char)*ask >= PASSWD_KIND_MAX)
		return -EINVAL;
	err = input_text(fd, PASSWD_BYTES_MAX, &text, &len);
	at = text;
	while (!err && (line = strsep(&at, "\n"))) {
		no++;
		if (*ask == PASSWD_SYSUSERS)
			err = take_sysuser(out, no, line);
		else
			err = take_account(out, no, line,
					   *ask == PASSWD_ACCOUNTS ? PASSWD_ROW_USER :
								     PASSWD_ROW_GROUP);
	}
	return err;
}
