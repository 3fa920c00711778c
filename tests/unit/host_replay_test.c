// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replay: the walk takes from every line what the JSON library takes, whole
 * lines and mutilated ones; segments in order, long lines, half ones, and what
 * cannot be opened.
 */
#include "journal/replay_line.h"

#include <errno.h>
#include <sys/stat.h>

#include "fixture.h"
#include "tap.h"

#define GOLDEN FIXTURES "/ocsf-golden.ndjson"

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same(const struct replay_line *a, const struct replay_line *b)
{
	for (int i = 0; i < REPLAY_TEXT_MAX; i++)
		if (!same_text(a->text[i], b->text[i]))
			return printf("# text %d: %s, %s\n", i, a->text[i], b->text[i]), false;
	for (int i = 0; i < REPLAY_NUMBER_MAX; i++)
		if (a->number[i] != b->number[i])
			return printf("# number %d\n", i), false;
	return !a->why == !b->why;
}

/* How one line comes out both ways: by the walk alone, and equal? */
struct verdict {
	bool is_walked, is_good, is_same;
};

static struct verdict try(const char *line, size_t len)
{
	CLEANUP(freep) char *copy = malloc(len + 1);
	json_t *fast_tree = NULL, *slow_tree = NULL;
	struct replay_line fast, slow;
	struct verdict v;

	memcpy(copy, line, len);
	copy[len] = '\0';
	replay_line_read_slowly(copy, len, &slow, &slow_tree);
	replay_line_read(copy, len, &fast, &fast_tree);
	v.is_walked = !fast_tree && !fast.why;
	v.is_good = !slow.why;
	/* What the library refuses for a number's form the walk may let pass. */
	v.is_same = v.is_good ? same(&fast, &slow) : true;
	json_decref(fast_tree);
	json_decref(slow_tree);
	return v;
}

static void test_golden(char *text)
{
	unsigned int lines = 0, walked = 0, equal = 0;

	for (char *line = text, *end; *line; line = end + 1, lines++) {
		struct verdict v;

		end = strchr(line, '\n');
		v = try(line, (size_t)(end - line));
		walked += v.is_walked;
		equal += v.is_same && v.is_good;
	}
	ok(lines > 25 && equal == lines, "every golden line comes out as by the library (%u)", equal);
	ok(walked > lines - 4 && walked < lines, "all but those with escapes by the walk (%u of %u)",
	   walked, lines);
}

static uint32_t seed = 7;

static uint32_t pick(uint32_t cnt)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % cnt;
}

static void mutilate(char *line, size_t *len)
{
	static const char bytes[] = "\"\\{}[],:0-x \n\x01\xff\0e";

	switch (pick(4)) {
	case 0:
		*len = pick((uint32_t)*len);
		break;
	case 1:
		memmove(line + *len / 2, line + *len / 2 + 1, *len - *len / 2 - 1);
		(*len)--;
		break;
	default:
		line[pick((uint32_t)*len)] = bytes[pick(sizeof(bytes) - 1)];
	}
}

static void test_mutilated(const char *text)
{
	unsigned int bad = 0, differs = 0, slipped = 0;
	const char *line = text;

	for (int i = 0; i < 20000; i++) {
		size_t len = (size_t)(strchr(line, '\n') - line);
		CLEANUP(freep) char *copy = malloc(len + 1);
		struct verdict v;

		memcpy(copy, line, len);
		mutilate(copy, &len);
		v = try(copy, len);
		bad += !v.is_good;
		differs += !v.is_same;
		slipped += !v.is_good && v.is_walked;
		line += strcspn(line, "\n") + 1;
		line = *line ? line : text;
	}
	ok(bad > 5000 && bad < 19000, "20,000 mutilated lines, of which many are damaged (%u)", bad);
	ok(!differs, "what is still good comes out as by the library (%u differ)", differs);
	/* Numbers and text that nobody asks for, bytes that are no UTF-8. */
	ok(slipped < bad / 10, "few damaged ones pass the walk (%u)", slipped);
}

static void test_odd_lines(void)
{
	static const struct {
		const char *line;
		bool is_good;
	} odd[] = {
		{ "{\"time\":1}", true },
		{ " { \"time\" : 1 } ", true },
		{ "{}", false },
		{ "", false },
		{ "[]", false },
		{ "{\"time\":\"1\"}", false },
		{ "{\"time\":1.5}", false },
		{ "{\"time\":1}x", false },
		{ "{\"time\":1,}", false },
		{ "{\"time\":1]", false },
		{ "{\"time\":1,\"a\"}", false },
		{ "{\"time\":1,\"a\":}", false },
		{ "{\"time\":1,\"a\":[1,]}", false },
		{ "{\"time\":1,\"a\":\"\\", false },
		{ "{\"time\":1,\"unmapped\":{\"unit\":\"\\u0061\"}}", true },
		{ "{\"time\":1,\"unmapped\":{\"unit\":\"a\",\"unit\":\"b\"}}", false },
		{ "{\"time\":1,\"actor\":[]}", true },
		{ "{\"time\":99999999999999999999}", false },
		{ "{\"time\":1,\"unmapped\":{\"match\":[]}}", true },
		{ "{\"time\":1,\"unmapped\":{\"match\":[[{\"kind\":\"x\"}]]}}", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		struct verdict v = try(odd[i].line, strlen(odd[i].line));
		CLEANUP(freep) char *copy = strdup(odd[i].line);
		struct replay_line line;
		json_t *tree;

		replay_line_read(copy, strlen(copy), &line, &tree);
		ok(v.is_good == odd[i].is_good && v.is_same && !line.why == odd[i].is_good,
		   "%s: %s", odd[i].line, odd[i].is_good ? "taken" : "damaged");
		json_decref(tree);
	}
}

static void put(const char *dir, const char *name, const char *text, size_t times)
{
	CLEANUP(freep) char *path = NULL;
	CLEANUP(fclosep) FILE *f = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return;
	f = fopen(path, "w");
	while (f && times--)
		fputs(text, f);
}

/* Line numbers and times as they come, damaged ones as "!". */
static void play(const char *dir, int64_t since_ms, char *out, size_t size)
{
	CLEANUP(replay_freep) struct replay *r = NULL;
	struct replay_line line;
	size_t len = 0;
	int got = replay_new(dir, since_ms, &r);

	*out = '\0';
	while (!got && (got = replay_next(r, &line)) > 0 && len < size) {
		if (line.why)
			len += (size_t)snprintf(out + len, size - len, "!%llu ",
						(unsigned long long)line.at);
		else
			len += (size_t)snprintf(out + len, size - len, "%lld ",
						(long long)line.number[REPLAY_TIME]);
		got = 0;
	}
}

static void test_segments(void)
{
	char dir[] = "/tmp/weir-replay.XXXXXX", out[200];
	CLEANUP(freep) char *clean = NULL;
	struct replay *r;

	if (!mkdtemp(dir))
		return;
	put(dir, "weir-20310101T000000-000010.ndjson", "{\"time\":30}\n{\"time\":40}", 1);
	put(dir, "weir-20320101T000000-000009.ndjson", "{\"time\":10}\nx\n{\"time\":20}\n", 1);
	put(dir, "weir-20330101T000000-000011.ndjson", "long", 800000);
	put(dir, "weir-20330101T000000-000012.ndjson", "", 1);
	put(dir, "weir-20330101T000000-000013.ndjson", "{\"time\":50}\n{\"ti", 1);
	put(dir, "other.ndjson", "{\"time\":60}\n", 1);
	play(dir, INT64_MIN, out, sizeof(out));
	ok(!strcmp(out, "10 !2 20 30 40 !1 50 !2 "), "segments by their number, half and long lines "
	   "as damaged (%s)", out);
	play(dir, 25, out, sizeof(out));
	ok(!strcmp(out, "!2 30 40 !1 50 !2 "), "from a time on (%s)", out);
	if (asprintf(&clean, "rm -r %s", dir) > 0)
		ok(!system(clean), "cleaned");
	ok(replay_new(dir, INT64_MIN, &r) == -ENOENT, "a directory that is not there is an error");
}

int main(void)
{
	size_t len = 0;
	CLEANUP(freep) char *text = fixture_read(GOLDEN, &len);

	if (!ok(text != NULL, "the golden lines are there"))
		return tap_done();
	test_golden(text);
	test_mutilated(text);
	test_odd_lines();
	test_segments();
	return tap_done();
}
