/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The keyring: whose signatures count on this host, for what, from when until
 * when, and how many of them are needed.
 *
 * Without a trust file every key counts for everything and one signature is
 * enough. With one, only the keys it names count. Pure: bytes in, answers out.
 */
#ifndef WEIR_BUNDLE_KEYRING_H
#define WEIR_BUNDLE_KEYRING_H

#include "base/diag.h"
#include "bundle/bundle_manifest.h"
#include "bundle/minisign.h"

#define KEYRING_MAX 64

/* FILE.minisig and FILE.minisig.1 to .9. */
#define KEYRING_SIGNATURES_MAX 10

struct keyring_key {
	char name[65]; /* of its file, without ".pub" */
	struct minisign_key key;
	int64_t from, until; /* seconds since the epoch; until: the first moment after */
	uint8_t kinds;	     /* BUNDLE_* */
	bool is_listed;	     /* in the trust file */
};

struct keyring {
	struct keyring_key key[KEYRING_MAX];
	uint32_t cnt;
	uint32_t need;
};

/* A file of a signature, as it was read. */
struct signature_file {
	char name[16]; /* "minisig", "minisig.1", for messages */
	char *text;    /* the caller's */
	size_t len;
};

/* Whose signatures counted. */
struct signers {
	const struct keyring_key *by[KEYRING_SIGNATURES_MAX]; /* borrowed */
	struct terms terms; /* the same in all of them */
	uint32_t cnt;
};

void keyring_init(struct keyring *k);

/* A key file's bytes. 0, or -EINVAL with @d. */
int keyring_add(struct keyring *k, const char *file, const char *name, const char *text,
		size_t len, struct diag *d);

/* The trust file, after all keys. 0, -EINVAL with @d, -ENOMEM. */
int keyring_read_rules(struct keyring *k, const char *file, const char *text, size_t len,
		       struct diag *d);

/*
 * Is @data signed by as many keys as are needed, at @now_s? Nothing of @data is
 * parsed. 0 and *ret, or -EINVAL with @d saying of each signature why it does
 * not count. What the keys may sign is asked later, by keyring_allows().
 */
int keyring_verify(const struct keyring *k, const char *file, const void *data, size_t len,
		   const struct signature_file *files, uint32_t file_cnt, int64_t now_s,
		   struct signers *ret, struct diag *d);

/* May enough of the signers sign a bundle of @kind? -EINVAL with @d: no. */
int keyring_allows(const struct keyring *k, const struct signers *s, const char *file,
		   uint8_t kind, struct diag *d);

#endif /* WEIR_BUNDLE_KEYRING_H */
