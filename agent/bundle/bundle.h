/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bundles: a policy, a catalogue or both, with a manifest, in one file that is
 * signed as a whole.
 *
 *	bundle.yaml                                  the manifest, first
 *	catalog/{confusables,directives,vendors}/NAME.yaml, catalog/serial.yaml
 *	policy.yaml
 *
 * The order is that of the names' bytes. Nothing else may be in it. Pure; what
 * is read here has been verified, or is only shown.
 */
#ifndef WEIR_BUNDLE_BUNDLE_H
#define WEIR_BUNDLE_BUNDLE_H

#include "bundle/archive.h"
#include "bundle/bundle_manifest.h"

#define BUNDLE_MANIFEST "bundle.yaml"
#define BUNDLE_POLICY_FILE "policy.yaml"
#define BUNDLE_CATALOG_DIR "catalog/"
#define BUNDLE_SERIAL_FILE "catalog/serial.yaml"

struct bundle {
	char *bytes; /* the file, owned */
	size_t len;
	struct archive archive;
	struct bundle_manifest manifest;
};

/*
 * Takes over @bytes (of malloc(), also when it fails). 0 and *ret the caller's
 * for bundle_free(), or -EINVAL with @d, or -ENOMEM. @file is for messages.
 */
int bundle_new(const char *file, char *bytes, size_t len, struct bundle **ret, struct diag *d);
struct bundle *bundle_free(struct bundle *b); /* returns NULL; takes NULL */
void bundle_freep(struct bundle **b);

/* May a file of that name be in a bundle? */
bool bundle_name_is_valid(const char *name);

/* A catalogue's serial.yaml: "catalog: NAME" and "serial: N". 0, -EINVAL with @d, -ENOMEM. */
int bundle_read_serial(const char *file, const char *text, size_t len, int64_t *ret,
		       struct diag *d);

#endif /* WEIR_BUNDLE_BUNDLE_H */
