// SPDX-License-Identifier: GPL-2.0-only
#include "parse/unit_state.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "parse/input.h"

/* Names of one unit. */
#define WORDS_MAX 256

enum shape { SHAPE_TEXT, SHAPE_WORDS, SHAPE_NUMBER };

static const struct {
	const char *name;
	enum shape shape;
} properties[UNIT_STATE_TAG_MAX] = {
	[UNIT_STATE_ID] = { "Id", SHAPE_TEXT },
	[UNIT_STATE_NAMES] = { "Names", SHAPE_WORDS },
	[UNIT_STATE_LOAD] = { "LoadState", SHAPE_TEXT },
	[UNIT_STATE_ACTIVE] = { "ActiveState", SHAPE_TEXT },
	[UNIT_STATE_SUB] = { "SubState", SHAPE_TEXT },
	[UNIT_STATE_FILE] = { "UnitFileState", SHAPE_TEXT },
	[UNIT_STATE_FRAGMENT] = { "FragmentPath", SHAPE_TEXT },
	[UNIT_STATE_PID] = { "MainPID", SHAPE_NUMBER },
	[UNIT_STATE_RESTARTS] = { "NRestarts", SHAPE_NUMBER },
	[UNIT_STATE_TRIGGERED_BY] = { "TriggeredBy", SHAPE_WORDS },
	[UNIT_STATE_USER] = { "User", SHAPE_TEXT },
};

static void add_words(struct reply *out, unsigned int tag, char *value)
{
	char *save = NULL, *word = strtok_r(value, " ", &save);

	for (unsigned int cnt = 0; word && cnt < WORDS_MAX; cnt++) {
		reply_text(out, (uint16_t)tag, word);
		word = strtok_r(NULL, " ", &save);
	}
}

/* A number that is none, such as "[not set]", is left out. */
static void add_number(struct reply *out, unsigned int tag, const char *value)
{
	size_t len = strspn(value, "0123456789");

	/* 2^32 has ten digits; no pid and no count of restarts has more. */
	if (len && len <= 10 && !value[len])
		reply_u64(out, (uint16_t)tag, strtoull(value, NULL, 10));
}

static void add(struct reply *out, char *line)
{
	char *value = strchr(line, '=');

	if (!value)
		return;
	*value++ = '\0';
	for (unsigned int tag = 1; tag < UNIT_STATE_TAG_MAX; tag++) {
		if (strcmp(line, properties[tag].name) != 0)
			continue;
		if (properties[tag].shape == SHAPE_WORDS)
			add_words(out, tag, value);
		else if (properties[tag].shape == SHAPE_NUMBER)
			add_number(out, tag, value);
		else if (*value)
			reply_text(out, (uint16_t)tag, value);
	}
}

/* Units are parted by empty lines. */
static int parse_text(char *text, struct reply *out)
{
	bool is_open = false;
	char *line;
	int err = 0;

	while (!err && (line = strsep(&text, "\n"))) {
		if (!*line && is_open)
			err = reply_end(out);
		if (*line && !is_open)
			reply_begin(out, UNIT_STATE_ROW);
		is_open = *line;
		if (is_open)
			add(out, line);
	}
	return err ? err : is_open ? reply_end(out) : 0;
}

int unit_state_parse(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		     struct reply *out)
{
	CLEANUP(freep) char *text = NULL;
	size_t len;
	int err;

	(void)ctx;
	(void)ask;
	(void)ask_len;
	err = input_text(fd, UNIT_STATE_BYTES_MAX, &text, &len);
	return err ? err : parse_text(text, out);
}
