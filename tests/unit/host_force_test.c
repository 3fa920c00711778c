// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the gate would let start although its product is blocked: weak evidence,
 * files of the guard, exemptions; and that processes of it are listed as left.
 */
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "cell_hook.h"
#include "tap.h"
#include "tree.h"

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/force.h"

/* Every path is below the tree: what runs is looked for on the live host. */
static const char vendor[] =
	"vendor: v\nname: V\nproducts:\n"
	"- product: strong\n  name: S\n  class: vendor_product\n"
	"  indicators:\n"
	"  - {kind: dir, value: %1$s/opt/strong/, confidence: high}\n"
	"  - {kind: deb, value: strong-deb, confidence: high}\n"
	"  - {kind: deb, value: weak-deb, confidence: medium}\n"
	"- product: weak\n  name: W\n  class: vendor_product\n"
	"  indicators:\n"
	"  - {kind: path, value: %1$s/opt/weak, confidence: medium}\n";

static const char policy[] =
	"policy: p\nserial: 1\nenforce: true\nrules: [{vendor: v, mode: block}]\n"
	"exemptions:\n"
	"- {id: E1, product: v/strong, path: %1$s/opt/strong/spared, reason: r, owner: o,\n"
	"   until: 2199-01-01}\n"
	"- {id: E2, product: v/strong, path: %1$s/opt/strong/sub/, reason: r, owner: o,\n"
	"   until: 2199-01-01}\n"
	"- {id: E3, product: v/strong, user: \"4711\", reason: r, owner: o, until: 2199-01-01}\n"
	"- {id: E4, product: v/strong, user: \"4712\", reason: r, owner: o, until: 2020-01-01}\n"
	"- {id: E6, product: v/strong, user: away, reason: r, owner: o, until: 2199-01-01}\n"
	"- {id: E5, product: v/weak, reason: r, owner: o, until: 2199-01-01}\n";

struct world {
	struct tree tree;
	struct agent a;
	struct regime now;
	struct plan plan;
	struct guard *guard;
};

static void load(struct world *w)
{
	struct sources *s = &w->now.sources;
	struct diag d = { .text = "" };
	char text[4096];

	catalog_new(&s->catalog);
	snprintf(text, sizeof(text), vendor, w->tree.base);
	tree_must(!catalog_add(s->catalog, "v", text, strlen(text), &d), d.text);
	tree_must(!catalog_seal(s->catalog, &d), d.text);
	s->context.catalog = s->catalog;
	snprintf(text, sizeof(text), policy, w->tree.base);
	tree_must(!policy_parse(&s->context, "p", text, strlen(text), &s->policy, &d), d.text);
	tree_must(!compile(s->catalog, s->policy, 1900000000, 1, &w->plan.compiled, &d), d.text);
	tree_must(!match_index_new(s->catalog, &w->now.index), "index");
}

/* Of one file two names: what logs people in, and what is listed. */
static void plant(struct world *w)
{
	char login[128], listed[128];

	tree_text(&w->tree, "/usr/bin/sudo", "it lets people in");
	tree_text(&w->tree, "/opt/strong/d", "");
	tree_text(&w->tree, "/opt/strong/spared", "");
	tree_text(&w->tree, "/opt/strong/sub/x", "");
	tree_text(&w->tree, "/opt/weak", "");
	tree_text(&w->tree, "/opt/known", "");
	tree_link(&w->tree, "opt/strong/d", "/link");
	snprintf(login, sizeof(login), "%s/usr/bin/sudo", w->tree.base);
	snprintf(listed, sizeof(listed), "%s/opt/strong/login", w->tree.base);
	tree_must(!link(login, listed), listed);
}

static void world_init(struct world *w)
{
	*w = (struct world){ 0 };
	tree_init(&w->tree);
	plant(w);
	w->a.root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	w->a.now = &w->now;
	w->now.plan = &w->plan;
	tree_must(!guard_new(w->tree.fd, NULL, &w->guard), "guard");
	w->plan.guard = w->guard;
	load(w);
}

static void world_exit(struct world *w)
{
	switch_end(&w->a.at_switch);
	known_exit(&w->a.known);
	match_index_free(w->now.index);
	compiled_free(w->plan.compiled);
	sources_exit(&w->now.sources);
	guard_free(w->guard);
	close(w->a.root_fd);
	tree_exit(&w->tree);
}

/* NULL: it is refused; else why not. */
static const char *spared(struct world *w, const char *product, const char *file, uint32_t uid)
{
	const struct catalog *c = w->now.sources.catalog;
	char path[256];

	snprintf(path, sizeof(path), "%s%s", w->tree.base, file);
	return force_spares(&w->a, (uint32_t)(catalog_product(c, product) - c->products), path,
			    uid);
}

static bool is(const char *why, const char *want)
{
	return why && strstr(why, want);
}

static void know(struct world *w, const char *file, const char *value)
{
	char path[256], product[] = "v/strong", of[16];
	struct known_file f = { .path = path, .product = product, .value = of,
				.kind = IND_DEB };
	struct stat st;

	snprintf(of, sizeof(of), "%s", value);
	snprintf(path, sizeof(path), "%s%s", w->tree.base, file);
	tree_must(!stat(path, &st), path);
	known_stamp(&f, &st);
	tree_must(!known_add(&w->a.known, &f), "known");
}

static void test_evidence(struct world *w)
{
	ok(!spared(w, "v/strong", "/opt/strong/d", 0), "what a listed place holds is refused");
	ok(is(spared(w, "v/weak", "/opt/weak", 0), "not enough"),
	   "what is not of high confidence is not");
	ok(is(spared(w, "v/strong", "/opt/known", 0), "not enough"),
	   "nor what nobody knows of");
	know(w, "/opt/known", "strong-deb");
	ok(!spared(w, "v/strong", "/opt/known", 0), "what the inventory knows is refused");
	ok(is(spared(w, "v/weak", "/opt/known", 0), "not enough"), "as the product that it is of");
	tree_text(&w->tree, "/opt/known", "another version, longer");
	ok(is(spared(w, "v/strong", "/opt/known", 0), "not enough"),
	   "until it is another file");
	know(w, "/opt/known", "weak-deb");
	ok(is(spared(w, "v/strong", "/opt/known", 0), "not enough"),
	   "by weak evidence it is never");
	ok(!spared(w, "v/strong", "/link", 0), "a link is what it leads to");
	ok(!spared(w, "v/strong", "/opt/strong/gone", 0), "a place is one without its file");
}

static void test_guard(struct world *w)
{
	ok(is(spared(w, "v/strong", "/opt/strong/login", 0), "cannot do without"),
	   "what a host cannot do without is left, wherever it is");
}

static void test_exemptions(struct world *w)
{
	ok(is(spared(w, "v/strong", "/opt/strong/spared", 0), "exempt"), "a file that is exempt");
	ok(is(spared(w, "v/strong", "/opt/strong/sub/x", 0), "exempt"), "a directory of them");
	ok(is(spared(w, "v/strong", "/opt/strong/d", 4711), "exempt"), "a user");
	ok(!spared(w, "v/strong", "/opt/strong/d", 4712), "not when its time has come");
	ok(!spared(w, "v/strong", "/opt/strong/d", WEIR_ANYBODY), "nor one that nobody knows");
}

/* Names as they were resolved for the table, else from the file alone. */
static void test_users(struct world *w)
{
	uint32_t users[] = { WEIR_ANYBODY, WEIR_ANYBODY, 4711, 4712, 4714, WEIR_ANYBODY };
	int root_fd = w->a.root_fd;

	ok(!spared(w, "v/strong", "/opt/strong/d", 4714), "a user of no table is nobody");
	w->plan.exempt.users = users;
	ok(is(spared(w, "v/strong", "/opt/strong/d", 4714), "exempt"), "one of the table is");
	ok(!spared(w, "v/strong", "/opt/strong/d", 4715), "and nobody else");
	tree_text(&w->tree, "/etc/passwd", "root:x:0:0::/:/bin/sh\naway:x:1:1::/:/bin/sh\n"
		  "here:x:4716:1::/:/bin/sh\n");
	w->a.root_fd = w->tree.fd;
	ok(exempt_user_named(&w->a, "away") == 4714, "a unit's user is the exemption's");
	ok(exempt_user_named(&w->a, "here") == 4716, "or that of the file");
	ok(exempt_user_named(&w->a, "4717") == 4717, "or a number");
	ok(exempt_user_named(&w->a, "gone") == WEIR_ANYBODY, "or not known");
	w->a.root_fd = root_fd;
	w->plan.exempt.users = NULL;
}

/* A process that runs @file of the tree. */
static pid_t run(struct world *w, const char *file)
{
	char path[256], want[256], link[64], cp[] = "cp", sleep[] = "/bin/sleep", time[] = "100";
	char *argv[] = { path, time, NULL }, *copy[] = { cp, sleep, path, NULL };
	pid_t pid;

	snprintf(path, sizeof(path), "%s%s", w->tree.base, file);
	tree_must(!posix_spawnp(&pid, "cp", NULL, NULL, copy, environ), "cp");
	waitpid(pid, NULL, 0);
	chmod(path, 0755);
	tree_must(!posix_spawn(&pid, path, NULL, NULL, argv, environ), path);
	/* It is the child's before it is the program's. */
	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	for (int i = 0; i < 500; i++) {
		ssize_t len = readlink(link, want, sizeof(want) - 1);

		if (len > 0 && (size_t)len == strlen(path) && !memcmp(want, path, (size_t)len))
			break;
		usleep(2000);
	}
	return pid;
}

static const struct switch_process *listed(const struct world *w, pid_t pid)
{
	for (uint32_t i = 0; i < w->a.at_switch.process_cnt; i++)
		if (w->a.at_switch.processes[i].pid == (uint32_t)pid)
			return &w->a.at_switch.processes[i];
	return NULL;
}

static void watch(struct world *w, const char *product)
{
	const struct catalog *c = w->now.sources.catalog;
	struct switch_seen *seen = switch_seen_of(&w->a.at_switch, product);

	seen->product = (uint32_t)(catalog_product(c, product) - c->products);
	seen->level = SWITCH_IN_FORCE;
	seen->is_watched = true;
}

static void test_list(struct world *w)
{
	pid_t pid[] = { run(w, "/opt/strong/d"), run(w, "/opt/weak"),
			run(w, "/opt/strong/spared") };
	const struct switch_process *p;

	watch(w, "v/strong");
	watch(w, "v/weak");
	ok(!switch_list(&w->a), "what runs is looked for");
	p = listed(w, pid[0]);
	ok(p && !p->is_spared, "what the gate would refuse is dealt with");
	p = listed(w, pid[1]);
	ok(p && p->is_spared && p->where, "what it would not is listed, and why it is left");
	p = listed(w, pid[2]);
	ok(p && p->is_spared && p->where, "so is what is exempt");
	for (size_t i = 0; i < ARRAY_SIZE(pid); i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
}

int main(void)
{
	static struct world w;

	world_init(&w);
	test_evidence(&w);
	test_guard(&w);
	test_exemptions(&w);
	test_users(&w);
	test_list(&w);
	world_exit(&w);
	return tap_done();
}
