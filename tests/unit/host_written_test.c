// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an agent wrote as it was killed is known to the next one: the journal
 * behind a place, and the records that its lines tell of.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "cmd/written.h"
#include "journal/journal.h"
#include "tap.h"
#include "tree.h"

#define LINE(ring, cpu, seq) \
	"{\"metadata\":{\"sequence\":" #seq "},\"unmapped\":{\"cpu\":" #cpu ",\"ring\":\"" ring "\"}}\n"
#define NOTE "{\"metadata\":{\"sequence\":7},\"unmapped\":{\"serial\":1}}\n"

static void take_line(void *ctx, const char *line, size_t len)
{
	written_add(ctx, line, len);
}

static struct journal *open_at(const char *dir, uint64_t segment_bytes)
{
	const struct journal_options opts = { .dir = dir, .segment_bytes = segment_bytes };
	struct journal *j = NULL;

	tree_must(!journal_open(&opts, 1, &j), dir);
	return j;
}

static void write_line(struct journal *j, const char *line)
{
	journal_append(j, line, strlen(line), 1);
	tree_must(!journal_flush(j, 1), "flush");
}

static bool knows(const struct written *w, uint8_t ring, uint32_t cpu, uint64_t seq)
{
	const struct weir_rec rec = { .ring = ring, .cpu = cpu, .seq = seq };

	return written_has(w, &rec);
}

static void test_behind(const struct tree *tree)
{
	CLEANUP(written_exit) struct written w = { 0 };
	char dir[128], path[300];
	uint64_t file, bytes;
	struct journal *j;
	FILE *out;

	snprintf(dir, sizeof(dir), "%s/journal", tree->base);
	j = open_at(dir, 200);
	write_line(j, LINE("records", 0, 1));
	journal_position(j, &file, &bytes);
	write_line(j, LINE("records", 0, 2));
	write_line(j, NOTE);
	write_line(j, LINE("denials", 1, 2));
	/* By now in another segment; and then killed in the middle of a line. */
	write_line(j, LINE("records", 1, 9));
	snprintf(path, sizeof(path), "%s/weir-19700101T000000-000002.ndjson", dir);
	out = fopen(path, "a");
	tree_must(out && fputs("{\"metadata\":{\"sequence\":10},\"unmapped\":{\"cpu\":1,\"ri", out) >= 0,
		  path);
	fclose(out);
	journal_close(j, 1);

	j = open_at(dir, 200);
	ok(!journal_behind(j, file, bytes, take_line, &w), "what stands behind a place is read");
	written_sort(&w);
	ok(w.cnt == 3, "three records, and neither the note nor the half line");
	ok(!knows(&w, WEIR_RING_RECORDS, 0, 1), "what stands before it is not among them");
	ok(knows(&w, WEIR_RING_RECORDS, 0, 2) && knows(&w, WEIR_RING_DENIALS, 1, 2),
	   "what stands behind it is");
	ok(knows(&w, WEIR_RING_RECORDS, 1, 9), "also in the segment that came next");
	ok(!knows(&w, WEIR_RING_RECORDS, 1, 10), "a line that was torn is not written");
	ok(!knows(&w, WEIR_RING_RECORDS, 1, 2) && !knows(&w, WEIR_RING_DENIALS, 0, 2),
	   "a number belongs to one processor and one ring");
	written_exit(&w);
	ok(!journal_behind(j, file + 1000, 0, take_line, &w) && !w.cnt,
	   "a segment that is gone tells nothing");
	journal_close(j, 1);
}

static void test_lies(void)
{
	static const char *const lines[] = {
		"",
		"[1,2]",
		"\"records\"",
		"{\"unmapped\":{\"ring\":\"records\",\"cpu\":1}}",
		"{\"metadata\":{\"sequence\":\"5\"},\"unmapped\":{\"ring\":\"records\",\"cpu\":1}}",
		"{\"metadata\":{\"sequence\":5},\"unmapped\":{\"ring\":\"other\",\"cpu\":1}}",
		"{\"metadata\":{\"sequence\":5},\"unmapped\":{\"ring\":3,\"cpu\":1}}",
		"{\"metadata\":{\"sequence\":5},\"unmapped\":[]}",
	};
	CLEANUP(written_exit) struct written w = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		written_add(&w, lines[i], strlen(lines[i]));
	ok(!w.cnt, "lines of another shape tell of no record");
	ok(!knows(&w, 0, 0, 0), "and nothing is known of none");
}

int main(void)
{
	struct tree tree;

	tree_init(&tree);
	test_behind(&tree);
	test_lies();
	tree_exit(&tree);
	return tap_done();
}
