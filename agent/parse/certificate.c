// SPDX-License-Identifier: GPL-2.0-only
#include "parse/certificate.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/date.h"
#include "parse/input.h"

/* Fields of one name, and bytes of one field. */
#define FIELDS_MAX 64
#define FIELD_BYTES_MAX 4096

struct source {
	struct reply *out;
	struct buf field;
	uint64_t number;
};

static void free_bio(BIO **b)
{
	BIO_free(*b);
}

static void free_x509(X509 **x)
{
	X509_free(*x);
}

/* A NUL inside must not make one name pass for a shorter one. */
static void add_value(struct buf *b, const unsigned char *text, int len)
{
	for (int i = 0; i < len && i < FIELD_BYTES_MAX; i++) {
		if (text[i])
			buf_add_char(b, (char)text[i]);
		else
			buf_add_str(b, "\xef\xbf\xbd");
	}
}

static void add_field(struct source *s, enum certificate_tag tag, const X509_NAME_ENTRY *entry)
{
	const ASN1_OBJECT *object = X509_NAME_ENTRY_get_object(entry);
	const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
	int nid = OBJ_obj2nid(object);
	unsigned char *utf8 = NULL;
	char oid[128];
	int len;

	buf_clear(&s->field);
	if (nid != NID_undef)
		buf_add_str(&s->field, OBJ_nid2sn(nid));
	else if (OBJ_obj2txt(oid, sizeof(oid), object, 1) > 0)
		buf_add_str(&s->field, oid);
	buf_add_char(&s->field, '=');
	len = ASN1_STRING_to_UTF8(&utf8, value);
	if (len >= 0)
		add_value(&s->field, utf8, len);
	OPENSSL_free(utf8);
	if (!s->field.err)
		reply_text(s->out, tag, buf_str(&s->field));
}

static void add_name(struct source *s, enum certificate_tag tag, const X509_NAME *name)
{
	int cnt = X509_NAME_entry_count(name);

	for (int i = 0; i < cnt && i < FIELDS_MAX; i++)
		add_field(s, tag, X509_NAME_get_entry(name, i));
}

/* Not by the C library: it would read a time zone, and nothing can be opened here. */
static void add_until(struct source *s, const X509 *x)
{
	struct date d;
	struct tm tm;
	int64_t until;

	if (!ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm))
		return;
	d = (struct date){
		.year = tm.tm_year + 1900,
		.mon = tm.tm_mon + 1,
		.day = tm.tm_mday,
		.hour = tm.tm_hour,
		.min = tm.tm_min,
		.sec = tm.tm_sec,
		.has_time = true,
	};
	until = date_to_epoch(&d);
	if (until > 0)
		reply_u64(s->out, CERTIFICATE_TAG_UNTIL, (uint64_t)until);
}

static int tell(struct source *s, X509 *x)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int digest_len = 0;

	reply_begin(s->out, CERTIFICATE_ROW);
	reply_u64(s->out, CERTIFICATE_TAG_NUMBER, ++s->number);
	if (X509_digest(x, EVP_sha256(), digest, &digest_len))
		reply_bytes(s->out, CERTIFICATE_TAG_SHA256, digest, digest_len);
	reply_u64(s->out, CERTIFICATE_TAG_IS_CA, X509_check_ca(x) > 0);
	add_until(s, x);
	add_name(s, CERTIFICATE_TAG_SUBJECT, X509_get_subject_name(x));
	add_name(s, CERTIFICATE_TAG_ISSUER, X509_get_issuer_name(x));
	return reply_end(s->out);
}

static int tell_der(struct source *s, const unsigned char *der, long len, const char *name)
{
	CLEANUP(free_x509) X509 *x = NULL;

	/* "TRUSTED CERTIFICATE" has OpenSSL's own remarks behind it. */
	if (name && !strcmp(name, PEM_STRING_X509_TRUSTED))
		x = d2i_X509_AUX(NULL, &der, len);
	else
		x = d2i_X509(NULL, &der, len);
	return x ? tell(s, x) : -EBADMSG;
}

static bool is_certificate(const char *name)
{
	return !strcmp(name, PEM_STRING_X509) || !strcmp(name, PEM_STRING_X509_OLD) ||
	       !strcmp(name, PEM_STRING_X509_TRUSTED);
}

/* A bad one among good ones is passed over: the rest of a bundle still counts. */
static int parse_pem(struct source *s, const char *text, size_t len)
{
	CLEANUP(free_bio) BIO *in = BIO_new_mem_buf(text, (int)len);
	int err = 0, bad = 0;

	if (!in)
		return -ENOMEM;
	while (!err) {
		unsigned char *der = NULL;
		char *name = NULL, *header = NULL;
		long der_len;

		if (!PEM_read_bio(in, &name, &header, &der, &der_len)) {
			unsigned long why = ERR_peek_last_error();

			ERR_clear_error();
			if (ERR_GET_REASON(why) == PEM_R_NO_START_LINE || BIO_eof(in))
				break;
			bad = -EBADMSG;
			continue;
		}
		if (s->number == CERTIFICATES_MAX)
			err = -E2BIG;
		else if (is_certificate(name))
			err = tell_der(s, der, der_len, name);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
		if (err == -EBADMSG) {
			bad = err;
			err = 0;
		}
	}
	return err ? err : bad;
}

int certificate_parse(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		      struct reply *out)
{
	CLEANUP(freep) char *text = NULL;
	struct source s = { .out = out };
	size_t len;
	int err;

	(void)ctx;
	(void)ask;
	(void)ask_len;
	/* Its configuration is a file, and no file can be opened here. */
	if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL))
		return -ENOMEM;
	err = input_text(fd, CERTIFICATE_BYTES_MAX, &text, &len);
	if (err)
		return err;
	if (memmem(text, len, "-----BEGIN ", 11))
		err = parse_pem(&s, text, len);
	else
		err = tell_der(&s, (const unsigned char *)text, (long)len, NULL);
	ERR_clear_error();
	buf_free(&s.field);
	return err;
}
