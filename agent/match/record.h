/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records: what is kept of a scan, to say what a later one found new.
 *
 * One for each product that was found and one for each of its things. A
 * process is known by its program, since its number is another tomorrow; two
 * of one program are one record.
 */
#ifndef WEIR_MATCH_RECORD_H
#define WEIR_MATCH_RECORD_H

#include "base/arena.h"
#include "match/finding.h"

struct record {
	const char *product;
	const char *kind; /* as trace_kind_name() has it; NULL: the product itself */
	const char *place, *container; /* NULL: of the product, or outside of any */
	const char *version;	       /* NULL: unknown */
	enum finding_state state;
	int64_t first_seen, last_seen; /* seconds since the epoch; 0: unknown */
};

/* A zeroed struct has none. */
struct records {
	struct record *items;
	uint32_t cnt;
	struct arena_list list; /* private, as what follows */
	struct arena arena;
};

/* Texts are copied. 0 or -ENOMEM. */
int records_add(struct records *all, const struct record *r);

/* After the last one: puts them in order, of equal ones the strongest stays. */
void records_sort(struct records *all);
void records_exit(struct records *all);

/* All of a scan, in order. 0 or -ENOMEM; to be given to records_exit() either way. */
int records_of(const struct findings *f, const struct catalog *c, struct records *ret);

/* What a row would be found under; the texts are borrowed from it. */
struct record record_of(const struct finding_row *row, const char *product);

/* NULL: there is none. */
const struct record *records_find(const struct records *all, const struct record *like);

/* Which of the two is NULL: @was, it appeared; @is, it is gone. Non-zero ends it. */
typedef int (*record_change_fn)(void *ctx, const struct record *was, const struct record *is);

/* Calls @fn in order for each that is in one only, or differs in state or version. */
int records_compare(const struct records *was, const struct records *is, record_change_fn fn,
		    void *ctx);

#endif /* WEIR_MATCH_RECORD_H */
