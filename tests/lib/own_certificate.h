/* SPDX-License-Identifier: GPL-2.0-only */
/* A certificate that signs itself, made on the spot. */
#ifndef WEIR_TESTS_OWN_CERTIFICATE_H
#define WEIR_TESTS_OWN_CERTIFICATE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* "O", "Example, Inc.", "CN", "x", NULL: fields of its name in their order. */
static inline X509 *own_certificate(const char *const *fields)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *name = X509_NAME_new();
	X509_EXTENSION *ca;

	for (; *fields; fields += 2)
		X509_NAME_add_entry_by_txt(name, fields[0], MBSTRING_UTF8,
					   (const unsigned char *)fields[1], -1, -1, 0);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	ASN1_TIME_set_string(X509_getm_notBefore(x), "20200101000000Z");
	ASN1_TIME_set_string(X509_getm_notAfter(x), "20991231235959Z");
	X509_set_version(x, X509_VERSION_3);
	X509_set_subject_name(x, name);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, key);
	ca = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
	X509_add_ext(x, ca, -1);
	if (!key || !X509_sign(x, key, EVP_sha256()))
		abort();
	X509_EXTENSION_free(ca);
	X509_NAME_free(name);
	EVP_PKEY_free(key);
	return x;
}

/* As PEM or DER; the caller's to free(). */
static inline unsigned char *certificate_bytes(X509 *x, bool is_pem, size_t *ret_len)
{
	BIO *out = BIO_new(BIO_s_mem());
	unsigned char *copy;
	char *data;

	if (is_pem)
		PEM_write_bio_X509(out, x);
	else
		i2d_X509_bio(out, x);
	*ret_len = (size_t)BIO_get_mem_data(out, &data);
	copy = malloc(*ret_len + 1);
	if (!copy)
		abort();
	memcpy(copy, data, *ret_len);
	copy[*ret_len] = '\0';
	BIO_free(out);
	return copy;
}

#endif /* WEIR_TESTS_OWN_CERTIFICATE_H */
