// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a freeze lets run: the sets before and after its beginning, over a
 * restart; and files that appear under a name that matters.
 */
#include "inventory/installed.h"

#include <errno.h>

#include "base/cleanup.h"
#include "inventory/arrivals.h"
#include "tap.h"
#include "tree.h"

static const char catalog_text[] =
	"vendor: v\nname: V\nproducts:\n"
	"- {product: a, name: A, class: vendor_product, indicators: [{kind: deb, value: a-deb}]}\n"
	"- {product: b, name: B, class: vendor_product, indicators: [{kind: deb, value: b-deb}]}\n";

#define FREEZE_NS 1000

struct world {
	struct catalog *c;
	struct weir_rule rules[3];
	struct compiled t;
	struct known known;
};

static void know(struct world *w, const char *path, const char *product)
{
	struct known_file f = { .path = (char *)path,
				.product = (char *)product,
				.value = (char *)(product + 2),
				.kind = IND_DEB };

	known_add(&w->known, &f);
}

/* Product a is frozen from FREEZE_NS on, b never. */
static void world_init(struct world *w)
{
	struct diag d;

	*w = (struct world){ .t = { .rule_cnt = 3 } };
	w->t.rules = w->rules;
	catalog_new(&w->c);
	ok(!catalog_add(w->c, "v.yaml", catalog_text, sizeof(catalog_text) - 1, &d) &&
		   !catalog_seal(w->c, &d), "a catalogue of two products");
	for (uint32_t i = 1; i < 3; i++) {
		w->rules[i].id = i;
		for (uint32_t k = 0; k < WEIR_STEPS_MAX; k++)
			w->rules[i].at_ns[k] = WEIR_NEVER;
	}
	w->rules[1].at_ns[0] = FREEZE_NS;
	w->rules[1].mode[0] = WEIR_FREEZE;
	know(w, "/opt/a/old", "v/a");
	know(w, "/opt/b/old", "v/b");
}

static bool has(const struct installed *in, const char *path)
{
	return known_find(&in->files, path) != NULL;
}

static bool move_on(struct world *w, struct installed *in, uint64_t now_ns)
{
	struct installed next;

	if (installed_make(in, &w->known, &w->t, w->c, now_ns, &next))
		return false;
	installed_exit(in);
	*in = next;
	return true;
}

static void test_freeze(const struct tree *t)
{
	CLEANUP(installed_exit) struct installed in = { .is_counted = true }, back = { 0 };
	struct world w;
	char path[128];

	world_init(&w);
	ok(move_on(&w, &in, 1) && has(&in, "/opt/a/old") && !in.frozen_cnt,
	   "before the freeze the set is what is known");
	know(&w, "/opt/a/newer", "v/a");
	ok(move_on(&w, &in, 2) && has(&in, "/opt/a/newer"), "and follows it");
	ok(move_on(&w, &in, FREEZE_NS) && in.frozen_cnt == 1, "then the freeze begins");
	know(&w, "/opt/a/late", "v/a");
	know(&w, "/opt/b/late", "v/b");
	ok(move_on(&w, &in, FREEZE_NS + 1) && has(&in, "/opt/a/newer") && !has(&in, "/opt/a/late"),
	   "and what comes later is not in the set");
	ok(has(&in, "/opt/b/late"), "that of another product goes on following");
	snprintf(path, sizeof(path), "%s/installed.json", t->base);
	ok(!installed_write(path, &in) && !installed_read(path, &back) && back.is_counted &&
		   back.frozen_cnt == 1 && back.files.cnt == in.files.cnt,
	   "it comes back from the disk");
	ok(move_on(&w, &back, FREEZE_NS + 2) && !has(&back, "/opt/a/late"),
	   "a restart lets nothing new run");
	w.rules[1].mode[0] = WEIR_OBSERVE;
	ok(move_on(&w, &in, FREEZE_NS + 3) && has(&in, "/opt/a/late") && !in.frozen_cnt,
	   "a freeze that is lifted forgets");
	catalog_free(w.c);
	known_exit(&w.known);
}

/* A date comes by itself: no table is loaded at that moment. */
static void test_between_loads(void)
{
	CLEANUP(installed_exit) struct installed in = { .is_counted = true };
	struct world w;

	world_init(&w);
	move_on(&w, &in, 1);
	ok(installed_begin(&in, &w.t, w.c, FREEZE_NS - 1) == 0, "a freeze to come has not begun");
	ok(installed_begin(&in, &w.t, w.c, FREEZE_NS) == 1, "it begins without a new table");
	ok(installed_begin(&in, &w.t, w.c, FREEZE_NS + 1) == 0, "once");
	know(&w, "/opt/a/late", "v/a");
	ok(move_on(&w, &in, FREEZE_NS + 2) && has(&in, "/opt/a/old") && !has(&in, "/opt/a/late"),
	   "what came between its beginning and the next table is not in the set");
	catalog_free(w.c);
	known_exit(&w.known);
}

static void test_absent(void)
{
	CLEANUP(installed_exit) struct installed in = { .is_counted = true };
	struct world w;

	world_init(&w);
	known_exit(&w.known);
	move_on(&w, &in, FREEZE_NS);
	know(&w, "/opt/a/late", "v/a");
	ok(move_on(&w, &in, FREEZE_NS + 1) && !has(&in, "/opt/a/late"),
	   "what was not here at all when its freeze began may not come");
	catalog_free(w.c);
	known_exit(&w.known);
}

static void test_uncounted(void)
{
	CLEANUP(installed_exit) struct installed in = { .is_counted = false };
	struct world w;

	world_init(&w);
	ok(move_on(&w, &in, FREEZE_NS) && !in.frozen_cnt, "nobody has looked: nothing is fixed yet");
	in.is_counted = true;
	ok(move_on(&w, &in, FREEZE_NS) && has(&in, "/opt/a/old") && in.frozen_cnt == 1,
	   "the first look is what the freeze began with");
	catalog_free(w.c);
	known_exit(&w.known);
}

static void test_damage(const struct tree *t)
{
	static const char *const bad[] = { "", "{}\n", "{\"frozen\":[7]}\n", "[]\n",
					   "{\"frozen\":[]}\nnot a line\n" };
	struct installed in = { 0 };
	char path[128];

	snprintf(path, sizeof(path), "%s/damaged", t->base);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		tree_text(t, "/damaged", bad[i]);
		ok((installed_read(path, &in) == -EINVAL || !*bad[i]) && !in.frozen && !in.files.cnt &&
			   !in.is_counted, "damage %zu: nothing is taken", i);
		installed_exit(&in);
	}
}

struct seen {
	char path[3][256];
	int cnt;
};

static void see(void *ctx, const char *path)
{
	struct seen *s = ctx;

	if (s->cnt < 3)
		snprintf(s->path[s->cnt], sizeof(s->path[0]), "%s", path);
	s->cnt++;
}

static void test_arrivals(const struct tree *t)
{
	char from[128], to[128];
	struct arrivals a;
	struct seen s = { .cnt = 0 };

	tree_text(t, "/bin/tool", "old");
	tree_text(t, "/other/tool.new", "new");
	snprintf(from, sizeof(from), "%s/other/tool.new", t->base);
	snprintf(to, sizeof(to), "%s/bin/tool", t->base);
	arrivals_open(&a);
	arrivals_watch(&a, to);
	arrivals_watch(&a, to);
	arrivals_watch(&a, "/no/such/place");
	ok(a.dir_cnt == 1, "a directory is watched once, one that is not there not at all");
	ok(!rename(from, to) && !arrivals_take(&a, see, &s) && s.cnt == 1 && !strcmp(s.path[0], to),
	   "a file that takes the name is told of");
	tree_text(t, "/bin/tool", "written in place");
	s.cnt = 0;
	arrivals_take(&a, see, &s);
	ok(s.cnt >= 1 && !strcmp(s.path[0], to), "and one that is written in place");
	s.cnt = 0;
	arrivals_take(&a, see, &s);
	ok(!s.cnt, "each once");
	arrivals_close(&a);
	arrivals_watch(&a, to);
	ok(!a.dir_cnt, "nothing is watched once it is closed");
}

int main(void)
{
	struct tree t;

	tree_init(&t);
	test_freeze(&t);
	test_between_loads();
	test_absent();
	test_uncounted();
	test_damage(&t);
	test_arrivals(&t);
	tree_exit(&t);
	return tap_done();
}
