/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * minisign's files and signatures, with libcrypto alone: so a bundle is signed
 * with a tool that administrators have, and a host needs none.
 *
 * Pure: bytes in, an answer out. Signatures are Ed25519 over the data's
 * BLAKE2b-512 ("ED") or over the data itself ("Ed", as old versions write);
 * the trusted comment has a signature of its own, over the first signature and
 * the comment. Neither counts without the other.
 */
#ifndef WEIR_BUNDLE_MINISIGN_H
#define WEIR_BUNDLE_MINISIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define MINISIGN_ID 8
#define MINISIGN_SIGNATURE 64
#define MINISIGN_COMMENT_MAX 2048

/* Of any of its files; the comments are what is long. */
#define MINISIGN_FILE_MAX 8192

struct minisign_key {
	uint8_t id[MINISIGN_ID];
	uint8_t public[32];
};

struct minisign_secret {
	struct minisign_key key;
	uint8_t seed[32];
};

struct minisign_signature {
	uint8_t id[MINISIGN_ID];
	bool is_prehashed;
	uint8_t data[MINISIGN_SIGNATURE];
	uint8_t global[MINISIGN_SIGNATURE];
	char comment[MINISIGN_COMMENT_MAX]; /* the trusted one, NUL-terminated */
};

/* 0, or -EINVAL with *@why a phrase for people. */
int minisign_read_key(const char *text, size_t len, struct minisign_key *ret, const char **why);
int minisign_read_signature(const char *text, size_t len, struct minisign_signature *ret,
			    const char **why);

/* A secret key without a passphrase, as `minisign -G -W` makes them. */
int minisign_read_secret(const char *text, size_t len, struct minisign_secret *ret,
			 const char **why);

/*
 * 0; -ENOKEY: made with another key; -EBADMSG: not of @data, or its comment was
 * altered; -ENOTSUP: this libcrypto has no Ed25519 or BLAKE2b; or -ENOMEM.
 */
int minisign_verify(const struct minisign_key *key, const struct minisign_signature *s,
		    const void *data, size_t len);

/* The whole file of a prehashed signature to the end of @out. */
int minisign_sign(const struct minisign_secret *secret, const void *data, size_t len,
		  const char *comment, struct buf *out);

/* As minisign prints it: 16 digits and a NUL. */
#define MINISIGN_ID_TEXT (2 * MINISIGN_ID + 1)
void minisign_format_id(const uint8_t id[MINISIGN_ID], char out[MINISIGN_ID_TEXT]);

#endif /* WEIR_BUNDLE_MINISIGN_H */
