/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What files said, kept from one inventory to the next.
 *
 * Most files say nothing that the catalogue knows, and cost eight bytes: a
 * keyed hash of (device, inode, size, ctime). Of the others all facts are kept
 * but their paths. The key of the hash is secret and new for each cache, so
 * nobody can make a file that is taken for another.
 *
 * A cache is bound to what the catalogue makes worth looking for; with another
 * catalogue it is empty. It is read as something an attacker may have damaged,
 * written whole, and bounded: what was not asked for longest is dropped.
 *
 * Not for files whose size the catalogue lists (these are hashed again), nor for
 * file systems on which a store need not change the ctime: both are the
 * caller's to leave out.
 */
#ifndef WEIR_INVENTORY_CACHE_H
#define WEIR_INVENTORY_CACHE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "match/facts.h"

/* Files that say nothing, and bytes of what the others say. */
#define CACHE_SILENT_MAX (1u << 20)
#define CACHE_SAID_BYTES_MAX (8u << 20)

/* One file's facts; whoever says more is read again. */
#define CACHE_ENTRY_BYTES_MAX 16384u

/*
 * How old the last change must be before a file is remembered. Two ticks are
 * needed, since ctime is no finer. A minute, because a store into a page that
 * is mapped and dirty already changes no ctime until the page was written back.
 */
#define CACHE_SETTLED_NS 60000000000LL

struct identity_cache;

enum cache_answer { CACHE_UNKNOWN, CACHE_SILENT, CACHE_SAID };

/* An empty one for @c, which need not outlive it. 0 and *ret the caller's, or -errno. */
int identity_cache_new(const struct catalog *c, struct identity_cache **ret);
struct identity_cache *identity_cache_free(struct identity_cache *x); /* NULL; takes NULL */
void identity_cache_freep(struct identity_cache **x);

/*
 * Adds what the file @name in @dir_fd has, to an empty cache. 0; -ENOENT; -ESTALE
 * when it is of another catalogue or version, -EBADMSG when it is damaged, then
 * the cache is still empty.
 */
int identity_cache_load(struct identity_cache *x, int dir_fd, const char *name);

/* All of it into a new file that takes the old one's place. 0 or -errno. */
int identity_cache_save(struct identity_cache *x, int dir_fd, const char *name);

/*
 * What the file with @st said: CACHE_SAID fills @ret (size included, no path),
 * borrowed until the next call that changes the cache.
 */
enum cache_answer identity_cache_get(struct identity_cache *x, const struct stat *st,
				     struct facts *ret);

/*
 * It says @f (NULL: nothing); it was read after @read_ns, by the clock that
 * makes ctimes. A file that changed too lately is not taken. 0 or -ENOMEM.
 */
int identity_cache_put(struct identity_cache *x, const struct stat *st, int64_t read_ns,
		       const struct facts *f);

struct cache_counts {
	uint64_t asked, known;
	uint32_t silent, said;
	uint64_t bytes; /* of memory */
};

void identity_cache_count(const struct identity_cache *x, struct cache_counts *ret);

#endif /* WEIR_INVENTORY_CACHE_H */
