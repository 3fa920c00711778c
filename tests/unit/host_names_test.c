// SPDX-License-Identifier: GPL-2.0-only
/* Names of a policy against a tree of files. */
#include <stdbool.h>
#include <sys/utsname.h>

#include "tap.h"
#include "tree.h"

#include "base/cleanup.h"
#include "inventory/names.h"
#include "inventory/pattern.h"

static const struct {
	const char *pattern, *name;
	bool want;
} globs[] = {
	{ "ew", "ew", true },
	{ "ew", "ewx", false },
	{ "ew*", "ew", true },
	{ "*", ".hidden", true }, /* a leading dot hides nothing */
	{ "*-agent", "ew-agent", true },
	{ "*-agent", "ew-agent2", false },
	{ "a*b*c", "aXbXbc", true },
	{ "a*b*c", "aXbXb", false },
	{ "[a]", "a", false }, /* nothing but the star is special */
	{ "?", "a", false },
};

struct hit {
	uint32_t name;
	char path[128];
	bool is_link;
	ino_t ino;
};

struct hits {
	struct hit list[64];
	unsigned int cnt;
};

static int take(void *ctx, struct resolved *r)
{
	struct hits *hits = ctx;
	struct hit *hit = &hits->list[hits->cnt++];

	hit->name = r->name;
	hit->is_link = r->is_link;
	hit->ino = r->st.st_ino;
	snprintf(hit->path, sizeof(hit->path), "%s", r->path);
	return hits->cnt == 64 ? -E2BIG : 0;
}

static const struct hit *hit_of(const struct hits *hits, uint32_t name, const char *path)
{
	for (unsigned int i = 0; i < hits->cnt; i++) {
		if (hits->list[i].name == name && !strcmp(hits->list[i].path, path))
			return &hits->list[i];
	}
	return NULL;
}

static unsigned int hits_of(const struct hits *hits, uint32_t name)
{
	unsigned int cnt = 0;

	for (unsigned int i = 0; i < hits->cnt; i++)
		cnt += hits->list[i].name == name;
	return cnt;
}

static void plant(const struct tree *t)
{
	char path[256];
	struct utsname u;

	tree_text(t, "/usr/bin/ewctl", "x");
	tree_link(t, "usr/bin", "/bin");
	tree_link(t, "/var/opt", "/opt"); /* absolute: must stay below the root */
	tree_text(t, "/var/opt/examplewall/bin/agent", "y");
	tree_link(t, "/usr/bin/ewctl", "/usr/bin/ew");
	tree_link(t, "/nowhere", "/usr/bin/ewgone");
	tree_text(t, "/home/a/.ew/run1/tool", "z");
	tree_text(t, "/home/b/.ew/run2/tool", "z");
	tree_dir(t, "/home/c");
	uname(&u);
	snprintf(path, sizeof(path), "/usr/lib/modules/%s/kernel/net/ew-filter.ko.xz", u.release);
	tree_text(t, path, "m");
	snprintf(path, sizeof(path), "/usr/lib/modules/%s/extra/other.ko", u.release);
	tree_text(t, path, "m");
	/* The way out of the tree that distributions leave there. */
	snprintf(path, sizeof(path), "/usr/lib/modules/%s/build", u.release);
	tree_link(t, "/usr", path);
	tree_link(t, "usr/lib", "/lib");
	snprintf(path, sizeof(path), "%s/usr/bin/ewfifo", t->base);
	tree_must(!mkfifo(path, 0600), path);
}

static const struct name_key names[] = {
	{ "/usr/bin/ewctl", IND_PATH, {} },
	{ "/bin/ewctl", IND_PATH, {} },
	{ "/usr/bin/ew", IND_PATH, {} },
	{ "/usr/bin/ewgone", IND_PATH, {} },
	{ "/opt/examplewall/", IND_DIR, {} },
	{ "/home/*/.ew/run*/tool", IND_PATH, {} },
	{ "/usr/bin/", IND_PATH, {} },
	{ "/usr/bin/ewctl/", IND_DIR, {} },
	{ "ew_filter", IND_MODULE, {} },
	{ "absent", IND_MODULE, {} },
	{ "/usr/bin/ewfifo", IND_PATH, {} },
	{ "/opt/examplewall/*/agent", IND_PATH, {} },
	{ "/home/*/../../../../etc/passwd", IND_PATH, {} },
};

static void test_resolve(const struct tree *t)
{
	const struct hit *direct, *other;
	struct hits h = {};

	ok(!names_resolve(names, ARRAY_SIZE(names), t->fd, take, &h), "names are resolved");
	direct = hit_of(&h, 0, "/usr/bin/ewctl");
	ok(direct && !direct->is_link, "a plain path is found");
	other = hit_of(&h, 1, "/bin/ewctl");
	ok(direct && other && other->ino == direct->ino && !other->is_link,
	   "a merged /usr leads to the same file");
	other = hit_of(&h, 2, "/usr/bin/ew");
	ok(direct && other && other->ino == direct->ino && other->is_link,
	   "a link is resolved to its target, and said to be one");
	ok(!hits_of(&h, 3), "a dangling link is nothing");
	ok(hits_of(&h, 4) == 1, "/opt that is a link to /var/opt is followed inside the root");
	ok(hits_of(&h, 5) == 2, "two stars find both tools");
	ok(!hits_of(&h, 6) && !hits_of(&h, 7), "a directory is no path and a file no dir");
	ok(hits_of(&h, 8) == 1, "a compressed module is found, - and _ being equal");
	ok(!hits_of(&h, 9), "an absent module is not");
	ok(!hits_of(&h, 10), "a FIFO is passed over");
	ok(hits_of(&h, 11) == 1, "a star behind a link is found");
	ok(!hits_of(&h, 12), "dots do not lead out of the root");
}

static int count(void *ctx, struct resolved *r)
{
	(void)r;
	++*(unsigned int *)ctx;
	return 0;
}

static void test_many(const struct tree *t)
{
	uint32_t cnt = 100000;
	struct name_key *many = calloc(cnt, sizeof(*many));
	unsigned int found = 0;

	for (uint32_t i = 0; i < cnt; i++) {
		many[i].pattern = i % 2 ? "/usr/bin/ewctl" : "/usr/bin/absent";
		many[i].kind = IND_PATH;
	}
	ok(!names_resolve(many, cnt, t->fd, count, &found) && found == cnt / 2,
	   "a hundred thousand names are resolved");
	free(many);
}

static void test_module_names(void)
{
	char name[16];

	ok(names_module_of("vmw-vmci.ko.zst", name, sizeof(name)) && !strcmp(name, "vmw_vmci"),
	   "a module's name is that of its file");
	ok(!names_module_of("modules.dep", name, sizeof(name)) &&
		   !names_module_of(".ko", name, sizeof(name)) &&
		   !names_module_of("a-name-longer-than-there-is-room.ko", name, sizeof(name)),
	   "other files are no modules");
}

int main(void)
{
	struct tree t;

	for (size_t i = 0; i < ARRAY_SIZE(globs); i++)
		ok(pattern_matches(globs[i].pattern, strlen(globs[i].pattern), globs[i].name) ==
			   globs[i].want,
		   "pattern %s %s %s", globs[i].pattern,
		   globs[i].want ? "takes" : "does not take", globs[i].name);
	tree_init(&t);
	plant(&t);
	test_resolve(&t);
	test_many(&t);
	test_module_names();
	tree_exit(&t);
	return tap_done();
}
