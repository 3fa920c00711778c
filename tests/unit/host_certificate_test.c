// SPDX-License-Identifier: GPL-2.0-only
/* Certificates: made on the spot, of this host, and broken ones. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "rows.h"
#include "tap.h"

#include "base/cleanup.h"
#include "own_certificate.h"
#include "parse/certificate.h"

static const char *const fields[] = { "C", "US", "O", "Example, Inc.", "CN", "Example Root",
				      NULL };

static bool has(const struct rows *r, const char *what)
{
	return strstr(r->text, what) != NULL;
}

static void test_own(void)
{
	X509 *x = own_certificate(fields);
	unsigned char *pem, *der, *both;
	size_t pem_len, der_len;
	struct rows r;

	pem = certificate_bytes(x, true, &pem_len);
	der = certificate_bytes(x, false, &der_len);
	rows_of(&r, PARSER_CERTIFICATE, -1, pem, pem_len);
	ok(!r.err && r.cnt == 1 && has(&r, " 1=#1 ") && has(&r, " 6=#1 ") &&
		   has(&r, " 5=#4102444799 ") &&
		   has(&r, " 2=C=US 2=O=Example, Inc. 2=CN=Example Root 3=C=US "),
	   "a PEM certificate is told field by field, until the last second of 2099");
	rows_of(&r, PARSER_CERTIFICATE, -1, der, der_len);
	ok(!r.err && r.cnt == 1 && has(&r, " 2=CN=Example Root "), "a DER one too");
	both = malloc(2 * pem_len + 256);
	pem_len = (size_t)sprintf((char *)both,
				  "# words\n%s-----BEGIN X509 CRL-----\nAAAA\n"
				  "-----END X509 CRL-----\n-----BEGIN CERTIFICATE-----\nAAAA\n"
				  "-----END CERTIFICATE-----\n%s",
				  (char *)pem, (char *)pem);
	rows_of(&r, PARSER_CERTIFICATE, -1, both, pem_len);
	ok(r.err == -EBADMSG && r.cnt == 2 && has(&r, " 1=#2 "),
	   "what is broken in a bundle is told, and hides nothing behind it");
	rows_of(&r, PARSER_CERTIFICATE, -1, der, der_len - 1);
	ok(r.err == -EBADMSG && !r.cnt, "one that was cut off is none");
	free(both);
	free(pem);
	free(der);
	X509_free(x);
}

/* A name with a NUL in it, as nobody's software writes it. */
static void test_nul(void)
{
	static const char *const evil[] = { "O", "ExampleXother", NULL };
	X509 *x = own_certificate(evil);
	unsigned char *der, *at;
	struct rows r;
	size_t len;

	der = certificate_bytes(x, false, &len);
	while ((at = memmem(der, len, "ExampleX", 8)))
		at[7] = '\0';
	rows_of(&r, PARSER_CERTIFICATE, -1, der, len);
	ok(r.cnt == 1 && !has(&r, " 2=O=Example ") && has(&r, " 2=O=Example\xef\xbf\xbdother"),
	   "a NUL in a name makes it no other name");
	free(der);
	X509_free(x);
}

static void test_host(void)
{
	static const char bundle[] = "/etc/ssl/certs/ca-certificates.crt";
	FILE *f = fopen(bundle, "re");
	static char text[2 << 20];
	unsigned int cnt = 0;
	struct rows r;
	size_t len;

	if (!f) {
		ok(true, "the bundle of this host # SKIP no %s", bundle);
		return;
	}
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	for (const char *p = text; (p = strstr(p, "-----BEGIN CERTIFICATE-----")); p++)
		cnt++;
	rows_of(&r, PARSER_CERTIFICATE, -1, text, len);
	ok(!r.err && r.cnt == cnt, "all %u certificates of this host are read", cnt);
}

static void test_hostile(void)
{
	char *big = malloc(CERTIFICATE_BYTES_MAX + 1);
	struct rows r;

	rows_of(&r, PARSER_CERTIFICATE, -1, "", 0);
	ok(r.err == -EBADMSG && !r.cnt, "an empty file is none");
	rows_of_text(&r, PARSER_CERTIFICATE, -1, "-----BEGIN CERTIFICATE-----\n");
	ok(!r.cnt, "nor is one that only begins");
	for (size_t i = 0; i < CERTIFICATE_BYTES_MAX; i++)
		big[i] = "-----BEGIN CERTIFICATE-----\n"[i % 28];
	rows_of(&r, PARSER_CERTIFICATE, -1, big, CERTIFICATE_BYTES_MAX);
	ok(!r.cnt, "nor are three hundred thousand that only begin");
	rows_of(&r, PARSER_CERTIFICATE, -1, big, CERTIFICATE_BYTES_MAX + 1);
	ok(r.err == -EFBIG, "a larger file is refused");
	free(big);
}

int main(void)
{
	test_own();
	test_nul();
	test_host();
	test_hostile();
	return tap_done();
}
