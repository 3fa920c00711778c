// SPDX-License-Identifier: GPL-2.0-only
#include "parse/rpm.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "parse/lines.h"
#include "parse/path.h"
#include "parse/sieve.h"

#define BUF_BYTES 65536

/* A path, or any other text that is worth telling whole. */
#define WORD_BYTES WEIR_PATH_MAX
#define WORDS_MAX 9

/* In FILESTATES and FILEFLAGS. */
#define STATE_NORMAL "0"
#define FLAG_GHOST 0x40u

struct word {
	size_t len;
	bool is_cut;
	char text[WORD_BYTES + 1];
};

struct source {
	int fd, err;
	uint64_t off, deadline_ns;
	size_t at, end;
	unsigned int word_cnt; /* of the line that was read */
	bool is_odd;
	struct word words[WORDS_MAX];
	char buf[BUF_BYTES];
};

bool rpm_name_is_valid(const char *name)
{
	size_t len = strlen(name);

	if (!len || len > 255 || !isalnum((unsigned char)*name))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("-+._~^", *name))
			return false;
	return true;
}

/* -1: the end, or source.err. */
static int next_byte(struct source *s)
{
	long got;

	if (s->at < s->end)
		return (unsigned char)s->buf[s->at++];
	got = s->err ? 0 : lines_read(s->fd, s->buf, sizeof(s->buf), &s->off, s->deadline_ns);
	if (got <= 0) {
		s->err = (int)got;
		return -1;
	}
	s->end = (size_t)got;
	s->at = 1;
	return (unsigned char)*s->buf;
}

static void add_byte(struct word *w, int c)
{
	if (w->len == WORD_BYTES) {
		w->is_cut = true;
		return;
	}
	w->text[w->len++] = (char)c;
}

/* One word from @c on: the byte that ended it, a blank, a newline or -1. */
static int read_word(struct source *s, struct word *w, int c)
{
	bool is_quoted = false;

	w->len = 0;
	w->is_cut = false;
	for (; c >= 0; c = next_byte(s)) {
		if (c == '\'') {
			is_quoted = !is_quoted;
			continue;
		}
		if (!is_quoted && (c == ' ' || c == '\n'))
			break;
		if (!is_quoted && c == '\\')
			c = next_byte(s);
		if (c <= 0)
			s->is_odd = true;
		else
			add_byte(w, c);
	}
	s->is_odd |= is_quoted;
	w->text[w->len] = '\0';
	return c;
}

/* The words of the next line: true, or false at the end. */
static bool read_line(struct source *s)
{
	int c = next_byte(s);

	s->word_cnt = 0;
	s->is_odd = false;
	if (c < 0)
		return false;
	while (c >= 0 && c != '\n') {
		struct word spare, *w;

		w = s->word_cnt < WORDS_MAX ? &s->words[s->word_cnt++] : &spare;
		s->is_odd |= w == &spare;
		c = read_word(s, w, c);
		if (c == ' ')
			c = next_byte(s);
	}
	return !s->err;
}

static void tell_text(struct reply *out, uint16_t tag, const struct word *w)
{
	/* What rpm prints for a tag that the package lacks, unquoted; no name is like that. */
	if (w->len && strcmp(w->text, "(none)") != 0)
		reply_text_n(out, tag, w->text, w->len);
}

static int tell_package(struct source *s, struct reply *out)
{
	const struct word *w = s->words;
	char version[3 * 256];
	bool has_epoch = strcmp(w[2].text, "0") && strcmp(w[2].text, "(none)");

	snprintf(version, sizeof(version), "%.20s%s%.255s-%.255s", has_epoch ? w[2].text : "",
		 has_epoch ? ":" : "", w[3].text, w[4].text);
	reply_begin(out, RPM_PACKAGE);
	reply_text_n(out, RPM_NAME, w[1].text, w[1].len);
	reply_text(out, RPM_VERSION, version);
	tell_text(out, RPM_ARCH, &w[5]);
	tell_text(out, RPM_VENDOR, &w[6]);
	tell_text(out, RPM_PACKAGER, &w[7]);
	if (isdigit((unsigned char)*w[8].text))
		reply_u64(out, RPM_CHANGED, strtoull(w[8].text, NULL, 10));
	return reply_end(out);
}

static int tell_file(struct source *s, const uint8_t *sieve, size_t sieve_bytes,
		     struct reply *out)
{
	const struct word *w = s->words;
	const char *base = strrchr(w[1].text, '/') + 1;
	unsigned long flags = strtoul(w[4].text, NULL, 10);

	if (!sieve_passes(sieve, sieve_bytes, base, strlen(base)))
		return 0;
	reply_begin(out, RPM_FILE);
	reply_text_n(out, RPM_PATH, w[1].text, w[1].len);
	reply_u64(out, RPM_MODE, strtoul(w[2].text, NULL, 10) & 0xffff);
	reply_u64(out, RPM_IS_THERE, !strcmp(w[3].text, STATE_NORMAL) && !(flags & FLAG_GHOST));
	return reply_end(out);
}

/* A row of the line that was read; *ret_odd when none can be made of it. */
static int tell_line(struct source *s, const char *sieve, size_t sieve_bytes, struct reply *out,
		     bool *ret_odd)
{
	const struct word *w = s->words;
	bool has_name = !s->is_odd && s->word_cnt > 1 && w[1].len && !w[1].is_cut;

	*ret_odd = false;
	if (has_name && s->word_cnt == 9 && !strcmp(w->text, "P") &&
	    rpm_name_is_valid(w[1].text))
		return tell_package(s, out);
	if (has_name && s->word_cnt == 5 && !strcmp(w->text, "F") &&
	    path_is_normal(w[1].text))
		return tell_file(s, (const uint8_t *)sieve, sieve_bytes, out);
	/* A package without files: rpm prints nothing, or this. */
	*ret_odd = strcmp(w->text, "(none)") != 0;
	return 0;
}

int parse_rpm(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
	      struct reply *out)
{
	CLEANUP(freep) struct source *s = calloc(1, sizeof(*s));
	uint64_t odd_cnt = 0;
	bool is_odd;
	int err;

	if (!s)
		return -ENOMEM;
	s->fd = fd;
	s->deadline_ns = ctx->deadline_ns;
	while (read_line(s)) {
		err = tell_line(s, ask, ask_len, out, &is_odd);
		if (err)
			return err;
		odd_cnt += is_odd;
	}
	if (s->err)
		return s->err;
	if (!odd_cnt)
		return 0;
	reply_begin(out, RPM_ODD);
	reply_u64(out, RPM_CNT, odd_cnt);
	return reply_end(out);
}
