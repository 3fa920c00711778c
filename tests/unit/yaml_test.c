// SPDX-License-Identifier: GPL-2.0-only
/*
 * The strict reader on a schema of its own: what arrives, in which order,
 * with which memory. What it refuses is in tests/fixtures/bad.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/index.h"
#include "base/name.h"
#include "base/nearest.h"
#include "base/prefix.h"
#include "base/scalar.h"
#include "base/utf8.h"
#include "tap.h"

struct item {
	const char *name;
	bool flag;
};

struct root {
	const char *title;
	struct arena_list texts;
	struct item one;
	struct item last; /* what the list's done() saw at last */
	int items, lists;
};

static int item_done(struct reader *r, void *obj, void *into)
{
	struct root *root = r->ctx;

	if (into == obj)
		return 0;
	root->last = *(struct item *)obj;
	root->items++;
	return 0;
}

static int list_end(struct reader *r, void *into)
{
	(void)into;
	((struct root *)r->ctx)->lists++;
	return 0;
}

static void item_init(void *obj)
{
	((struct item *)obj)->flag = true;
}

static const struct field item_fields[] = {
	{ .key = "name", .required = true, .offset = offsetof(struct item, name),
	  .scalar = scalar_name },
	{ .key = "flag", .offset = offsetof(struct item, flag), .scalar = scalar_bool },
};

static const struct schema item_schema = {
	.fields = item_fields,
	.field_cnt = ARRAY_SIZE(item_fields),
	.size = sizeof(struct item),
	.init = item_init,
	.done = item_done,
};

static const struct field root_fields[] = {
	{ .key = "title", .offset = offsetof(struct root, title), .scalar = scalar_text },
	{ .key = "texts", .shape = FIELD_SCALARS, .offset = offsetof(struct root, texts),
	  .scalar = scalar_texts },
	{ .key = "one", .shape = FIELD_MAP, .offset = offsetof(struct root, one),
	  .map = &item_schema },
	{ .key = "many", .shape = FIELD_MAPS, .offset = offsetof(struct root, lists),
	  .map = &item_schema, .end = list_end },
};

static const struct schema root_schema = {
	.fields = root_fields,
	.field_cnt = ARRAY_SIZE(root_fields),
	.size = sizeof(struct root),
};

static int read_root(const char *text, struct root *root, struct arena *a, struct diag *d)
{
	struct reader r = { .file = "t.yaml", .diag = d, .arena = a, .ctx = root };

	memset(root, 0, sizeof(*root));
	return schema_read(&r, text, strlen(text), &root_schema, root);
}

static void test_reading(void)
{
	CLEANUP(arena_exit) struct arena a = { 0 };
	struct root root;
	struct diag d;
	const char *const *texts = NULL;

	ok(!read_root("title: \"a \\u00e4\"\ntexts: [x, 'y z', 3]\none: {name: n}\n"
		      "many:\n- name: p\n  flag: false\n- {name: q}\n", &root, &a, &d),
	   "a file of every shape is read");
	ok(!strcmp(root.title, "a \xc3\xa4"), "escapes become characters");
	ok(root.texts.cnt == 3 && !texts_keep(&a, &root.texts, &texts) &&
	   !strcmp(texts[1], "y z") && !strcmp(texts[2], "3") && !texts[3],
	   "a list of texts arrives in order and ends with NULL");
	ok(!strcmp(root.one.name, "n") && root.one.flag, "a map has its defaults");
	ok(root.items == 2 && !strcmp(root.last.name, "q"), "each item of a list is handed over");
	ok(root.last.flag, "an item does not inherit from the one before");
	ok(root.lists == 1, "the end of a list is told once");
	ok(!read_root("title: x\nmany: []\n", &root, &a, &d) && !root.items,
	   "an empty list is a list");
	ok(!read_root("---\ntitle: x\n...\n", &root, &a, &d),
	   "marks around the one document are fine");
	ok(!read_root("title: >-\n  two\n  lines\n", &root, &a, &d) &&
	   !strcmp(root.title, "two lines"), "a folded text is one line");
}

static void test_places(void)
{
	CLEANUP(arena_exit) struct arena a = { 0 };
	struct root root;
	struct diag d;
	char out[600], deep[300];

	ok(read_root("title: x\n\xc3\xa4: y\n", &root, &a, &d) == -EINVAL && d.line == 2 &&
	   d.col == 1, "a complaint has line and column from 1");
	ok(read_root("title: \"\xc3\xa4\xc3\xb6\x1b\"\n", &root, &a, &d) == -EINVAL && d.col == 11,
	   "a column counts characters, not bytes");
	ok(read_root("title: x\none: {name: A}\n", &root, &a, &d) == -EINVAL, "a bad name");
	diag_format(&d, out, sizeof(out));
	ok(!strncmp(out, "t.yaml:2:13: error: \"name\"", 26), "the form is what editors jump to");
	memset(deep, 'd', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	diag_set(&d, deep, 0, 0, "text");
	diag_format(&d, out, sizeof(out));
	ok(!strncmp(out, "...ddd", 6) && strstr(out, "ddd: error: text") && strlen(d.file) == 255,
	   "a long file name keeps its end, and a whole file has no line");
}

static void test_arena(void)
{
	CLEANUP(arena_exit) struct arena a = { 0 };
	char *kept = arena_strndup(&a, "kept", 4);
	struct arena_mark mark = arena_mark(&a);
	char *big = arena_alloc(&a, 1 << 20);
	struct arena_list list = { 0 };
	int *item = NULL, i, sum = 0;

	ok(big && !big[0] && !big[(1 << 20) - 1], "memory from an arena is zeroed");
	arena_rewind(&a, mark);
	ok(!strcmp(kept, "kept"), "a rewind keeps what is older");
	for (i = 0; i < 100; i++) {
		item = arena_list_add(&a, &list, sizeof(*item));
		*item = i;
	}
	for (i = 0; i < 100; i++)
		sum += ((int *)list.item)[i];
	ok(sum == 4950 && (uintptr_t)item % _Alignof(int) == 0, "a list keeps its items as it grows");
}

static void test_index(void)
{
	CLEANUP(index_exit) struct index x = { 0 };
	static char keys[1000][8];
	uint32_t i, old = 0, wrong = 0;

	for (i = 0; i < 1000; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%u", i);
		wrong += index_put(&x, keys[i], i % 2, i, &old) || old != INDEX_NONE;
	}
	for (i = 0; i < 1000; i++)
		wrong += index_get(&x, keys[i], i % 2) != i ||
			 index_get(&x, keys[i], 1 - i % 2) != INDEX_NONE;
	ok(!wrong, "an index finds what was put in, under its tag only");
	ok(!index_put(&x, "k7", 1, 1, &old) && old == 7 && index_get(&x, "k7", 1) == 7,
	   "the first one stays");
}

static void test_words(void)
{
	struct nearest near = { .word = "examplewal" };
	uint8_t bytes[4] = { 0 };
	char hex[9];
	uint32_t ch = 0;

	nearest_offer(&near, "otherwall");
	nearest_offer(&near, "examplewall");
	ok(near.best && !strcmp(near.best, "examplewall"), "the nearest word is suggested");
	near = (struct nearest){ .word = "xyz" };
	nearest_offer(&near, "examplewall");
	ok(!near.best, "a far one is not");
	ok(name_matches("db-*", "db-") && name_matches("*a*b?", "xxaxbbc") &&
	   !name_matches("db-?", "db-") && !name_matches("db", "db-1"), "host patterns match");
	ok(!hex_decode("00fFA1", 6, bytes) && bytes[1] == 0xff && bytes[2] == 0xa1 &&
	   hex_decode("0g", 2, bytes) == -EINVAL && hex_decode("000", 3, bytes) == -EINVAL,
	   "hex is read strictly");
	hex_encode((const uint8_t *)"\x01\xab", 2, hex);
	ok(!strcmp(hex, "01ab"), "and written in lower case");
	ok(utf8_step("\xc0\x80", 2, &ch) == 0 && utf8_step("\xf4\x90\x80\x80", 4, &ch) == 0 &&
	   utf8_step("\xe2\x82", 2, &ch) == 0 && utf8_step("\xf0\x9f\x98\x80", 4, &ch) == 4 &&
	   ch == 0x1f600, "UTF-8 is the shortest form, whole, up to U+10FFFF");
}

static void test_prefixes(void)
{
	struct prefix a, b;
	const char *why;
	char text[PREFIX_TEXT_MAX];

	ok(!prefix_parse("2001:DB8:0:0::/32", &a, &why), "an IPv6 prefix is read");
	prefix_format(&a, text);
	ok(!strcmp(text, "2001:db8::/32"), "and has one spelling");
	ok(!prefix_parse("10.0.0.0/8", &a, &why) && !prefix_parse("10.1.2.0/23", &b, &why) &&
	   prefix_covers(&a, &b) && !prefix_covers(&b, &a) && prefix_compare(&a, &b) < 0,
	   "a prefix holds a longer one and sorts before it");
	ok(prefix_parse("::/0", &a, &why) && prefix_parse("fe00::/9", &a, &why) == -EINVAL &&
	   prefix_parse("1.2.3.4/032", &a, &why) && prefix_parse("1.2.3.4/", &a, &why) &&
	   prefix_parse("/8", &a, &why), "what is none or too much is refused");
}

int main(void)
{
	test_reading();
	test_places();
	test_arena();
	test_index();
	test_words();
	test_prefixes();
	return tap_done();
}
