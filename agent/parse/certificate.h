/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Certificate: who the certificates of a PEM bundle or a DER file are of.
 *
 * One row for each. Names are told field by field, as written in the
 * certificate, so that a comparison need not take a text apart in which a
 * value may look like a field.
 */
#ifndef WEIR_PARSE_CERTIFICATE_H
#define WEIR_PARSE_CERTIFICATE_H

#include "parse/parsers.h"

/* A larger file: -EFBIG. */
#define CERTIFICATE_BYTES_MAX (8u << 20)

/* Certificates of one file; more: -E2BIG. */
#define CERTIFICATES_MAX 8192

enum certificate_row { CERTIFICATE_ROW = 1 };

enum certificate_tag {
	CERTIFICATE_TAG_NUMBER = 1, /* u64, its place in the file, from 1 */
	CERTIFICATE_TAG_SUBJECT,    /* "O=Example, Inc.": one field each, in their order */
	CERTIFICATE_TAG_ISSUER,
	CERTIFICATE_TAG_SHA256, /* of its DER form: its fingerprint */
	CERTIFICATE_TAG_UNTIL,	/* u64, seconds since the epoch */
	CERTIFICATE_TAG_IS_CA,	/* u64 */
};

int certificate_parse(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		      struct reply *out);

#endif /* WEIR_PARSE_CERTIFICATE_H */
