/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a bundle says of itself: the manifest inside it, and the terms in the
 * trusted comment of each signature, which have to be the same.
 *
 * Both are signed, each by its own signature. The terms are there so that
 * whoever signs sees, and `minisign -V` shows, what is being signed.
 */
#ifndef WEIR_BUNDLE_BUNDLE_MANIFEST_H
#define WEIR_BUNDLE_BUNDLE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"

/* All host patterns with a comma between them. */
#define MANIFEST_SCOPE_MAX 1024

/* What a bundle holds, as bits. */
#define BUNDLE_POLICY 1u
#define BUNDLE_CATALOG 2u

struct bundle_manifest {
	const char *name;
	uint8_t kind; /* BUNDLE_* */
	int64_t serial;
	int64_t created, expires; /* seconds since the epoch; expires: the first moment after */
	const char *created_text, *expires_text; /* as written */
	char scope[MANIFEST_SCOPE_MAX]; /* "db-*,web-*"; empty: every host */
	int64_t catalog_serial; /* 0: it holds no catalogue */
	bool hold; /* no step up while this bundle is in force */
	struct arena arena;
};

/* What is signed beside the data. */
struct terms {
	int64_t serial, expires;
	char bundle[65], scope[MANIFEST_SCOPE_MAX];
	bool hold;
};

/* 0 and *ret for bundle_manifest_exit(), or -EINVAL with @d, or -ENOMEM. */
int bundle_manifest_read(const char *file, const char *text, size_t len,
			 struct bundle_manifest *ret, struct diag *d);
void bundle_manifest_exit(struct bundle_manifest *m);

/* "policy", "catalog", "both"; 0: none of them. */
const char *bundle_manifest_kind_name(uint8_t kind);
uint8_t bundle_manifest_kind_of(const char *name);

/* May @name, of 1 to 255 bytes, be a host's pattern? */
bool bundle_manifest_pattern_is_valid(const char *pattern);

/* Is @host meant? */
bool bundle_manifest_covers(const struct bundle_manifest *m, const char *host);

/* "bundle=plant-a serial=41 expires=2027-01-31 scope=db-*,web-*" */
void bundle_manifest_format_terms(const struct bundle_manifest *m, struct buf *out);

/* 0, or -EINVAL with @why (of @size) a phrase for people. */
int terms_read(const char *comment, struct terms *ret, char *why, size_t size);

/* NULL, or the name of what they disagree about. */
const char *terms_differ(const struct terms *t, const struct bundle_manifest *m);

#endif /* WEIR_BUNDLE_BUNDLE_MANIFEST_H */
