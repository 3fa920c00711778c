/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "Did you mean": the candidate nearest to a misspelt word.
 */
#ifndef WEIR_BASE_NEAREST_H
#define WEIR_BASE_NEAREST_H

struct nearest {
	const char *word; /* set by the caller, with the rest zero */
	const char *best; /* NULL: none is near */
	unsigned int distance;
};

/* Borrowed until the last use of @n->best. */
void nearest_offer(struct nearest *n, const char *candidate);

#endif /* WEIR_BASE_NEAREST_H */
