/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of a file, strictly: the functions that schema tables name, and the
 * ones those of the catalogue and the policy are made of.
 */
#ifndef WEIR_BASE_SCALAR_H
#define WEIR_BASE_SCALAR_H

#include "base/date.h"
#include "base/schema.h"

/* Texts other than paths. */
#define SCALAR_TEXT_MAX 1024

/* 2^53 - 1: the largest integer that every JSON reader keeps exact. */
#define SCALAR_INT_MAX 9007199254740991ll

/* For tables: the type of @into is named by each. */
int scalar_text(struct reader *r, const struct scalar *s, void *into); /* const char * */
int scalar_path(struct reader *r, const struct scalar *s, void *into); /* const char * */
int scalar_name(struct reader *r, const struct scalar *s, void *into); /* const char * */
int scalar_texts(struct reader *r, const struct scalar *s, void *into); /* struct arena_list */
int scalar_bool(struct reader *r, const struct scalar *s, void *into); /* bool */
int scalar_date(struct reader *r, const struct scalar *s, void *into); /* struct date */

/* What scalar_texts() has gathered, NULL-terminated; *ret NULL: nothing. */
int texts_keep(struct arena *a, const struct arena_list *list,
	       const char *const **ret);

/* An integer from @min to @max. */
int scalar_int(struct reader *r, const struct scalar *s, int64_t min,
	       int64_t max, int64_t *ret);

/* One of @cnt words; *ret is its index. */
int scalar_word(struct reader *r, const struct scalar *s,
		const char *const *words, uint8_t cnt, uint8_t *ret);

#endif /* WEIR_BASE_SCALAR_H */
