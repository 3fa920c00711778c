/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bundles and keys from disk. The signatures are looked at first, over the file
 * as a whole; what is inside is parsed when they are right, or when whoever
 * asks only looks.
 */
#ifndef WEIR_CMD_BUNDLE_READ_H
#define WEIR_CMD_BUNDLE_READ_H

#include "bundle/bundle.h"
#include "bundle/keyring.h"

#define BUNDLE_TRUST_DIR "/etc/weir/trust.d"
#define BUNDLE_TRUST_FILE "trust.yaml"

/* Where a policy or a catalogue came from. */
struct origin {
	bool is_bundle, is_signed;
	bool hold;
	uint8_t kind;
	char name[65];
	int64_t serial, created, expires;
	char expires_text[40];
	char signed_by[512];	/* names of keys, with ", " between */
	char why_unsigned[600]; /* of a bundle that nobody vouches for */
};

struct bundle_wish {
	const char *trust;    /* directory of keys; NULL: the default */
	const char *host;     /* name of this one */
	int64_t now_s;
	bool is_trusted; /* refuse what is unsigned, of other hosts or writable by others */
};

/*
 * Makes a bundle of @file's @bytes, which it takes over (of malloc()). 0 and
 * *ret for bundle_free() with *o filled, or -errno with @d.
 */
int bundle_take(const char *file, char *bytes, size_t len, const struct bundle_wish *w,
		struct bundle **ret, struct origin *o, struct diag *d);

/* "unsigned", "signed by release, second". */
const char *origin_text(const struct origin *o, char *out, size_t size);

/* All *.pub of @dir and its trust file. 0, or -errno with @d. */
int keyring_read_dir(const char *dir, bool is_trusted, struct keyring *ret, struct diag *d);

/* What lies beside @file: FILE.minisig and FILE.minisig.1 to .9. */
struct signature_set {
	struct signature_file file[KEYRING_SIGNATURES_MAX];
	uint32_t cnt;
};
int signatures_read(const char *file, bool is_trusted, struct signature_set *ret, struct diag *d);
void signatures_exit(struct signature_set *s);

/*
 * The names of @s's keys, and that its terms are those of @b and its keys may
 * sign such a bundle. 0, or -EINVAL with @d.
 */
int bundle_judge(const struct bundle *b, const struct keyring *k, const struct signers *s,
		 const char *file, struct origin *o, struct diag *d);

#endif /* WEIR_CMD_BUNDLE_READ_H */
