// SPDX-License-Identifier: GPL-2.0-only
#include "parse/unit.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "parse/command.h"
#include "parse/input.h"

/* systemd's own limit of one line, with what continues it. */
#define LINE_BYTES_MAX (1u << 20)

/* Units in one list. */
#define WORDS_MAX 1024

static const char *const key_names[] = {
	[UNIT_EXEC_START] = "ExecStart",
	[UNIT_EXEC_START_PRE] = "ExecStartPre",
	[UNIT_EXEC_START_POST] = "ExecStartPost",
	[UNIT_EXEC_CONDITION] = "ExecCondition",
	[UNIT_EXEC_RELOAD] = "ExecReload",
	[UNIT_EXEC_STOP] = "ExecStop",
	[UNIT_EXEC_STOP_PRE] = "ExecStopPre",
	[UNIT_EXEC_STOP_POST] = "ExecStopPost",
	[UNIT_EXEC] = "Exec",
	[UNIT_TRY_EXEC] = "TryExec",
	[UNIT_ENVIRONMENT] = "Environment",
	[UNIT_ENVIRONMENT_FILE] = "EnvironmentFile",
	[UNIT_WORKING_DIRECTORY] = "WorkingDirectory",
	[UNIT_ROOT_DIRECTORY] = "RootDirectory",
	[UNIT_ROOT_IMAGE] = "RootImage",
	[UNIT_PID_FILE] = "PIDFile",
	[UNIT_WHAT] = "What",
	[UNIT_WHERE] = "Where",
	[UNIT_LISTEN_STREAM] = "ListenStream",
	[UNIT_LISTEN_DATAGRAM] = "ListenDatagram",
	[UNIT_LISTEN_SEQPACKET] = "ListenSequentialPacket",
	[UNIT_LISTEN_FIFO] = "ListenFIFO",
	[UNIT_PATH_EXISTS] = "PathExists",
	[UNIT_PATH_EXISTS_GLOB] = "PathExistsGlob",
	[UNIT_PATH_CHANGED] = "PathChanged",
	[UNIT_PATH_MODIFIED] = "PathModified",
	[UNIT_DIRECTORY_NOT_EMPTY] = "DirectoryNotEmpty",
	[UNIT_SOURCE_PATH] = "SourcePath",
	[UNIT_RESTART] = "Restart",
	[UNIT_WATCHDOG] = "WatchdogSec",
	[UNIT_TYPE] = "Type",
	[UNIT_USER] = "User",
	[UNIT_UNIT] = "Unit",
	[UNIT_SYSTEMD_SERVICE] = "SystemdService",
	[UNIT_HIDDEN] = "Hidden",
	[UNIT_WANTS] = "Wants",
	[UNIT_REQUIRES] = "Requires",
	[UNIT_BINDS_TO] = "BindsTo",
	[UNIT_UPHOLDS] = "Upholds",
	[UNIT_ON_FAILURE] = "OnFailure",
	[UNIT_ON_SUCCESS] = "OnSuccess",
	[UNIT_SOCKETS] = "Sockets",
	[UNIT_ALIAS] = "Alias",
	[UNIT_ALSO] = "Also",
	[UNIT_WANTED_BY] = "WantedBy",
	[UNIT_REQUIRED_BY] = "RequiredBy",
	[UNIT_UPHELD_BY] = "UpheldBy",
};
_Static_assert(ARRAY_SIZE(key_names) == UNIT_KEY_MAX, "every key has a name");

/* Others, among them all that begin with "X-", are nobody's. */
static const char *const sections[] = {
	"Unit",	 "Install", "Service", "Socket", "Timer",	  "Path",	   "Mount",
	"Automount", "Swap", "Slice",	"Scope",  "D-BUS Service", "Desktop Entry",
};

struct source {
	const char *at, *end;
	uint64_t line;
	bool is_known; /* the section */
	struct buf joined;
	struct reply *out;
};

const char *unit_key_name(enum unit_key key)
{
	return key < UNIT_KEY_MAX ? key_names[key] : "?";
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One line of the file, trimmed at both ends. False: there is none left. */
static bool next_line(struct source *s, const char **ret, size_t *ret_len)
{
	const char *start = s->at, *end;

	if (s->at == s->end)
		return false;
	while (s->at < s->end && *s->at && *s->at != '\n' && *s->at != '\r')
		s->at++;
	end = s->at;
	if (s->at < s->end) {
		bool is_crlf = s->at[0] == '\r' && s->end - s->at > 1 && s->at[1] == '\n';

		s->at += 1 + is_crlf;
	}
	s->line++;
	while (start < end && is_blank(*start))
		start++;
	while (end > start && is_blank(end[-1]))
		end--;
	*ret = start;
	*ret_len = (size_t)(end - start);
	return true;
}

/* A line with those that continue it, comments in between left out. */
static bool next_logical(struct source *s, const char **ret, size_t *ret_len)
{
	bool goes_on = true;
	const char *line;
	size_t len;

	buf_clear(&s->joined);
	while (goes_on && next_line(s, &line, &len)) {
		if (len && (*line == '#' || *line == ';'))
			continue;
		goes_on = len && line[len - 1] == '\\';
		if (!goes_on && !s->joined.len) {
			*ret = line;
			*ret_len = len;
			return true;
		}
		if (s->joined.len + len > LINE_BYTES_MAX)
			continue;
		buf_add(&s->joined, line, len - goes_on);
		if (s->joined.len)
			buf_add_char(&s->joined, ' ');
	}
	*ret = buf_str(&s->joined);
	*ret_len = s->joined.len;
	return s->joined.len > 0;
}

static void enter_section(struct source *s, const char *line, size_t len)
{
	s->is_known = false;
	if (line[len - 1] != ']')
		return;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		s->is_known |= strlen(sections[i]) == len - 2 &&
			       !memcmp(sections[i], line + 1, len - 2);
}

static int add_path(void *ctx, const char *path)
{
	reply_text(ctx, UNIT_TAG_PATH, path);
	return 0;
}

static void add_words(struct reply *out, const char *text, size_t len)
{
	const char *end = text + len;

	for (unsigned int cnt = 0; cnt < WORDS_MAX; cnt++) {
		const char *word;

		while (text < end && is_blank(*text))
			text++;
		for (word = text; text < end && !is_blank(*text);)
			text++;
		if (word == text)
			return;
		reply_text_n(out, UNIT_TAG_TEXT, word, (size_t)(text - word));
	}
}

static int assign(struct source *s, enum unit_key key, const char *value, size_t len)
{
	const char *name;
	size_t name_len;

	reply_begin(s->out, UNIT_ROW_ASSIGN);
	reply_u64(s->out, UNIT_TAG_KEY, key);
	reply_u64(s->out, UNIT_TAG_LINE, s->line);
	if (key < UNIT_PATHS_MAX) {
		command_paths(value, len, add_path, s->out);
		name_len = key < UNIT_RUNS_MAX ? command_name(value, len, &name) : 0;
		if (name_len)
			reply_text_n(s->out, UNIT_TAG_NAME, name, name_len);
		/* Taken back is what has no text, and not what runs no path. */
		if (len)
			reply_text(s->out, UNIT_TAG_TEXT, "");
	} else if (key >= UNIT_WORDS_AT) {
		add_words(s->out, value, len);
	} else if (len) {
		reply_text_n(s->out, UNIT_TAG_TEXT, value, len);
	}
	return reply_end(s->out);
}

static int take(struct source *s, const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len), *value;
	size_t key_len;

	if (!s->is_known || !equals)
		return 0;
	key_len = (size_t)(equals - line);
	while (key_len && is_blank(line[key_len - 1]))
		key_len--;
	for (value = equals + 1; value < line + len && is_blank(*value);)
		value++;
	len -= (size_t)(value - line);
	/* Service= of a socket is what Unit= is of a timer. */
	if (key_len == 7 && !memcmp(line, "Service", 7))
		return assign(s, UNIT_UNIT, value, len);
	for (unsigned int i = 0; i < UNIT_KEY_MAX; i++)
		if (strlen(key_names[i]) == key_len && !memcmp(line, key_names[i], key_len))
			return assign(s, i, value, len);
	return 0;
}

static int parse_text(struct source *s)
{
	const char *line;
	size_t len;
	int err = 0;

	/* The mark that some editors begin a text with. */
	if (s->end - s->at >= 3 && !memcmp(s->at, "\xef\xbb\xbf", 3))
		s->at += 3;
	while (!err && next_logical(s, &line, &len)) {
		if (len && *line == '[')
			enter_section(s, line, len);
		else
			err = take(s, line, len);
		if (!err)
			err = s->joined.err;
	}
	return err;
}

int unit_parse(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
	       struct reply *out)
{
	CLEANUP(freep) char *text = NULL;
	struct source s = { .out = out };
	size_t len;
	int err;

	(void)ctx;
	(void)ask;
	(void)ask_len;
	err = input_text(fd, UNIT_BYTES_MAX, &text, &len);
	if (err)
		return err;
	s.at = text;
	s.end = text + len;
	err = parse_text(&s);
	buf_free(&s.joined);
	return err;
}
