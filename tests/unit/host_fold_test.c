// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fold: what is held back, when it is written, and that no refusal is lost.
 */
#include <jansson.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "record.h"
#include "tap.h"
#include "tree.h"

static const char catalog_text[] =
	"vendor: v\nname: V\nproducts:\n"
	"- {product: a, name: A, class: vendor_product, indicators: [{kind: deb, value: a-deb}]}\n";

struct world {
	struct tree tree;
	struct run_options opts;
	struct agent a;
	struct regime now;
	uint64_t folded, cgroup; /* whose refusals are */
};

static void world_init(struct world *w, const char *policy)
{
	const struct journal_options jopts = { .dir = w->tree.base };
	const struct ocsf_host host = { .hostname = "h", .machine_id = "m", .boot_id = "b",
					.os_name = "o", .kernel = "k", .version = "0" };
	struct diag d;

	*w = (struct world){ .tree = w->tree, .opts.json = true };
	w->a.opts = &w->opts;
	w->a.now = &w->now;
	w->a.resume.folded = &w->folded;
	catalog_new(&w->now.sources.catalog);
	catalog_add(w->now.sources.catalog, "v", catalog_text, sizeof(catalog_text) - 1, &d);
	catalog_seal(w->now.sources.catalog, &d);
	w->now.sources.context.catalog = w->now.sources.catalog;
	policy_parse(&w->now.sources.context, "p", policy, strlen(policy), &w->now.sources.policy,
		     &d);
	if (journal_open(&jopts, 1000, &w->a.journal) || ocsf_new(&host, &w->a.ocsf))
		abort();
}

static void world_exit(struct world *w)
{
	journal_close(w->a.journal, 2000);
	ocsf_free(w->a.ocsf);
	sources_exit(&w->now.sources);
	buf_free(&w->a.line);
}

/* One refusal of @path for @uid. True: it is held back. */
static bool refuse(struct world *w, const char *path, uint32_t uid)
{
	struct event *ev = NULL;
	struct record r;
	bool held;

	record_file(&r, WEIR_REC_EXEC, path, NULL, 0);
	r.rec.answer = (struct weir_answer){ WEIR_DENY, WEIR_BY_RULE, WEIR_BLOCK, 1 };
	r.rec.who.uid = uid;
	r.rec.who.cgroup = w->cgroup;
	if (event_decode(&r, r.rec.len, &ev))
		abort();
	held = fold_take(&w->a, &ev);
	if (!held)
		agent_publish(&w->a, ev);
	event_free(ev);
	return held;
}

static bool let(struct world *w)
{
	struct event *ev = NULL;
	struct record r;
	bool held;

	record_file(&r, WEIR_REC_EXEC, "/opt/a", NULL, 0);
	r.rec.answer = (struct weir_answer){ WEIR_ALLOW, WEIR_BY_MODE, 0, 0 };
	event_decode(&r, r.rec.len, &ev);
	held = fold_take(&w->a, &ev);
	event_free(ev);
	return held;
}

static void test_fold(struct world *w)
{
	unsigned int held = 0;

	world_init(w, "policy: p\nserial: 1\n");
	ok(!refuse(w, "/opt/a", 0), "the first refusal is told at once");
	for (int i = 0; i < 100; i++)
		held += refuse(w, "/opt/a", 0);
	ok(held == 100 && w->folded == 100, "those like it are held back, and counted where an agent "
					    "that dies leaves the count");
	ok(!refuse(w, "/opt/b", 0) && !refuse(w, "/opt/a", 7), "another file or user is another kind");
	ok(!let(w) && !let(w), "what is let through is never held back");
	fold_tend(&w->a, false);
	ok(w->folded == 100, "not before its time");
	fold_tend(&w->a, true);
	ok(!w->folded && !refuse(w, "/opt/a", 0), "at the end all is written, and it begins anew");
	world_exit(w);
}

static void test_windows(struct world *w)
{
	struct fold_slot *s = w->a.folds;

	world_init(w, "policy: p\nserial: 1\n");
	refuse(w, "/opt/a", 0);
	refuse(w, "/opt/a", 0);
	for (int i = 0; i < 5; i++) {
		s->due_ns = 1;
		fold_tend(&w->a, false);
		refuse(w, "/opt/a", 0);
	}
	ok(s->window == 2 && w->folded == 1, "what goes on is told less and less often, at least hourly");
	s->due_ns = 1;
	fold_tend(&w->a, false);
	s->due_ns = 1;
	fold_tend(&w->a, false);
	ok(!s->hash, "what has ended is forgotten");
	world_exit(w);
}

static void test_many(struct world *w)
{
	char path[32];
	unsigned int held = 0;

	world_init(w, "policy: p\nserial: 1\n");
	for (int i = 0; i < 3 * FOLD_SLOTS; i++) {
		snprintf(path, sizeof(path), "/opt/%d", i);
		refuse(w, path, 0);
		held += refuse(w, path, 0);
	}
	ok(held == 3 * FOLD_SLOTS && w->folded == FOLD_SLOTS,
	   "more kinds than there is room for: the oldest are written, none is lost");
	fold_tend(&w->a, true);
	world_exit(w);
}

/* As units.c would find it. */
static void name_group(struct world *w, uint64_t cgroup, const char *unit)
{
	uint32_t slot = (uint32_t)(cgroup * 0x9e3779b97f4a7c15ULL >> 32) & (UNITS_KEPT - 1);

	w->a.units.id[slot] = cgroup;
	w->a.units.names[slot].unit = strdup(unit);
}

static bool refuse_in(struct world *w, uint64_t cgroup)
{
	w->cgroup = cgroup;
	return refuse(w, "/opt/a", 0);
}

static void test_units(struct world *w)
{
	world_init(w, "policy: p\nserial: 1\n");
	name_group(w, 1001, "ew.service");
	name_group(w, 1002, "ew.service");
	name_group(w, 1003, "other.service");
	ok(!refuse_in(w, 1001) && refuse_in(w, 1002),
	   "a unit that is started anew in another group is the same");
	ok(!refuse_in(w, 1003), "another unit is not");
	ok(!refuse_in(w, 1ULL << 60) && !refuse_in(w, 1ULL << 61) && refuse_in(w, 1ULL << 60),
	   "groups without a name are told apart by their number");
	fold_tend(&w->a, true);
	units_exit(&w->a.units);
	world_exit(w);
}

static void test_each(struct world *w)
{
	world_init(w, "policy: p\nserial: 1\nrepeats: each\n");
	ok(!refuse(w, "/opt/a", 0) && !refuse(w, "/opt/a", 0), "repeats: each folds nothing");
	world_exit(w);
}

int main(void)
{
	static struct world w;

	tree_init(&w.tree);
	test_fold(&w);
	test_windows(&w);
	test_many(&w);
	test_units(&w);
	test_each(&w);
	tree_exit(&w.tree);
	return tap_done();
}
