// SPDX-License-Identifier: GPL-2.0-only
/*
 * Edit distance with neighbours swapped counted once, as typing goes wrong.
 *
 * A suggestion is worth making while no more than about a third of the word
 * is wrong; beyond that it would only puzzle.
 */
#include "base/nearest.h"

#include <string.h>

/* "vendor/product" of two names of 64; longer words get no suggestion. */
#define WORD_MAX 130

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static unsigned int distance(const char *a, size_t alen, const char *b,
			     size_t blen)
{
	unsigned int rows[3][WORD_MAX + 1];
	unsigned int *prev2 = rows[0], *prev = rows[1], *cur = rows[2], *swap;
	size_t i, j;

	for (j = 0; j <= blen; j++)
		prev[j] = (unsigned int)j;
	for (i = 1; i <= alen; i++) {
		cur[0] = (unsigned int)i;
		for (j = 1; j <= blen; j++) {
			cur[j] = prev[j - 1] + (a[i - 1] != b[j - 1]);
			cur[j] = least(cur[j], least(prev[j], cur[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				cur[j] = least(cur[j], prev2[j - 2] + 1);
		}
		swap = prev2;
		prev2 = prev;
		prev = cur;
		cur = swap;
	}
	return prev[blen];
}

void nearest_offer(struct nearest *n, const char *candidate)
{
	size_t len = strlen(n->word), clen = strlen(candidate);
	size_t gap = len > clen ? len - clen : clen - len;
	size_t limit = 1 + len / 3;
	unsigned int d;

	/* The gap is the least that the distance can be: most stop here. */
	if (len > WORD_MAX || clen > WORD_MAX || gap > limit)
		return;
	d = distance(n->word, len, candidate, clen);
	if (d > limit || d >= clen || (n->best && d >= n->distance))
		return;
	n->best = candidate;
	n->distance = d;
}
