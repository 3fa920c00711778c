/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a text and a small tag to a number, by hashing. Keys are borrowed and
 * must outlive the index. A zeroed struct is an empty index.
 */
#ifndef WEIR_BASE_INDEX_H
#define WEIR_BASE_INDEX_H

#include <stdint.h>

#define INDEX_NONE UINT32_MAX

struct index {
	struct index_slot *slots;
	uint32_t cnt, cap; /* cap is a power of two, or 0 */
};

/* Room for @cnt entries without growing. 0 or -ENOMEM. */
int index_reserve(struct index *x, uint32_t cnt);

/*
 * Puts @value under @key and @tag. When something stands there already, it
 * stays and *ret_old (may be NULL) is its value; else *ret_old is INDEX_NONE.
 */
int index_put(struct index *x, const char *key, uint32_t tag, uint32_t value,
	      uint32_t *ret_old);

/* INDEX_NONE: not found. */
uint32_t index_get(const struct index *x, const char *key, uint32_t tag);

/* All of @from into @x, which index_reserve() has made room in. */
void index_merge(struct index *x, const struct index *from);

void index_exit(struct index *x);

#endif /* WEIR_BASE_INDEX_H */
