// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments as one line, without the secrets in them; see redact.h.
 *
 * A name is judged by its words ("--vpn-password", "authToken", "X-Api-Key"),
 * so new products need no entry; the table is for names that say nothing
 * ("-p", "--cid").
 */
#include "event/redact.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

#define HIDDEN "***"

static const struct secret_option default_options[] = {
	{ NULL, "--cid" },
	{ "cbagentd", "-p" },
	{ "curl", "--proxy-user" },
	{ "curl", "--user" },
	{ "curl", "-U" },
	{ "curl", "-u" },
	{ "cytool", "-p" },
	{ "epctrl", "-k" },
	{ "forticlient", "-k" },
	{ "forticlient", "-p" },
	{ "forticlientsslvpn_cli", "-p" },
	{ "fortivpn", "-p" },
	{ "ldapsearch", "-w" },
	{ "mysql", "-p" },
	{ "mysqladmin", "-p" },
	{ "mysqldump", "-p" },
	{ "openconnect", "-C" },
	{ "openconnect", "-p" },
	{ "openfortivpn", "-o" },
	{ "openfortivpn", "-p" },
	{ "redis-cli", "-a" },
	{ "sentinelctl", "set" }, /* management token set TOKEN */
	{ "smbclient", "-U" },
	{ "snx", "-p" },
	{ "sshpass", "-p" },
};

const struct redactor redact_default = {
	.options = default_options,
	.option_cnt = ARRAY_SIZE(default_options),
};

/* A word of a name that ends so names a secret: "authtoken", "userpassword". */
static const char *const secret_endings[] = {
	"password", "passwd", "passphrase", "secret", "token", "apikey",
	"authorization", "credential", "credentials", "cookie", "userpass",
};

#define SHORTEST_ENDING 5 /* "token" */

/* Too short to be endings: "compass" and "opinion" are no secrets. */
static const char *const secret_words[] = {
	"pass", "pwd", "pin", "psk", "otp", "passin", "passout", "passcode",
};

/* "key" alone is mostly a file; behind one of these it is the thing itself. */
static const char *const key_owners[] = {
	"access", "account", "activation", "api", "auth", "license", "private",
	"registration", "secret", "shared",
};

/* A last word that makes it the place of a secret, or a switch. */
static const char *const harmless_endings[] = {
	"file", "fd", "path", "prompt", "stdin", "policy", "length", "expiry",
};

struct span {
	const char *s;
	size_t len;
};

static bool span_is(struct span a, const char *word)
{
	/* The first letter decides nearly always; tables are in lower case. */
	return a.len && (a.s[0] | 32) == (word[0] | 32) && a.len == strlen(word) &&
	       !strncasecmp(a.s, word, a.len);
}

static bool span_in(struct span a, const char *const *words, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++)
		if (span_is(a, words[i]))
			return true;
	return false;
}

static bool ends_secretly(struct span a)
{
	struct span tail;

	for (size_t i = 0; a.len >= SHORTEST_ENDING && i < ARRAY_SIZE(secret_endings); i++) {
		tail.len = strlen(secret_endings[i]);
		if (a.len < tail.len)
			continue;
		tail.s = a.s + a.len - tail.len;
		if (span_is(tail, secret_endings[i]))
			return true;
	}
	return span_in(a, secret_words, ARRAY_SIZE(secret_words));
}

/* ASCII only, whatever the locale. */
static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* The next word of *@rest; words are letters and digits, cut off anything else. */
static struct span next_word(struct span *rest)
{
	struct span word;

	while (rest->len && !is_alnum(*rest->s)) {
		rest->s++;
		rest->len--;
	}
	word = (struct span){ rest->s, 0 };
	while (word.len < rest->len && is_alnum(word.s[word.len]))
		word.len++;
	rest->s += word.len;
	rest->len -= word.len;
	return word;
}

static bool name_is_secret(struct span name)
{
	struct span last = { 0 }, word = next_word(&name);
	bool is_secret = false;

	if (span_is(word, "no"))
		return false;
	for (; word.len; last = word, word = next_word(&name)) {
		if (ends_secretly(word))
			is_secret = true;
		else if (span_is(word, "key") &&
			 span_in(last, key_owners, ARRAY_SIZE(key_owners)))
			is_secret = true;
	}
	return is_secret && !span_in(last, harmless_endings, ARRAY_SIZE(harmless_endings));
}

/* What is known of the command while its arguments go by. */
struct command {
	const struct redactor *how;
	struct span program;
	bool hides_next;
};

/* The table's entry for @option, or for what it begins with ("-pSECRET"). */
static const struct secret_option *listed(const struct command *c, struct span option,
					  bool is_attached)
{
	size_t len;

	if (option.len < 2)
		return NULL;
	for (size_t i = 0; i < c->how->option_cnt; i++) {
		const struct secret_option *o = &c->how->options[i];

		/* Two bytes first: of many arguments hardly any goes further. */
		if (o->option[0] != option.s[0] || o->option[1] != option.s[1])
			continue;
		len = strlen(o->option);
		if (is_attached ? len != 2 || option.len == 2 || *o->option != '-'
				: len != option.len || memcmp(option.s, o->option, len))
			continue;
		if (!o->program || span_is(c->program, o->program))
			return o;
	}
	return NULL;
}

static bool is_name_char(char c)
{
	return is_alnum(c) || c == '-' || c == '_' || c == '.';
}

/*
 * How many bytes a secret takes from @at on. As the whole argument's value it
 * takes the rest; inside one it ends where the next parameter begins.
 */
static size_t secret_len(struct span arg, size_t at, bool is_whole)
{
	size_t end = at;

	if (is_whole)
		return arg.len - at;
	while (end < arg.len && !strchr("&; \t", arg.s[end]))
		end++;
	return end - at;
}

/* "user:password" of a URL whose "://" ends at @at: its length with the "@". */
static size_t userinfo_len(struct span arg, size_t at)
{
	size_t len = 0;

	for (size_t i = at; i < arg.len && !strchr("/?# \t", arg.s[i]); i++)
		if (arg.s[i] == '@')
			len = i - at;
	return len;
}

/* Does a value follow the name that ends at @at? Its first byte, or 0. */
static size_t value_after(struct span arg, size_t at)
{
	if (at < arg.len && (arg.s[at] == '"' || arg.s[at] == '\''))
		at++;
	if (at >= arg.len || (arg.s[at] != '=' && arg.s[at] != ':'))
		return 0;
	if (arg.len - at > 2 && !memcmp(arg.s + at, "://", 3))
		return 0;
	at++;
	while (at < arg.len && arg.s[at] == ' ')
		at++;
	return at;
}

/* A name at @at and, if it names one, the secret after it. Returns the new place. */
static size_t add_name(const struct command *c, struct buf *out, struct span arg, size_t at)
{
	struct span name = { arg.s + at, 0 };
	size_t value, hidden;

	while (at + name.len < arg.len && is_name_char(name.s[name.len]))
		name.len++;
	value = value_after(arg, at + name.len);
	if (!value || !(name_is_secret(name) || (!at && listed(c, name, false)))) {
		buf_add(out, name.s, name.len);
		return at + name.len;
	}
	buf_add(out, name.s, value - at);
	/* A header's value may hold anything, so may that of a whole argument. */
	hidden = secret_len(arg, value, !at || memchr(arg.s + at, ':', value - at));
	buf_add(out, HIDDEN, strlen(HIDDEN));
	return value + hidden;
}

static void add_searched(const struct command *c, struct buf *out, struct span arg)
{
	size_t at = 0, len;

	/* Most arguments have neither: nothing in them is named. */
	if (!memchr(arg.s, '=', arg.len) && !memchr(arg.s, ':', arg.len)) {
		buf_add(out, arg.s, arg.len);
		return;
	}
	while (at < arg.len) {
		if (is_name_char(arg.s[at])) {
			at = add_name(c, out, arg, at);
		} else if (arg.len - at > 3 && !memcmp(arg.s + at, "://", 3)) {
			buf_add(out, "://", 3);
			at += 3;
			len = userinfo_len(arg, at);
			if (len)
				buf_add(out, HIDDEN, strlen(HIDDEN));
			at += len;
		} else {
			buf_add_char(out, arg.s[at++]);
		}
	}
}

/* "-x" or "--word": rather the next option than a password. */
static bool looks_like_option(struct span arg)
{
	if (arg.len < 2 || arg.s[0] != '-')
		return false;
	return arg.len == 2 || (arg.s[1] == '-' && arg.len > 3);
}

/* Is @arg a name by itself, so that the argument after it is its value? */
static bool names_next(const struct command *c, struct span arg)
{
	if (listed(c, arg, false))
		return true;
	if (arg.s[0] != '-')
		return span_is(arg, "password") || span_is(arg, "passphrase");
	for (size_t i = 0; i < arg.len; i++)
		if (!is_name_char(arg.s[i]))
			return false;
	return name_is_secret(arg);
}

static void add_redacted(struct command *c, struct buf *out, struct span arg)
{
	if (c->hides_next && !looks_like_option(arg)) {
		buf_add(out, HIDDEN, strlen(HIDDEN));
		c->hides_next = false;
		return;
	}
	c->hides_next = false;
	if (listed(c, arg, true)) {
		buf_add(out, arg.s, 2);
		buf_add(out, HIDDEN, strlen(HIDDEN));
		return;
	}
	c->hides_next = arg.len && names_next(c, arg);
	add_searched(c, out, arg);
}

static bool needs_quotes(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == '\'' || s[i] == '"' || s[i] == '\\')
			return true;
	return !len;
}

/* Puts what @out holds from @start on into single quotes, as a shell reads them. */
static void quote_from(struct buf *out, size_t start)
{
	size_t len = out->len - start;

	/* Two at least; and a buffer that holds nothing yet has no address. */
	if (!buf_reserve(out, len + 2) || !needs_quotes(out->data + start, len))
		return;
	/* Built behind its source, then moved over it: no second buffer. */
	buf_add_char(out, '\'');
	for (size_t i = 0; i < len && !out->err; i++) {
		if (out->data[start + i] == '\'')
			buf_add(out, "'\\''", 4);
		else
			buf_add_char(out, out->data[start + i]);
	}
	buf_add_char(out, '\'');
	if (out->err)
		return;
	memmove(out->data + start, out->data + start + len, out->len - start - len);
	out->len -= len;
}

static struct span last_part(struct span path)
{
	const char *slash = memrchr(path.s, '/', path.len);

	if (!slash)
		return path;
	return (struct span){ slash + 1, (size_t)(path.s + path.len - slash - 1) };
}

void redact_argv(struct buf *out, const char *argv, size_t len, const struct redactor *how)
{
	struct command c = { .how = how };
	struct span arg;
	size_t start;

	for (size_t at = 0; at < len; at += arg.len + 1) {
		arg = (struct span){ argv + at, strnlen(argv + at, len - at) };
		if (at)
			buf_add_char(out, ' ');
		start = out->len;
		if (!at)
			c.program = last_part(arg);
		if (at && how)
			add_redacted(&c, out, arg);
		else
			buf_add(out, arg.s, arg.len);
		quote_from(out, start);
	}
}
