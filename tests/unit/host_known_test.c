// SPDX-License-Identifier: GPL-2.0-only
/*
 * Known: what outlives the agent, and what a damaged file of it may not do.
 */
#include "inventory/known.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "tap.h"
#include "tree.h"

static const char catalog_text[] =
	"vendor: a\nname: A\nproducts:\n- product: p\n  name: P\n  class: vendor_product\n"
	"  indicators: [{kind: deb, value: a-deb}, {kind: soname, value: liba.so.1}]\n";

static struct known_file file(const char *path)
{
	return (struct known_file){ .path = (char *)path,
				    .product = (char *)"a/p",
				    .value = (char *)"a-deb",
				    .kind = IND_DEB,
				    .dev = 1,
				    .ino = 0xffffffffffffULL,
				    .size = 3,
				    .changed_ns = -5,
				    .by_scan = true };
}

static bool is_equal(const struct known_file *a, const struct known_file *b)
{
	return a && !strcmp(a->path, b->path) && !strcmp(a->product, b->product) &&
	       !strcmp(a->value, b->value) && a->kind == b->kind && a->dev == b->dev &&
	       a->ino == b->ino && a->size == b->size && a->changed_ns == b->changed_ns &&
	       a->by_scan == b->by_scan;
}

static void test_list(void)
{
	struct known k = {};
	struct known_file f = file("/opt/a");
	char path[32];

	ok(!known_find(&k, "/opt/a"), "nothing is known at first");
	ok(!known_add(&k, &f) && is_equal(known_find(&k, "/opt/a"), &f), "what is added is found");
	f.kind = IND_SONAME;
	f.value = (char *)"liba.so.1";
	ok(!known_add(&k, &f) && k.cnt == 1 && is_equal(known_find(&k, "/opt/a"), &f),
	   "what is known of a path is replaced");
	known_drop(&k, 0);
	ok(!known_find(&k, "/opt/a"), "what is dropped is no longer found");
	ok(!known_add(&k, &f) && k.cnt == 1 && known_find(&k, "/opt/a"),
	   "and takes its old slot when it comes back");
	for (unsigned int i = 1; i < KNOWN_MAX; i++) {
		snprintf(path, sizeof(path), "/x/%u", i);
		f.path = path;
		if (known_add(&k, &f))
			break;
	}
	ok(k.cnt == KNOWN_MAX && known_find(&k, "/x/65535"), "there is room for KNOWN_MAX");
	f.path = (char *)"/one/more";
	ok(known_add(&k, &f) == -E2BIG, "and for no more");
	known_exit(&k);
}

static void test_stat(void)
{
	struct known_file f = file("/opt/a");
	struct stat st = { .st_dev = 7, .st_ino = 8, .st_size = 9, .st_ctim = { 10, 11 } };

	known_stamp(&f, &st);
	ok(known_is_same(&f, &st) && known_is_unchanged(&f, &st), "a file is itself");
	st.st_ctim.tv_nsec++;
	ok(known_is_same(&f, &st) && !known_is_unchanged(&f, &st),
	   "a changed file is the same file");
	st.st_ino++;
	ok(!known_is_same(&f, &st), "another inode is another file");
}

static void test_indicator(void)
{
	struct catalog *c = NULL;
	struct known_file f = file("/opt/a");
	struct diag d;

	catalog_new(&c);
	ok(!catalog_add(c, "a.yaml", catalog_text, sizeof(catalog_text) - 1, &d) &&
		   !catalog_seal(c, &d),
	   "a catalogue for it");
	ok(known_indicator(&f, c) == &c->indicators[0], "the indicator is found again");
	f.kind = IND_RPM;
	ok(!known_indicator(&f, c), "not under another kind");
	f = file("/opt/a");
	f.product = (char *)"a/q";
	ok(!known_indicator(&f, c), "not under another product");
	catalog_free(c);
}

static void test_disk(const struct tree *t)
{
	static const char *const damaged[] = {
		"{",
		"{\"path\":\"relative\",\"product\":\"a/p\",\"kind\":\"deb\",\"value\":\"v\"}\n",
		"{\"path\":\"/x\",\"product\":\"a/p\",\"kind\":\"no-kind\",\"value\":\"v\"}\n",
		"{\"path\":\"/x\",\"path_hex\":\"2f00\",\"product\":\"a/p\",\"kind\":\"deb\","
		"\"value\":\"v\"}\n",
		"{\"path\":\"/x\",\"product\":7,\"kind\":\"deb\",\"value\":\"v\"}\n",
		"\xff\n",
	};
	struct known_file f[] = { file("/opt/a"), file("/opt/\xff\n\x1b[2J\"\\"),
				  file("/opt/gone") };
	struct known k = {}, back = {};
	char path[300];

	snprintf(path, sizeof(path), "%s/known.json", t->base);
	ok(known_read(path, &back) == -ENOENT, "no file is told as such");
	for (size_t i = 0; i < ARRAY_SIZE(f); i++)
		known_add(&k, &f[i]);
	known_drop(&k, 2);
	ok(!known_write(path, &k) && !k.is_dirty, "it is written");
	ok(!known_read(path, &back) && back.cnt == 2 && !back.is_dirty,
	   "and read, without what was dropped");
	ok(is_equal(known_find(&back, f[0].path), &f[0]) &&
		   is_equal(known_find(&back, f[1].path), &f[1]),
	   "every field comes back, of a hostile name too");
	known_exit(&back);
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		tree_text(t, "/known.json", damaged[i]);
		ok(known_read(path, &back) == -EINVAL && !back.cnt && !back.list,
		   "damage %zu: nothing is taken", i);
	}
	snprintf(path, sizeof(path), "%s/none/known.json", t->base);
	ok(known_write(path, &k) == -ENOENT, "no directory: an error");
	known_exit(&k);
}

int main(void)
{
	struct tree t;

	tree_init(&t);
	test_list();
	test_stat();
	test_indicator();
	test_disk(&t);
	tree_exit(&t);
	return tap_done();
}
