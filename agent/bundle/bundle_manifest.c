// SPDX-License-Identifier: GPL-2.0-only
#include "bundle/bundle_manifest.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "base/scalar.h"

#define DAY_S 86400

/* Of a host's name, RFC 1035. */
#define PATTERN_MAX 255

static const char *const kind_names[] = {
	[BUNDLE_POLICY] = "policy",
	[BUNDLE_CATALOG] = "catalog",
	[BUNDLE_POLICY | BUNDLE_CATALOG] = "both",
};

const char *bundle_manifest_kind_name(uint8_t kind)
{
	return kind < ARRAY_SIZE(kind_names) ? kind_names[kind] : NULL;
}

uint8_t bundle_manifest_kind_of(const char *name)
{
	for (uint8_t i = 1; i < ARRAY_SIZE(kind_names); i++)
		if (!strcmp(kind_names[i], name))
			return i;
	return 0;
}

/* A bundle travels between zones, so a day is one of UTC; the last one counts whole. */
static int64_t end_of(const struct date *d)
{
	return date_to_epoch(d) + (d->has_time ? 0 : DAY_S);
}

bool bundle_manifest_pattern_is_valid(const char *pattern)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_*?";
	size_t len = strlen(pattern);

	return len && len <= PATTERN_MAX && strspn(pattern, set) == len;
}

/* --- the manifest --- */

static struct bundle_manifest *manifest_of(const struct reader *r)
{
	return r->ctx;
}

static int read_kind(struct reader *r, const struct scalar *s, void *into)
{
	uint8_t kind = bundle_manifest_kind_of(s->text);

	if (!kind)
		return schema_fail(r, s->at, "\"kind\" must be policy, catalog or both");
	*(uint8_t *)into = kind;
	return 0;
}

static int read_serial(struct reader *r, const struct scalar *s, void *into)
{
	return scalar_int(r, s, 1, SCALAR_INT_MAX, into);
}

static int read_created(struct reader *r, const struct scalar *s, void *into)
{
	struct date d;
	int err = scalar_date(r, s, &d);

	if (err)
		return err;
	*(int64_t *)into = date_to_epoch(&d);
	return scalar_text(r, s, &manifest_of(r)->created_text);
}

static int read_expires(struct reader *r, const struct scalar *s, void *into)
{
	struct date d;
	int err = scalar_date(r, s, &d);

	if (err)
		return err;
	*(int64_t *)into = end_of(&d);
	return scalar_text(r, s, &manifest_of(r)->expires_text);
}

static int read_pattern(struct reader *r, const struct scalar *s, void *into)
{
	char *scope = into;
	size_t len = strlen(scope);

	if (!bundle_manifest_pattern_is_valid(s->text))
		return schema_fail(r, s->at, "\"scope\" must be names of hosts, with * and ?");
	if (len + s->len + 2 > MANIFEST_SCOPE_MAX)
		return schema_fail(r, s->at, "\"scope\" is longer than 1,023 bytes");
	if (len)
		scope[len++] = ',';
	memcpy(scope + len, s->text, s->len + 1);
	return 0;
}

/* A scope of nobody would read as one of everybody. */
static int scope_end(struct reader *r, void *into)
{
	if (!*(const char *)into)
		return schema_fail(r, schema_mark(r, "scope"), "\"scope\" is empty");
	return 0;
}

static int manifest_done(struct reader *r, void *obj, void *into)
{
	const struct bundle_manifest *m = obj;

	(void)into;
	if (m->expires <= m->created)
		return schema_fail(r, schema_mark(r, "expires"),
				   "\"expires\" is not after \"created\"");
	if (!m->catalog_serial != !(m->kind & BUNDLE_CATALOG))
		return schema_fail(r, schema_mark(r, m->catalog_serial ? "catalog" : "kind"),
				   "\"catalog\" is the serial of the catalogue, and goes with "
				   "\"kind\": catalog or both");
	return 0;
}

#define AT(member) offsetof(struct bundle_manifest, member)

static const struct field manifest_fields[] = {
	{ .key = "bundle", .required = true, .offset = AT(name), .scalar = scalar_name },
	{ .key = "kind", .required = true, .offset = AT(kind), .scalar = read_kind },
	{ .key = "serial", .required = true, .offset = AT(serial), .scalar = read_serial },
	{ .key = "created", .required = true, .offset = AT(created), .scalar = read_created },
	{ .key = "expires", .required = true, .offset = AT(expires), .scalar = read_expires },
	{ .key = "scope", .shape = FIELD_SCALARS, .offset = AT(scope), .scalar = read_pattern,
	  .end = scope_end },
	{ .key = "catalog", .offset = AT(catalog_serial), .scalar = read_serial },
	{ .key = "hold", .offset = AT(hold), .scalar = scalar_bool },
};

static const struct schema manifest_schema = {
	.fields = manifest_fields,
	.field_cnt = ARRAY_SIZE(manifest_fields),
	.size = sizeof(struct bundle_manifest),
	.done = manifest_done,
};

int bundle_manifest_read(const char *file, const char *text, size_t len,
			 struct bundle_manifest *ret, struct diag *d)
{
	CLEANUP(bundle_manifest_exit) struct bundle_manifest m = { 0 };
	struct arena arena = { 0 };
	struct reader r = { .file = file, .diag = d, .arena = &arena, .ctx = &m };
	int err = schema_read(&r, text, len, &manifest_schema, &m);

	m.arena = arena;
	if (err)
		return err;
	*ret = m;
	m = (struct bundle_manifest){ 0 };
	return 0;
}

void bundle_manifest_exit(struct bundle_manifest *m)
{
	arena_exit(&m->arena);
	*m = (struct bundle_manifest){ 0 };
}

bool bundle_manifest_covers(const struct bundle_manifest *m, const char *host)
{
	char scope[MANIFEST_SCOPE_MAX], *rest = scope, *pattern;

	memcpy(scope, m->scope, sizeof(scope));
	while ((pattern = strsep(&rest, ",")))
		if (!*m->scope || (*host && name_matches(pattern, host)))
			return true;
	return false;
}

/* --- the terms --- */

void bundle_manifest_format_terms(const struct bundle_manifest *m, struct buf *out)
{
	buf_addf(out, "bundle=%s serial=%lld expires=%s", m->name, (long long)m->serial,
		 m->expires_text);
	if (*m->scope)
		buf_addf(out, " scope=%s", m->scope);
	if (m->hold)
		buf_add_str(out, " hold=true");
}

static bool take_serial(const char *value, struct terms *t)
{
	size_t len = strlen(value);

	if (*value < '1' || *value > '9' || len > 16 || strspn(value, "0123456789") != len)
		return false;
	t->serial = strtoll(value, NULL, 10);
	return t->serial <= SCALAR_INT_MAX;
}

static bool take_expires(const char *value, struct terms *t)
{
	struct date d;

	if (date_parse(value, strlen(value), &d))
		return false;
	t->expires = end_of(&d);
	return true;
}

static bool take_scope(const char *value, struct terms *t)
{
	char copy[MANIFEST_SCOPE_MAX], *rest = copy, *pattern;
	size_t len = strlen(value);

	if (len >= sizeof(t->scope))
		return false;
	memcpy(t->scope, value, len + 1);
	memcpy(copy, value, len + 1);
	while ((pattern = strsep(&rest, ",")))
		if (!bundle_manifest_pattern_is_valid(pattern))
			return false;
	return true;
}

static bool take_hold(const char *value, struct terms *t)
{
	t->hold = !strcmp(value, "true");
	return t->hold || !strcmp(value, "false");
}

static bool take_bundle(const char *value, struct terms *t)
{
	size_t len = strlen(value);

	if (!name_is_valid(value, len))
		return false;
	memcpy(t->bundle, value, len + 1);
	return true;
}

enum { TERM_BUNDLE, TERM_SERIAL, TERM_EXPIRES, TERM_SCOPE, TERM_HOLD, TERM_MAX };

static const struct {
	const char *key;
	bool (*take)(const char *value, struct terms *t);
} term[] = {
	[TERM_BUNDLE] = { "bundle", take_bundle }, [TERM_SERIAL] = { "serial", take_serial },
	[TERM_EXPIRES] = { "expires", take_expires }, [TERM_SCOPE] = { "scope", take_scope },
	[TERM_HOLD] = { "hold", take_hold },
};
_Static_assert(ARRAY_SIZE(term) == TERM_MAX, "every term has a key");

static int fail(char *why, size_t size, const char *what, const char *word)
{
	snprintf(why, size, "its trusted comment %s \"%.64s\"", what, word);
	return -EINVAL;
}

/* What is not known might be a slip in what matters: "scop=db-*" is no bundle for all. */
static int take_word(char *word, struct terms *t, unsigned int *seen, char *why, size_t size)
{
	char *value = strchr(word, '=');
	int i = 0;

	if (!value)
		return fail(why, size, "has the word", word);
	*value++ = '\0';
	while (i < TERM_MAX && strcmp(term[i].key, word) != 0)
		i++;
	if (i == TERM_MAX)
		return fail(why, size, "has the unknown term", word);
	if (*seen & 1u << i)
		return fail(why, size, "has twice", word);
	*seen |= 1u << i;
	if (!term[i].take(value, t))
		return fail(why, size, "has a bad value for", word);
	return 0;
}

int terms_read(const char *comment, struct terms *ret, char *why, size_t size)
{
	CLEANUP(freep) char *copy = strdup(comment);
	struct terms t = { 0 };
	char *rest = copy, *word;
	unsigned int seen = 0;
	int err = copy ? 0 : -ENOMEM;

	while (!err && (word = strsep(&rest, " ")))
		if (*word)
			err = take_word(word, &t, &seen, why, size);
	if (err)
		return err;
	for (int i = TERM_SERIAL; i <= TERM_EXPIRES; i++)
		if (!(seen & 1u << i))
			return fail(why, size, "lacks", term[i].key);
	*ret = t;
	return 0;
}

const char *terms_differ(const struct terms *t, const struct bundle_manifest *m)
{
	if (*t->bundle && strcmp(t->bundle, m->name) != 0)
		return "bundle";
	if (t->serial != m->serial)
		return "serial";
	if (t->expires != m->expires)
		return "expires";
	if (strcmp(t->scope, m->scope) != 0)
		return "scope";
	return t->hold != m->hold ? "hold" : NULL;
}
