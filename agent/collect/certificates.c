// SPDX-License-Identifier: GPL-2.0-only
/*
 * Certificates that this host trusts: software that looks into encrypted
 * traffic adds one of its own.
 *
 * Compared whole and field by field, never as a part of a text: the file's
 * name, one field of the subject ("O=Example, Inc."), the whole subject with
 * ", " between its fields, its O and CN alone in that way, or the fingerprint
 * ("sha256:" and 64 digits). The issuer's fields come after "issuer ".
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <weir/limits.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/date.h"
#include "base/hex.h"
#include "collect/collectors.h"
#include "collect/reading.h"
#include "inventory/root.h"
#include "parse/certificate.h"

/* Files of all stores, and facts of one certificate. */
#define FILES_MAX 20000
#define FACTS_MAX 160

/* To the end of the year 9999, the last that a certificate can write. */
#define DAYS_MAX 2932897

static const char *const patterns[] = {
	"/usr/local/share/ca-certificates/*",
	"/usr/local/share/ca-certificates/*/*",
	"/usr/share/ca-certificates/*",
	"/usr/share/ca-certificates/*/*",
	"/etc/pki/ca-trust/source/*",
	"/etc/pki/ca-trust/source/anchors/*",
	"/usr/share/pki/ca-trust-source/*",
	"/usr/share/pki/ca-trust-source/anchors/*",
	"/etc/pki/trust/*",
	"/etc/pki/trust/anchors/*",
	"/usr/share/pki/trust/anchors/*",
	"/etc/ca-certificates/trust-source/anchors/*",
	"/etc/ssl/certs/*",
	"/etc/pki/tls/certs/*",
	"/etc/pki/ca-trust/extracted/pem/*",
	"/etc/ssl/cert.pem",
	"/etc/ssl/ca-bundle.pem",
};

struct seen_file {
	dev_t dev;
	ino_t ino;
};

struct certificates {
	struct survey *s;
	const char *path; /* being read */
	struct seen_file *seen;
	uint32_t seen_cnt, seen_cap;
	/* Of the certificate at hand. */
	struct arena arena;
	struct fact facts[FACTS_MAX];
	size_t fact_cnt;
};

static int add_fact(struct certificates *c, const char *before, const char *text)
{
	size_t head = strlen(before), len = strlen(text);
	char *value;

	if (c->fact_cnt == FACTS_MAX)
		return 0;
	value = arena_alloc(&c->arena, head + len + 1);
	if (!value)
		return -ENOMEM;
	memcpy(value, before, head);
	memcpy(value + head, text, len);
	c->facts[c->fact_cnt++] = (struct fact){ IND_CA_CERTIFICATE, value };
	return 0;
}

static void add_field(struct buf *b, const char *field)
{
	if (b->len)
		buf_add_str(b, ", ");
	buf_add_str(b, field);
}

/* Each field of a name, all of them, and O and CN: what people know it by. */
static int add_name(struct certificates *c, const struct row *row, enum certificate_tag tag,
		    const char *before, struct buf *whole)
{
	CLEANUP(buf_free) struct buf short_form = {};
	const char *field;
	uint32_t at = 0;
	int err = 0;

	while (!err && (field = row_next_text(row, (uint16_t)tag, &at))) {
		add_field(whole, field);
		if (!strncmp(field, "O=", 2) || !strncmp(field, "CN=", 3))
			add_field(&short_form, field);
		err = add_fact(c, before, field);
	}
	if (!err && whole->len)
		err = add_fact(c, before, buf_str(whole));
	if (!err && short_form.len)
		err = add_fact(c, before, buf_str(&short_form));
	return err;
}

static int add_fingerprint(struct certificates *c, const struct row *row)
{
	char text[2 * WEIR_SHA256_LEN + 1];
	const uint8_t *sha256;
	size_t len;

	sha256 = row_bytes(row, CERTIFICATE_TAG_SHA256, &len);
	if (!sha256 || len != WEIR_SHA256_LEN)
		return 0;
	hex_encode(sha256, len, text);
	return add_fact(c, "sha256:", text);
}

static int tell(struct certificates *c, const struct row *row, struct buf *subject)
{
	const uint64_t until = row_u64(row, CERTIFICATE_TAG_UNTIL, 0);
	struct facts facts = { .path = c->path, .others = c->facts, .other_cnt = c->fact_cnt };
	CLEANUP(buf_free) struct buf where = {};
	struct trace trace = {
		.kind = TRACE_CERTIFICATE,
		.facts = &facts,
	};
	struct date date;

	buf_addf(&where, "%s#%" PRIu64, c->path, row_u64(row, CERTIFICATE_TAG_NUMBER, 0));
	if (until && until / 86400 < DAYS_MAX) {
		date_from_days((int64_t)(until / 86400), &date);
		buf_addf(subject, "; valid until %04d-%02d-%02d", date.year, date.mon, date.day);
	}
	trace.where = buf_str(&where);
	trace.detail = buf_str(subject);
	if (where.err || subject->err)
		return -ENOMEM;
	return survey_take(c->s, &trace);
}

static int take_row(void *ctx, const struct row *row)
{
	CLEANUP(buf_free) struct buf subject = {};
	CLEANUP(buf_free) struct buf issuer = {};
	struct certificates *c = ctx;
	struct facts facts = { .others = c->facts };
	int err;

	c->fact_cnt = 0;
	err = add_fingerprint(c, row);
	if (!err)
		err = add_name(c, row, CERTIFICATE_TAG_SUBJECT, "", &subject);
	if (!err)
		err = add_name(c, row, CERTIFICATE_TAG_ISSUER, "issuer ", &issuer);
	facts.other_cnt = c->fact_cnt;
	if (!err && survey_is_asked(c->s, &facts))
		err = tell(c, row, &subject);
	arena_exit(&c->arena);
	return err;
}

/* A store has links to the same file under many names: read once. */
static int is_new(struct certificates *c, const struct stat *st)
{
	for (uint32_t i = 0; i < c->seen_cnt; i++)
		if (c->seen[i].dev == st->st_dev && c->seen[i].ino == st->st_ino)
			return 0;
	if (c->seen_cnt == c->seen_cap) {
		uint32_t cap = c->seen_cap ? c->seen_cap * 2 : 512;
		void *p = reallocarray(c->seen, cap, sizeof(*c->seen));

		if (!p)
			return -ENOMEM;
		c->seen = p;
		c->seen_cap = cap;
	}
	c->seen[c->seen_cnt++] = (struct seen_file){ st->st_dev, st->st_ino };
	return 1;
}

/* The name counts under each name, and whatever is in it. */
static int tell_name(struct certificates *c)
{
	struct fact fact = { IND_CA_CERTIFICATE, strrchr(c->path, '/') + 1 };
	struct facts facts = { .path = c->path, .others = &fact, .other_cnt = 1 };
	const struct trace trace = {
		.kind = TRACE_CERTIFICATE,
		.where = c->path,
		.facts = &facts,
	};

	return survey_is_asked(c->s, &facts) ? survey_take(c->s, &trace) : 0;
}

/* Keys and lists of revoked ones lie beside certificates. */
static bool is_other(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (!strcmp(dot, ".key") || !strcmp(dot, ".txt") || !strcmp(dot, ".p11-kit"));
}

static int take(void *ctx, const char *path)
{
	CLEANUP(close_fdp) int fd = -1;
	struct certificates *c = ctx;
	struct stat st;
	int err;

	fd = root_open(c->s->root_fd, path, O_PATH);
	if (fd == -ENOMEM)
		return fd;
	if (fd == -EACCES)
		survey_unread(c->s, fd, "%s", path);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	c->path = path;
	err = tell_name(c);
	if (err || is_other(path))
		return err;
	if (c->seen_cnt == FILES_MAX)
		return -E2BIG;
	err = is_new(c, &st);
	if (err <= 0)
		return err;
	return reading_file(c->s, PARSER_CERTIFICATE, READING_PLAIN, path, take_row, c);
}

static void certificates_exit(struct certificates *c)
{
	free(c->seen);
	arena_exit(&c->arena);
}

int collect_certificates(struct survey *s)
{
	CLEANUP(certificates_exit) struct certificates c = { .s = s };
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(patterns); i++)
		err = reading_each(s, patterns[i], take, &c);
	return err;
}
