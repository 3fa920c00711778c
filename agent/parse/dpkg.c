// SPDX-License-Identifier: GPL-2.0-only
#include "parse/dpkg.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "parse/lines.h"
#include "parse/path.h"
#include "parse/sieve.h"

/* File names cannot be longer, and a list is NAME:ARCH.list. */
#define NAME_BYTES 224

/* Paths of one row, well inside of what a row may hold. */
#define BATCH_PATHS 1024
#define BATCH_BYTES (REPLY_ROW_BYTES_MAX / 2)

static const char *const state_names[DPKG_STATE_MAX] = {
	[DPKG_NOT_INSTALLED] = "not-installed",
	[DPKG_CONFIG_FILES] = "config-files",
	[DPKG_HALF_INSTALLED] = "half-installed",
	[DPKG_UNPACKED] = "unpacked",
	[DPKG_HALF_CONFIGURED] = "half-configured",
	[DPKG_TRIGGERS_AWAITED] = "triggers-awaited",
	[DPKG_TRIGGERS_PENDING] = "triggers-pending",
	[DPKG_INSTALLED] = "installed",
};

const char *dpkg_state_name(unsigned int state)
{
	return state < DPKG_STATE_MAX ? state_names[state] : NULL;
}

bool dpkg_name_is_valid(const char *name)
{
	size_t len = strlen(name);

	if (!len || len >= NAME_BYTES || !isalnum((unsigned char)*name))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("-+._", *name))
			return false;
	return true;
}

/* A stanza while it is read. */
struct stanza {
	bool is_begun;
	char name[NAME_BYTES], arch[NAME_BYTES];
	char version[256], maintainer[512], vendor[512], status[128], size[24];
};

static const struct {
	const char *name;
	size_t off, size;
} fields[] = {
#define FIELD(name, member) \
	{ name, offsetof(struct stanza, member), sizeof(((struct stanza *)NULL)->member) }
	FIELD("Package", name),	    FIELD("Architecture", arch),
	FIELD("Version", version),  FIELD("Maintainer", maintainer),
	FIELD("Vendor", vendor),    FIELD("Status", status),
	FIELD("Installed-Size", size),
#undef FIELD
};

/* The first of two is taken. A name that is too long is none: a part of it is another's. */
static void set_field(struct stanza *s, const char *name, size_t name_len, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		char *to = (char *)s + fields[i].off;

		if (strlen(fields[i].name) != name_len ||
		    strncasecmp(fields[i].name, name, name_len) != 0)
			continue;
		if (*to)
			return;
		if (strlen(value) >= fields[i].size && fields[i].size == NAME_BYTES)
			value = "/";
		snprintf(to, fields[i].size, "%s", value);
		return;
	}
}

/* "install ok installed". Without one it is as good as installed: its files decide. */
static enum dpkg_state state_of(const char *status)
{
	const char *word = strrchr(status, ' ');

	for (unsigned int i = 0; word && i < DPKG_STATE_MAX; i++)
		if (!strcmp(word + 1, state_names[i]))
			return i;
	return DPKG_INSTALLED;
}

static int end_stanza(struct stanza *s, struct reply *out, uint64_t *odd_cnt)
{
	int err = 0;

	if (!s->is_begun)
		return 0;
	if (!dpkg_name_is_valid(s->name) || (*s->arch && !dpkg_name_is_valid(s->arch))) {
		++*odd_cnt;
	} else {
		reply_begin(out, DPKG_PACKAGE);
		reply_text(out, DPKG_NAME, s->name);
		reply_text(out, DPKG_VERSION, *s->version ? s->version : NULL);
		reply_text(out, DPKG_ARCH, *s->arch ? s->arch : NULL);
		reply_text(out, DPKG_MAINTAINER, *s->maintainer ? s->maintainer : NULL);
		reply_text(out, DPKG_VENDOR, *s->vendor ? s->vendor : NULL);
		reply_u64(out, DPKG_STATE, state_of(s->status));
		if (isdigit((unsigned char)*s->size))
			reply_u64(out, DPKG_SIZE_KIB, strtoull(s->size, NULL, 10));
		err = reply_end(out);
	}
	memset(s, 0, sizeof(*s));
	return err;
}

static char *trim(char *text, char *end)
{
	while (end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	*end = '\0';
	return text + strspn(text, " \t");
}

static int take_line(struct stanza *s, struct line *line, struct reply *out, uint64_t *odd_cnt)
{
	char *colon;

	if (!line->len)
		return end_stanza(s, out, odd_cnt);
	/* The rest of a field of many lines: none of those that are wanted. */
	if (*line->text == ' ' || *line->text == '\t')
		return 0;
	s->is_begun = true;
	colon = strchr(line->text, ':');
	if (!colon || line->has_nul) {
		++*odd_cnt;
		return 0;
	}
	set_field(s, line->text, (size_t)(colon - line->text),
		  trim(colon + 1, line->text + line->len));
	return 0;
}

static int tell_odd(struct reply *out, uint64_t odd_cnt)
{
	if (!odd_cnt)
		return 0;
	reply_begin(out, DPKG_ODD);
	reply_u64(out, DPKG_CNT, odd_cnt);
	return reply_end(out);
}

int parse_dpkg_status(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		      struct reply *out)
{
	CLEANUP(lines_exit) struct lines lines;
	struct stanza stanza = { 0 };
	uint64_t odd_cnt = 0;
	struct line line;
	int err;

	(void)ask;
	(void)ask_len;
	err = lines_init(&lines, fd, ctx->deadline_ns);
	if (err)
		return err;
	while ((err = lines_next(&lines, &line)) > 0) {
		err = take_line(&stanza, &line, out, &odd_cnt);
		if (err)
			return err;
	}
	if (!err)
		err = end_stanza(&stanza, out, &odd_cnt);
	return err ? err : tell_odd(out, odd_cnt);
}

/* A list while it is read. */
struct listing {
	enum dpkg_form form;
	const uint8_t *sieve;
	size_t sieve_bytes;
	struct reply *out;
	uint32_t path_cnt; /* of the open row */
	size_t path_bytes;
	uint64_t odd_cnt;
};

static int end_batch(struct listing *l)
{
	if (!l->path_cnt)
		return 0;
	l->path_cnt = 0;
	l->path_bytes = 0;
	return reply_end(l->out);
}

static bool passes(const struct listing *l, const char *path, size_t len)
{
	const char *base = memrchr(path, '/', len);

	base = base ? base + 1 : path;
	return sieve_passes(l->sieve, l->sieve_bytes, base, len - (size_t)(base - path));
}

static int add_path(struct listing *l, const char *path, size_t len)
{
	/* "/." heads every list of dpkg's. */
	if (!strcmp(path, "/.") || !passes(l, path, len))
		return 0;
	if (!path_is_normal(path)) {
		l->odd_cnt++;
		return 0;
	}
	if (!l->path_cnt)
		reply_begin(l->out, DPKG_FILES);
	reply_text_n(l->out, DPKG_PATH, path, len);
	l->path_cnt++;
	l->path_bytes += len;
	return l->path_cnt == BATCH_PATHS || l->path_bytes > BATCH_BYTES ? end_batch(l) : 0;
}

/* "HASH  usr/bin/x", "HASH  ./usr/bin/x": the blank before the path makes room for a slash. */
static int add_md5sums_line(struct listing *l, struct line *line)
{
	size_t at = strcspn(line->text, " \t");

	at += strspn(line->text + at, " \t*");
	if (!at || at >= line->len) {
		l->odd_cnt++;
		return 0;
	}
	if (!strncmp(line->text + at, "./", 2))
		at++;
	else if (line->text[at] != '/')
		line->text[--at] = '/';
	return add_path(l, line->text + at, line->len - at);
}

static int add_line(struct listing *l, struct line *line)
{
	if (!line->len)
		return 0;
	if (line->is_cut || line->has_nul) {
		l->odd_cnt++;
		return 0;
	}
	if (l->form == DPKG_FORM_MD5SUMS)
		return add_md5sums_line(l, line);
	return add_path(l, line->text, line->len);
}

static int end_diversion(struct listing *l, char (*texts)[WEIR_PATH_MAX])
{
	bool is_local = !strcmp(texts[2], ":");

	if (!path_is_normal(texts[0]) || !path_is_normal(texts[1]) ||
	    (!is_local && !dpkg_name_is_valid(texts[2]))) {
		l->odd_cnt++;
		return 0;
	}
	reply_begin(l->out, DPKG_DIVERSION);
	reply_text(l->out, DPKG_FROM, texts[0]);
	reply_text(l->out, DPKG_TO, texts[1]);
	reply_text(l->out, DPKG_NAME, is_local ? NULL : texts[2]);
	return reply_end(l->out);
}

static int read_diversions(struct listing *l, struct lines *lines)
{
	CLEANUP(freep) char(*texts)[WEIR_PATH_MAX] = calloc(3, sizeof(*texts));
	unsigned int at = 0;
	struct line line;
	int err;

	if (!texts)
		return -ENOMEM;
	while ((err = lines_next(lines, &line)) > 0) {
		/* What cannot be a path becomes what is none. */
		snprintf(texts[at], sizeof(*texts), "%s",
			 line.has_nul || line.len >= sizeof(*texts) ? "" : line.text);
		at = (at + 1) % 3;
		err = at ? 0 : end_diversion(l, texts);
		if (err)
			return err;
	}
	l->odd_cnt += at != 0;
	return err;
}

static int read_paths(struct listing *l, struct lines *lines)
{
	struct line line;
	int err;

	while ((err = lines_next(lines, &line)) > 0) {
		err = add_line(l, &line);
		if (err)
			return err;
	}
	return err ? err : end_batch(l);
}

int parse_dpkg_list(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		    struct reply *out)
{
	CLEANUP(lines_exit) struct lines lines = { 0 };
	struct listing l = { .out = out };
	int err;

	if (!ask_len)
		return -EINVAL;
	l.form = (unsigned char)*ask;
	l.sieve = (const uint8_t *)ask + 1;
	l.sieve_bytes = ask_len - 1;
	err = lines_init(&lines, fd, ctx->deadline_ns);
	if (err)
		return err;
	err = l.form == DPKG_FORM_DIVERSIONS ? read_diversions(&l, &lines) :
					       read_paths(&l, &lines);
	return err ? err : tell_odd(out, l.odd_cnt);
}
