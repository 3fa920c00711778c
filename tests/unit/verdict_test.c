// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verdict against the vector file, whose answers were written from the
 * rules in words. The same file is replayed in the kernel.
 */
#include "base/cleanup.h"
#include "tap.h"
#include "vector.h"

static bool same(const struct weir_answer *a, const struct weir_answer *b)
{
	return a->verdict == b->verdict && a->reason == b->reason &&
	       a->mode == b->mode && a->would == b->would;
}

/* Every answer of the file, and each reason at least once. */
static void test_file(FILE *f)
{
	unsigned int reasons[WEIR_REASON_MAX] = { 0 };
	struct vector v = { 0 };
	unsigned int rows = 0, wrong = 0, i;
	int more;

	while ((more = vector_next(f, &v)) > 0) {
		struct weir_answer got = weir_decide(&v.q);

		rows++;
		reasons[v.want.reason]++;
		if (same(&got, &v.want))
			continue;
		wrong++;
		printf("# line %u: verdict %u reason %u mode %u would %u\n", v.line,
		       got.verdict, got.reason, got.mode, got.would);
	}
	ok(!more && rows > 1000, "%u rows are read to the end", rows);
	ok(!wrong, "every question is answered as the rules demand");
	for (i = 0; i < WEIR_REASON_MAX; i++)
		ok(reasons[i], "reason %u is among the answers", i);
}

/* Properties that no row may break, over all words of the question. */
static void test_properties(void)
{
	struct weir_question q = { 0 };
	unsigned int strength, stopped = 0;

	for (strength = 0; strength < WEIR_STRENGTH_MAX; strength++) {
		q.strength = strength;
		stopped += weir_decide(&q).verdict != WEIR_ALLOW;
		q.key.rule = 1;
		q.key.flags = WEIR_KEY_ENFORCE;
		stopped += weir_decide(&q).verdict != WEIR_ALLOW;
	}
	ok(!stopped, "a question of zeros is allowed at every gate");
}

int main(void)
{
	CLEANUP(fclosep) FILE *f = fopen(VECTOR_FILE, "r");

	if (ok(f, "the vector file is there"))
		test_file(f);
	test_properties();
	return tap_done();
}
