/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sources: the catalogue's directory and the policy file, from disk to structs.
 *
 * Read whole or not at all, with one message that says which file is to blame.
 * Either may be a bundle instead, see weir-bundle(5); the catalogue in one that
 * holds both goes with its policy, whatever else was asked for.
 */
#ifndef WEIR_CMD_SOURCES_H
#define WEIR_CMD_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

#include "catalog/catalog.h"
#include "cmd/bundle_read.h"
#include "policy/policy.h"

#define SOURCES_POLICY "/etc/weir/policy.yaml"

struct sources_wish {
	const char *catalog; /* directory or bundle; NULL: an empty catalogue */
	const char *policy;  /* file or bundle; NULL: none */
	/*
	 * A vendor, directive or confusables file that joins the catalogue, in
	 * the place of one with the same name there; NULL: none.
	 */
	const char *extra;
	const char *trust; /* directory of keys for bundles; NULL: the default */
	bool is_trusted; /* refuse what others than root can write, see trust.h */
	/* As seen from this host; NULL: from the one we are on. */
	const char *host;
	const char *machine_id; /* of @host; NULL with a @host: not known */
};

/* Not to be moved once it is loaded: the context points into it. */
struct sources {
	struct catalog *catalog; /* sealed */
	struct policy *policy;	 /* NULL: none was asked for */
	struct policy_context context;
	struct origin policy_from, catalog_from;
	int64_t catalog_serial; /* 0: the catalogue has none */
	const char *trust;	/* the wish's, or the default */
	char host[256];
	char machine_id[65]; /* "": none */
};

/*
 * 0 and *ret the caller's for sources_exit(); -EINVAL with @d the complaint of
 * a reader; another -errno with @d naming the file, line 0, and what failed.
 */
int sources_load(const struct sources_wish *wish, struct sources *ret, struct diag *d);

void sources_exit(struct sources *s);

/* @to is what @from is; only one of both may be given to sources_exit(). */
void sources_lend(const struct sources *from, struct sources *to);

#endif /* WEIR_CMD_SOURCES_H */
