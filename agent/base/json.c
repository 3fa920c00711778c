// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON out; see json.h.
 */
#include "base/json.h"

#include <assert.h>

#include "base/utf8.h"

static bool in_array(const struct jout *j)
{
	return j->depth && j->arrays >> (j->depth - 1) & 1;
}

/* What goes before a key, or before a value without one. */
static void separate(struct jout *j)
{
	uint32_t bit;

	if (!j->depth)
		return;
	bit = 1u << (j->depth - 1);
	if (j->filled & bit)
		buf_add_char(j->out, ',');
	j->filled |= bit;
}

static void before_value(struct jout *j)
{
	if (j->has_key) {
		j->has_key = false;
		return;
	}
	assert(!j->depth || in_array(j));
	separate(j);
}

static void open_level(struct jout *j, bool is_array)
{
	uint32_t bit;

	before_value(j);
	buf_add_char(j->out, is_array ? '[' : '{');
	assert(j->depth < JSON_DEPTH_MAX);
	if (j->depth == JSON_DEPTH_MAX)
		return;
	bit = 1u << j->depth++;
	j->filled &= ~bit;
	j->arrays = is_array ? j->arrays | bit : j->arrays & ~bit;
}

void jout_object(struct jout *j)
{
	open_level(j, false);
}

void jout_array(struct jout *j)
{
	open_level(j, true);
}

void jout_end(struct jout *j)
{
	assert(j->depth && !j->has_key);
	if (!j->depth)
		return;
	buf_add_char(j->out, in_array(j) ? ']' : '}');
	j->depth--;
}

void jout_close(struct jout *j)
{
	assert(!j->depth && !j->has_key);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Length of the plain bytes that @s begins with, eight at a time. */
static size_t plain_len(const char *s, size_t len)
{
	const uint64_t ones = 0x0101010101010101ull, tops = ones << 7;
	uint64_t w, quote, slash, del;
	size_t at = 0;

	for (; len - at >= sizeof(w); at += sizeof(w)) {
		memcpy(&w, s + at, sizeof(w));
		quote = w ^ ones * '"';
		slash = w ^ ones * '\\';
		del = w ^ ones * 0x7f;
		/* A byte below n, or zero, borrows into its top bit. */
		if (((w - ones * 0x20) | (quote - ones) | (slash - ones) | (del - ones) | w) & tops)
			break;
	}
	while (at < len && is_plain((unsigned char)s[at]))
		at++;
	return at;
}

static void add_escaped(struct buf *out, unsigned char c)
{
	static const char short_form[] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
		['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\',
	};

	if (c < sizeof(short_form) && short_form[c]) {
		buf_add_char(out, '\\');
		buf_add_char(out, short_form[c]);
		return;
	}
	buf_add(out, "\\u00", 4);
	buf_add_hex(out, &c, 1);
}

/* C1 controls and what reorders text: JSON may hold them, a terminal obeys them. */
static void add_hidden(struct buf *out, uint32_t c)
{
	const unsigned char bytes[] = { (unsigned char)(c >> 8), (unsigned char)c };

	buf_add(out, "\\u", 2);
	buf_add_hex(out, bytes, sizeof(bytes));
}

/* One character that needs a look; its length, or 0 when it was no UTF-8. */
static size_t add_special(struct buf *out, const char *s, size_t len)
{
	uint32_t c;
	size_t n = utf8_step(s, len, &c);

	if (!n)
		buf_add(out, "\xef\xbf\xbd", 3); /* U+FFFD */
	else if (n == 1)
		add_escaped(out, (unsigned char)c);
	else if (utf8_is_control(c))
		add_hidden(out, c);
	else
		buf_add(out, s, n);
	return n;
}

/* The rest of a string from its first byte that is not plain. */
static bool add_rest(struct buf *out, const char *s, size_t len)
{
	bool is_whole = true;
	size_t run, step;

	for (size_t at = 0; at < len;) {
		step = add_special(out, s + at, len - at);
		is_whole = is_whole && step;
		at += step ? step : 1;
		run = plain_len(s + at, len - at);
		buf_add(out, s + at, run);
		at += run;
	}
	return is_whole;
}

bool jout_strn(struct jout *j, const char *s, size_t len)
{
	size_t run = plain_len(s, len);
	bool is_whole = true;
	char *p;

	before_value(j);
	if (!buf_reserve(j->out, run + 2))
		return true;
	p = j->out->data + j->out->len;
	*p = '"';
	memcpy(p + 1, s, run);
	j->out->len += run + 1;
	if (run < len)
		is_whole = add_rest(j->out, s + run, len - run);
	buf_add_char(j->out, '"');
	return is_whole;
}

bool jout_str(struct jout *j, const char *s)
{
	if (s)
		return jout_strn(j, s, strlen(s));
	jout_null(j);
	return true;
}

void jout_hex(struct jout *j, const void *bytes, size_t len)
{
	before_value(j);
	buf_add_char(j->out, '"');
	buf_add_hex(j->out, bytes, len);
	buf_add_char(j->out, '"');
}

void jout_u64(struct jout *j, uint64_t v)
{
	before_value(j);
	buf_add_u64(j->out, v);
}

void jout_digits(struct jout *j, uint64_t v)
{
	before_value(j);
	buf_add_char(j->out, '"');
	buf_add_u64(j->out, v);
	buf_add_char(j->out, '"');
}

void jout_i64(struct jout *j, int64_t v)
{
	before_value(j);
	if (v < 0)
		buf_add_char(j->out, '-');
	/* Negated as unsigned: INT64_MIN has no positive twin. */
	buf_add_u64(j->out, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void jout_bool(struct jout *j, bool v)
{
	jout_raw(j, v ? "true" : "false", v ? 4 : 5);
}

void jout_null(struct jout *j)
{
	jout_raw(j, "null", 4);
}

void jout_raw(struct jout *j, const char *s, size_t len)
{
	before_value(j);
	buf_add(j->out, s, len);
}
