// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as each of what a bundle comes with: the first says as which. The
 * signature's and the key's files are read before anybody has vouched for them.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "bundle/bundle.h"
#include "bundle/keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_signature(const char *text, size_t len)
{
	static const struct minisign_key none;
	struct minisign_signature s;
	const char *why = NULL;

	if (minisign_read_signature(text, len, &s, &why)) {
		if (!why)
			abort();
		return;
	}
	if (strlen(s.comment) >= sizeof(s.comment))
		abort();
	minisign_verify(&none, &s, text, len);
}

static void as_keys(const char *text, size_t len)
{
	struct minisign_secret secret;
	struct minisign_key key;
	const char *why = NULL;

	minisign_read_key(text, len, &key, &why);
	minisign_read_secret(text, len, &secret, &why);
}

static void as_terms(const char *text, size_t len)
{
	CLEANUP(freep) char *copy = strndup(text, len);
	struct terms t;
	char why[160] = "";

	if (!copy)
		return;
	if (!terms_read(copy, &t, why, sizeof(why)) && (t.serial < 1 || !t.expires))
		abort();
}

static void as_bundle(const char *text, size_t len)
{
	CLEANUP(bundle_freep) struct bundle *b = NULL;
	CLEANUP(buf_free) struct buf terms = { 0 };
	struct diag d = { .text = "" };
	struct terms t;
	char why[160], *copy = malloc(len + 1);
	int err;

	if (!copy)
		return;
	memcpy(copy, text, len);
	err = bundle_new("fuzz", copy, len, &b, &d);
	if (err == -EINVAL && !*d.text)
		abort();
	if (err)
		return;
	/* What it says of itself is what it would be signed with. */
	bundle_manifest_format_terms(&b->manifest, &terms);
	if (terms_read(buf_str(&terms), &t, why, sizeof(why)) || terms_differ(&t, &b->manifest))
		abort();
}

static void as_manifest(const char *text, size_t len)
{
	struct bundle_manifest m = { 0 };
	struct diag d = { .text = "" };

	if (!bundle_manifest_read("fuzz", text, len, &m, &d))
		bundle_manifest_covers(&m, "db-1.example.test");
	bundle_manifest_exit(&m);
}

static void as_rules(const char *text, size_t len)
{
	struct keyring k;
	struct diag d = { .text = "" };
	int64_t serial;

	keyring_init(&k);
	k.key[k.cnt++] = (struct keyring_key){ .name = "release" };
	if (!keyring_read_rules(&k, "fuzz", text, len, &d) && (!k.need || k.need > k.cnt))
		abort();
	bundle_read_serial("fuzz", text, len, &serial, &d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const as[])(const char *, size_t) = { as_signature, as_keys, as_terms,
							    as_bundle, as_manifest, as_rules };

	if (size)
		as[*data % ARRAY_SIZE(as)]((const char *)data + 1, size - 1);
	return 0;
}
