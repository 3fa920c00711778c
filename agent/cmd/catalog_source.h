/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Catalogue source: a catalogue from disk, whole or not at all.
 *
 * It is vendors/, directives/ and confusables/, of each the *.yaml in the order
 * of their bytes, so that every host numbers indicators alike; in a directory,
 * or packed in a bundle.
 */
#ifndef WEIR_CMD_CATALOG_SOURCE_H
#define WEIR_CMD_CATALOG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "catalog/catalog.h"

struct bundle;

#define CATALOG_SOURCE_DIR "/usr/share/weir/catalog"

struct catalog_wish {
	const char *named; /* directory, or the bundle's name; NULL: an empty catalogue */
	const struct bundle *bundle; /* opened and vouched for; NULL: @named is a directory */
	const char *extra; /* as in struct sources_wish */
	bool is_trusted;
};

/*
 * 0, *ret sealed and the caller's for catalog_free(), and its serial or 0;
 * -EINVAL with @d the complaint of the reader; another -errno with @d naming the
 * file, line 0, and what failed.
 */
int catalog_source_read(const struct catalog_wish *wish, struct catalog **ret,
			int64_t *ret_serial, struct diag *d);

/*
 * Where the catalogue is when nobody says: the installed one, else that of the
 * source tree this program was built in. -ENOENT: neither is there.
 */
int catalog_source_default(char *out, size_t size);

/*
 * The same for a command: where *@catalog is NULL it is set to the default, which
 * is kept in @room. -ENOENT: there is none, and @verb has said so on stderr.
 */
int catalog_source_find(const char *verb, const char **catalog, char *room, size_t size);

#endif /* WEIR_CMD_CATALOG_SOURCE_H */
