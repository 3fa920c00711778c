// SPDX-License-Identifier: GPL-2.0-only
#include "bundle/keyring.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "base/scalar.h"

#define DAY_S 86400

void keyring_init(struct keyring *k)
{
	*k = (struct keyring){ .need = 1 };
}

int keyring_add(struct keyring *k, const char *file, const char *name, const char *text,
		size_t len, struct diag *d)
{
	struct keyring_key key = { .from = INT64_MIN,
				   .until = INT64_MAX,
				   .kinds = BUNDLE_POLICY | BUNDLE_CATALOG };
	const char *why = "";

	if (!name_is_valid(name, strlen(name)))
		return diag_set(d, file, 0, 0, "a key's file is named like release.pub");
	if (k->cnt == KEYRING_MAX)
		return diag_set(d, file, 0, 0, "more than %d keys", KEYRING_MAX);
	if (minisign_read_key(text, len, &key.key, &why))
		return diag_set(d, file, 0, 0, "no minisign public key: %s", why);
	for (uint32_t i = 0; i < k->cnt; i++)
		if (!memcmp(k->key[i].key.id, key.key.id, sizeof(key.key.id)) ||
		    !memcmp(k->key[i].key.public, key.key.public, sizeof(key.key.public)))
			return diag_set(d, file, 0, 0, "the same key as %s.pub", k->key[i].name);
	snprintf(key.name, sizeof(key.name), "%s", name);
	k->key[k->cnt++] = key;
	return 0;
}

/* --- the trust file --- */

struct rule_draft {
	const char *name;
	struct date from, until;
	uint8_t kinds;
};

static struct keyring *keyring_of(const struct reader *r)
{
	return r->ctx;
}

static int read_need(struct reader *r, const struct scalar *s, void *into)
{
	int64_t n = 0;
	int err = scalar_int(r, s, 1, KEYRING_SIGNATURES_MAX, &n);

	if (!err)
		*(uint32_t *)into = (uint32_t)n;
	return err;
}

static int read_for(struct reader *r, const struct scalar *s, void *into)
{
	uint8_t kind = bundle_manifest_kind_of(s->text);

	if (kind != BUNDLE_POLICY && kind != BUNDLE_CATALOG)
		return schema_fail(r, s->at, "\"for\" must be a list of policy, catalog");
	*(uint8_t *)into |= kind;
	return 0;
}

static struct keyring_key *find_key(struct keyring *k, const char *name)
{
	for (uint32_t i = 0; i < k->cnt; i++)
		if (!strcmp(k->key[i].name, name))
			return &k->key[i];
	return NULL;
}

static int rule_done(struct reader *r, void *obj, void *into)
{
	const struct rule_draft *draft = obj;
	struct keyring_key *key = find_key(keyring_of(r), draft->name);

	(void)into;
	if (!key)
		return schema_fail(r, schema_mark(r, "key"), "there is no \"%s.pub\"",
				   draft->name);
	if (key->is_listed)
		return schema_fail(r, schema_mark(r, "key"), "key \"%s\" twice", draft->name);
	key->is_listed = true;
	if (schema_has(r, "from"))
		key->from = date_to_epoch(&draft->from);
	if (schema_has(r, "until"))
		key->until = date_to_epoch(&draft->until) + (draft->until.has_time ? 0 : DAY_S);
	if (key->from >= key->until)
		return schema_fail(r, schema_mark(r, "until"), "\"until\" is before \"from\"");
	if (schema_has(r, "for"))
		key->kinds = draft->kinds;
	return 0;
}

static int rules_done(struct reader *r, void *obj, void *into)
{
	struct keyring *k = obj;
	uint32_t i, kept = 0;

	(void)into;
	for (i = 0; schema_has(r, "keys") && i < k->cnt; i++)
		if (k->key[i].is_listed)
			k->key[kept++] = k->key[i];
	if (schema_has(r, "keys"))
		k->cnt = kept;
	if (k->need > k->cnt)
		return schema_fail(r, schema_mark(r, "need"),
				   "%u signatures are needed and %u keys are there", k->need,
				   k->cnt);
	return 0;
}

static const struct field rule_fields[] = {
	{ .key = "key", .required = true, .offset = offsetof(struct rule_draft, name),
	  .scalar = scalar_name },
	{ .key = "from", .offset = offsetof(struct rule_draft, from), .scalar = scalar_date },
	{ .key = "until", .offset = offsetof(struct rule_draft, until), .scalar = scalar_date },
	{ .key = "for", .shape = FIELD_SCALARS, .offset = offsetof(struct rule_draft, kinds),
	  .scalar = read_for },
};

static const struct schema rule_schema = {
	.fields = rule_fields,
	.field_cnt = ARRAY_SIZE(rule_fields),
	.size = sizeof(struct rule_draft),
	.done = rule_done,
};

static const struct field rules_fields[] = {
	{ .key = "need", .required = true, .offset = offsetof(struct keyring, need),
	  .scalar = read_need },
	{ .key = "keys", .shape = FIELD_MAPS, .map = &rule_schema },
};

static const struct schema rules_schema = {
	.fields = rules_fields,
	.field_cnt = ARRAY_SIZE(rules_fields),
	.size = sizeof(struct keyring),
	.done = rules_done,
};

int keyring_read_rules(struct keyring *k, const char *file, const char *text, size_t len,
		       struct diag *d)
{
	struct arena arena = { 0 };
	struct reader r = { .file = file, .diag = d, .arena = &arena, .ctx = k };
	int err = schema_read(&r, text, len, &rules_schema, k);

	arena_exit(&arena);
	return err;
}

/* --- verification --- */

struct verification {
	const struct keyring *k;
	const void *data;
	size_t len;
	int64_t now_s;
	struct signers *s;
	struct buf why; /* what is said of signatures that do not count */
};

__attribute__((format(printf, 3, 4))) static void object(struct verification *v, const char *name,
							  const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_addf(&v->why, "%s%s: %s", v->why.len ? "; " : "", name, text);
}

static const struct keyring_key *signer_of(const struct verification *v,
					   const struct minisign_signature *s)
{
	for (uint32_t i = 0; i < v->k->cnt; i++)
		if (!memcmp(v->k->key[i].key.id, s->id, sizeof(s->id)))
			return &v->k->key[i];
	return NULL;
}

static bool has_signed(const struct signers *s, const struct keyring_key *key)
{
	for (uint32_t i = 0; i < s->cnt; i++)
		if (s->by[i] == key)
			return true;
	return false;
}

static bool is_same(const struct terms *a, const struct terms *b)
{
	return a->serial == b->serial && a->expires == b->expires && a->hold == b->hold &&
	       !strcmp(a->scope, b->scope);
}

static const char *verify_words(int err)
{
	return err == -EBADMSG ? "it is not of this file, or its comment was altered" :
	       err == -ENOTSUP ? "this host's libcrypto has no Ed25519 or no BLAKE2b" :
				 strerror(-err);
}

/* Is it one of a key that counts, now, over exactly these bytes? */
static const struct keyring_key *check_one(struct verification *v, const char *name,
					   const struct minisign_signature *s)
{
	const struct keyring_key *key = signer_of(v, s);
	char id[MINISIGN_ID_TEXT];
	int err;

	if (!key) {
		minisign_format_id(s->id, id);
		object(v, name, "by key %s, which does not count here", id);
		return NULL;
	}
	err = minisign_verify(&key->key, s, v->data, v->len);
	if (err)
		object(v, name, "%s", verify_words(err));
	else if (v->now_s < key->from || v->now_s >= key->until)
		object(v, name, "key %s does not count at this date", key->name);
	else if (has_signed(v->s, key))
		object(v, name, "key %s has signed already", key->name);
	else
		return key;
	return NULL;
}

static int take_signature(struct verification *v, const struct signature_file *f)
{
	struct minisign_signature s;
	const struct keyring_key *key;
	struct terms terms;
	const char *why = "";
	char text[160];
	int err;

	if (minisign_read_signature(f->text, f->len, &s, &why)) {
		object(v, f->name, "no minisign signature: %s", why);
		return 0;
	}
	key = check_one(v, f->name, &s);
	if (!key)
		return 0;
	err = terms_read(s.comment, &terms, text, sizeof(text));
	if (err == -EINVAL)
		object(v, f->name, "%s", text);
	if (err)
		return err == -EINVAL ? 0 : err;
	if (v->s->cnt && !is_same(&terms, &v->s->terms)) {
		object(v, f->name, "its terms differ from those before");
		return 0;
	}
	v->s->terms = terms;
	v->s->by[v->s->cnt++] = key;
	return 0;
}

int keyring_verify(const struct keyring *k, const char *file, const void *data, size_t len,
		   const struct signature_file *files, uint32_t file_cnt, int64_t now_s,
		   struct signers *ret, struct diag *d)
{
	struct signers s = { .cnt = 0 };
	struct verification v = { k, data, len, now_s, &s, { 0 } };
	int err = 0;

	for (uint32_t i = 0; !err && i < file_cnt && i < KEYRING_SIGNATURES_MAX; i++)
		err = take_signature(&v, &files[i]);
	if (!err && s.cnt < k->need)
		err = diag_set(d, file, 0, 0, "%u of %u signatures that are needed%s%.400s", s.cnt,
			       k->need, v.why.len ? ": " : "", buf_str(&v.why));
	buf_free(&v.why);
	if (!err)
		*ret = s;
	return err;
}

int keyring_allows(const struct keyring *k, const struct signers *s, const char *file,
		   uint8_t kind, struct diag *d)
{
	uint32_t may = 0;

	for (uint32_t i = 0; i < s->cnt; i++)
		may += (s->by[i]->kinds & kind) == kind;
	if (may >= k->need)
		return 0;
	return diag_set(d, file, 0, 0, "%u of the %u signatures that are needed are by keys that "
			"may sign a bundle of kind \"%s\"", may, k->need,
			bundle_manifest_kind_name(kind));
}
