// SPDX-License-Identifier: GPL-2.0-only
#include "sense/retired.h"

static unsigned int find(const struct retired *r, uint64_t generation)
{
	unsigned int i = 0;

	while (i < r->cnt && r->of[i].generation != generation)
		i++;
	return i;
}

bool retired_has(const struct retired *r, uint64_t generation)
{
	return find(r, generation) < r->cnt;
}

void retired_add(struct retired *r, uint64_t generation, uint64_t now_ns)
{
	if (retired_has(r, generation) || r->cnt == WEIR_GENERATIONS)
		return;
	r->of[r->cnt].generation = generation;
	r->of[r->cnt++].since_ns = now_ns;
}

void retired_remove(struct retired *r, uint64_t generation)
{
	unsigned int i = find(r, generation);

	if (i < r->cnt)
		r->of[i] = r->of[--r->cnt];
}

uint64_t retired_due(const struct retired *r, uint64_t now_ns)
{
	unsigned int i;

	for (i = 0; i < r->cnt; i++)
		if (now_ns - r->of[i].since_ns >= RETIRED_NS)
			return r->of[i].generation;
	return 0;
}

uint64_t retired_victim(const uint64_t *there, unsigned int cnt, uint64_t in_force)
{
	uint64_t oldest = 0;
	unsigned int i;

	for (i = 0; i < cnt; i++) {
		if (in_force && there[i] > in_force)
			return there[i];
		if (there[i] != in_force && (!oldest || there[i] < oldest))
			oldest = there[i];
	}
	return oldest;
}
