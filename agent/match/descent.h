/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descent: what the index knows of a directory, for a walk that goes down a
 * tree and asks about each name that it meets.
 *
 * match_facts() reads a path from its start. A walk would do that again for
 * each file of a directory, so it takes along where the hash stood at the end
 * of the directory, and which patterns could still mean something below it.
 * The answer is whether to ask match_facts() at all: it is never "no" where
 * match_facts() would find something by the path.
 */
#ifndef WEIR_MATCH_DESCENT_H
#define WEIR_MATCH_DESCENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct match_index;

/* The state that all directories of one walk share. */
struct descents;

/* @x is borrowed. 0 and *ret the caller's for descents_free(), or -ENOMEM. */
int descents_new(const struct match_index *x, struct descents **ret);
struct descents *descents_free(struct descents *s); /* returns NULL; takes NULL */
void descents_freep(struct descents **s);

/* One directory. */
struct descent {
	uint64_t hash; /* of its path, which ends in "/" */
	size_t len;    /* of that path */
	uint32_t first, cnt; /* patterns that reach below it, in descents */
	bool is_inside;	     /* an indicator means it, or a directory above it */
	bool is_way;	     /* an indicator without a star lies below it */
};

enum asked {
	ASKED_NOT,
	ASKED_INSIDE, /* only since a directory above is meant */
	ASKED,
};

/* "/". 0 or -ENOMEM. */
int descent_root(struct descents *s, struct descent *ret);

/*
 * @dir lies in @above and ends in "/". To be left in the opposite order, since
 * the patterns are on one stack. 0 or -ENOMEM.
 */
int descent_enter(struct descents *s, const struct descent *above, const char *dir,
		  struct descent *ret);
void descent_leave(struct descents *s, const struct descent *d);

/* Of @path, a name in @above without a slash behind it. */
enum asked descent_ask(const struct descents *s, const struct descent *above,
		       const char *path);

/* Does an indicator of places or directories mean the directory itself, none above it? */
bool descent_is_meant(const struct descent *above, const struct descent *d);

/* Can anything below be meant by its path? A name alone may be anywhere. */
static inline bool descent_leads(const struct descent *d)
{
	return d->is_inside || d->is_way || d->cnt;
}

#endif /* WEIR_MATCH_DESCENT_H */
