/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Match: from the facts about one thing to evidence against a catalogue.
 *
 * The index is built once and only read afterwards. A question costs a few
 * hash lookups per fact, whatever the size of the catalogue; only a path has
 * more, at most one per byte where a pattern could begin to differ. Values are
 * compared whole: a vendor's name as a substring is measured to be wrong both
 * ways.
 *
 * A finding is one sufficient indicator, or insufficient ones of two families.
 * It may enforce when one that is sufficient has high confidence. What a
 * confusable explains is no finding, unless its very content is listed.
 */
#ifndef WEIR_MATCH_MATCH_H
#define WEIR_MATCH_MATCH_H

#include "match/facts.h"

struct match_index; /* private; borrows the catalogue */

/* On success *ret is the caller's for match_index_free(). @c is sealed. */
int match_index_new(const struct catalog *c, struct match_index **ret);
struct match_index *match_index_free(struct match_index *x); /* NULL; takes NULL */
void match_index_freep(struct match_index **x);

/* What is known against one product. */
struct evidence {
	uint32_t product;   /* index in the catalogue */
	uint32_t indicator; /* the best one */
	uint8_t confidence; /* of the best one */
	uint8_t families;   /* bit per enum indicator_family that was hit */
	bool is_sufficient; /* one hit was enough alone */
	bool has_content;   /* a sufficient hit was content: hash, build-id, string */
	bool is_finding;
	bool may_enforce;
	uint32_t cleared_by; /* product that explains it; MATCH_NONE */
};

#define MATCH_NONE UINT32_MAX

/* Zeroed before the first use; reused, and freed once by match_free(). */
struct match {
	uint32_t *hits; /* indices of indicators, each once */
	struct evidence *products;
	uint32_t hit_cnt, hit_cap;
	uint32_t product_cnt, product_cap;
};

/* Replaces *m by what @f says. 0 or -ENOMEM. */
int match_facts(const struct match_index *x, const struct facts *f, struct match *m);

/*
 * The same from hits that were made before: what they say together, each an
 * index of an indicator. @hits must not be those of @m itself.
 */
int match_hits(const struct match_index *x, const uint32_t *hits, uint32_t cnt, struct match *m);
void match_free(struct match *m);

/* The catalogue that @x was built from. */
const struct catalog *match_catalog(const struct match_index *x);

/* Does the entry @confusable say that it is taken for @product? Without a list: for all. */
bool match_is_taken_for(const struct catalog *c, uint32_t confusable, uint32_t product);

/* The strongest finding, NULL when there is none. */
const struct evidence *match_best(const struct match *m);

#endif /* WEIR_MATCH_MATCH_H */
