// SPDX-License-Identifier: GPL-2.0-only
/* Going down a tree asks no less, and no more, than asking for each whole path. */
#include "match/descent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "match/glob.h"
#include "match/match.h"
#include "tap.h"

static struct product product = { .id = "examplewall/agent" };
static struct vendor vendor = { .id = "examplewall" };

static struct indicator indicators[] = {
	{ .kind = IND_DIR, .value = "/a/" },
	{ .kind = IND_DIR, .value = "/b/c/ab/" },
	{ .kind = IND_DIR, .value = "/c/*/b/" },
	{ .kind = IND_DIR, .value = "/ab/a*/" },
	{ .kind = IND_PATH, .value = "/b/a" },
	{ .kind = IND_PATH, .value = "/b/*b" },
	{ .kind = IND_PATH, .value = "/b/b/*/a/*c" },
	{ .kind = IND_PATH, .value = "/c/c/c/c/c" },
	{ .kind = IND_PATH, .value = "/b/c/a*b/c" },
	{ .kind = IND_CONFIG, .value = "/b/ba" },
	{ .kind = IND_DATA_DIR, .value = "/c/a/c/" },
	{ .kind = IND_LOG, .value = "/ba/*.c" },
	{ .kind = IND_INSTALLER, .value = "ca*c" },
	{ .kind = IND_FILE_NAME, .value = "cab" },
	{ .kind = IND_MODULE, .value = "acb" }, /* no file's name */
	{ .kind = IND_UNIT, .value = "/b/c" }, /* no place */
};

static struct catalog catalog = {
	.vendors = &vendor,
	.products = &product,
	.indicators = indicators,
	.vendor_cnt = 1,
	.product_cnt = 1,
	.indicator_cnt = ARRAY_SIZE(indicators),
};

static const char *const names[] = { "a", "b", "c", "ab", "ba", "acb", "x.c", "cab", "caxc" };

struct check {
	struct match_index *x;
	struct descents *s;
	struct match m;
	unsigned int asked, wrong, unled;
	char path[64];
};

static bool has_hits(struct check *c)
{
	struct facts f = { .path = c->path };

	return !match_facts(c->x, &f, &c->m) && c->m.hit_cnt;
}

/* One name in @above, as a file, and as a directory with all that is below. */
static void check_name(struct check *c, const struct descent *above, size_t len,
		       const char *name, unsigned int depth)
{
	bool leads = descent_leads(above), is_asked;
	enum asked asked;
	struct descent d;

	snprintf(c->path + len, sizeof(c->path) - len, "%s", name);
	asked = descent_ask(c->s, above, c->path);
	is_asked = has_hits(c);
	c->asked += is_asked;
	c->wrong += is_asked != (asked != ASKED_NOT);
	/* Installers lie anywhere. */
	c->unled += is_asked && !leads && strncmp(name, "ca", 2) != 0;

	snprintf(c->path + len, sizeof(c->path) - len, "%s/", name);
	if (descent_enter(c->s, above, c->path, &d))
		abort();
	c->wrong += has_hits(c) != d.is_inside;
	for (size_t i = 0; depth && i < ARRAY_SIZE(names); i++)
		check_name(c, &d, len + strlen(name) + 1, names[i], depth - 1);
	descent_leave(c->s, &d);
}

static void test_all(void)
{
	struct check c = { .path = "/" };
	struct descent root;

	if (match_index_new(&catalog, &c.x) || descents_new(c.x, &c.s) ||
	    descent_root(c.s, &root))
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		check_name(&c, &root, 1, names[i], 4);
	ok(c.asked > 10000, "many paths are meant (%u)", c.asked);
	ok(!c.wrong, "the walk asks for what the whole path says, and for nothing else (%u)",
	   c.wrong);
	ok(!c.unled, "what is meant lies where something leads (%u)", c.unled);
	descents_free(c.s);
	match_index_free(c.x);
	match_free(&c.m);
}

static const struct {
	const char *pattern, *dir;
	bool want;
} reaches[] = {
	{ "/opt/*/bin/x", "/", true },
	{ "/opt/*/bin/x", "/opt/", true },
	{ "/opt/*/bin/x", "/opt/a/", true },
	{ "/opt/*/bin/x", "/opt/a/bin/", true },
	{ "/opt/*/bin/x", "/opt/a/bin/x/", false },
	{ "/opt/*/bin/x", "/opt/a/lib/", false },
	{ "/opt/*/bin/x", "/op/", false },
	{ "/opt/a*c*/", "/opt/abcd/", true },
	{ "/opt/a*c*/", "/opt/abcd/deep/er/", true },
	{ "/opt/a*c*/", "/opt/abd/", false },
	{ "/opt/*", "/opt/a/", false },
};

/* The path outgrows what any indicator can be; the directory above still counts. */
static void test_deep(void)
{
	char *path = malloc(WEIR_PATH_MAX * 3);
	struct match_index *x = NULL;
	struct descents *s = NULL;
	struct descent at, below;
	size_t len = 1;

	if (!path || match_index_new(&catalog, &x) || descents_new(x, &s) ||
	    descent_root(s, &at))
		abort();
	strcpy(path, "/");
	while (len < WEIR_PATH_MAX * 2) {
		strcpy(path + len, len == 1 ? "a/" : "bb/");
		len += strlen(path + len);
		if (descent_enter(s, &at, path, &below))
			abort();
		at = below;
	}
	ok(at.len == len && at.is_inside, "a directory keeps its meaning at any depth");
	strcpy(path + len, "c");
	ok(descent_ask(s, &at, path) == ASKED_INSIDE, "for the files in it");
	strcpy(path + len, "cab");
	ok(descent_ask(s, &at, path) == ASKED, "an installer is one at any depth");
	descents_free(s);
	match_index_free(x);
	free(path);
}

int main(void)
{
	test_all();
	for (size_t i = 0; i < ARRAY_SIZE(reaches); i++)
		ok(glob_reaches(reaches[i].pattern, reaches[i].dir) == reaches[i].want,
		   "%s %s below %s", reaches[i].pattern,
		   reaches[i].want ? "can lie" : "cannot lie", reaches[i].dir);
	test_deep();
	return tap_done();
}
