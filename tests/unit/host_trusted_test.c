// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the agent makes of bundles: older ones, expired ones, those that hold;
 * steps that are not taken; indicators that are new.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "cmd/trusted.h"
#include "cmd/trusted_serials.h"
#include "policy/compile.h"
#include "tap.h"
#include "tree.h"

#define T 1924992000LL /* 2031-01-01 */
#define DAY 86400LL
#define BOOT_NS 5000000000ULL

#define AGENT                                                                  \
	"- {product: agent, name: A, class: vendor_product, security-product: true,\n" \
	"   indicators: [\n"
#define OLD "  {kind: path, value: /opt/v/a, confidence: high}"
#define NEW ",\n  {kind: path, value: /opt/v/b, confidence: high}"

static const char before[] = "vendor: v\nname: V\nproducts:\n" AGENT OLD "]}\n";
static const char after[] = "vendor: v\nname: V\nproducts:\n" AGENT OLD NEW "]}\n";

#define PHASES "rules: [{vendor: v, phases: [{mode: observe}, {mode: freeze, from: 2031-01-11},\n" \
	       "  {mode: block, from: 2031-01-21}]}]\n"

/* Sources by hand: the texts, and where they are said to come from. */
static void make(struct sources *s, const char *vendor, const char *policy)
{
	struct policy_context ctx = { .host = "db-1" };
	struct diag d = { .text = "" };

	*s = (struct sources){ .host = "db-1", .trust = "/nonexistent" };
	tree_must(!catalog_new(&s->catalog) &&
		  !catalog_add(s->catalog, "v", vendor, strlen(vendor), &d) &&
		  !catalog_seal(s->catalog, &d), "catalogue");
	ctx.catalog = s->catalog;
	if (policy_parse(&ctx, "p", policy, strlen(policy), &s->policy, &d)) {
		printf("# %u: %s\n", d.line, d.text);
		abort();
	}
	s->policy_from = (struct origin){ .is_bundle = true, .is_signed = true, .name = "b",
					  .kind = BUNDLE_POLICY, .serial = 41, .created = T,
					  .expires = T + 30 * DAY,
					  .expires_text = "2031-01-30", .signed_by = "release" };
}

static int check(struct sources *s, const struct tree *tree, int64_t now_s)
{
	struct trusted t;
	struct diag d = { .text = "" };
	int err = trusted_check(s, tree->base, now_s, &t, &d);

	if (!err) {
		trusted_remember(s, tree->base, &t);
		trusted_exit(&t);
	} else {
		printf("# %s\n", d.text);
	}
	return err;
}

static void test_serials(const struct tree *tree)
{
	struct sources s;
	char path[128];

	make(&s, before, "policy: p\nserial: 1\n" PHASES);
	ok(!check(&s, tree, T) && !check(&s, tree, T), "a bundle is taken, and again");
	s.policy_from.serial = 40;
	ok(check(&s, tree, T) == -EINVAL, "an older one is not");
	s.policy_from.serial = 42;
	ok(check(&s, tree, T + 31 * DAY) == -EINVAL, "nor one that had expired before it came");
	s.policy_from.serial = 41;
	ok(!check(&s, tree, T + 31 * DAY), "one that was had before and expired since is kept");
	s.policy_from.is_bundle = false;
	ok(!check(&s, tree, T) && !s.policy->held_s, "a plain file is taken and not held");
	s.policy_from.is_bundle = true;
	tree_text(tree, "/serials.json", "{\"b\":{\"serial\":41}");
	s.policy_from.serial = 1;
	ok(!check(&s, tree, T), "a damaged memory refuses nothing");
	snprintf(path, sizeof(path), "%s/serials.json", tree->base);
	ok(serials_get(path, "b").serial == 1 && !serials_get(path, "c").serial,
	   "and is made anew");
	sources_exit(&s);
}

static uint8_t mode_at(const struct sources *s, int64_t loaded_s, int64_t at_s)
{
	CLEANUP(compiled_freep) struct compiled *t = NULL;
	struct diag d;
	uint8_t mode;

	tree_must(!compile(s->catalog, s->policy, loaded_s, BOOT_NS, &t, &d), "compile");
	mode = weir_mode_at(&t->rules[1], BOOT_NS + (uint64_t)(at_s - loaded_s) * 1000000000ULL);
	return mode;
}

static void test_holds(const struct tree *tree)
{
	struct sources s;

	make(&s, before, "policy: p\nserial: 1\n" PHASES);
	s.policy_from.expires = T + 15 * DAY;
	check(&s, tree, T);
	ok(mode_at(&s, T, T + 12 * DAY) == WEIR_FREEZE &&
	   mode_at(&s, T, T + 25 * DAY) == WEIR_FREEZE,
	   "a step behind the bundle's end is not taken, with no agent there");
	ok(mode_at(&s, T + 25 * DAY, T + 25 * DAY) == WEIR_FREEZE,
	   "nor by an agent that starts behind it; what was in force stays");
	s.policy_from.expires = T + 30 * DAY;
	check(&s, tree, T);
	ok(mode_at(&s, T, T + 25 * DAY) == WEIR_BLOCK, "in time it is");
	s.policy_from.serial = 43;
	s.policy_from.hold = true;
	check(&s, tree, T + 12 * DAY);
	ok(mode_at(&s, T + 12 * DAY, T + 25 * DAY) == WEIR_FREEZE, "`hold` stops steps");
	check(&s, tree, T + 25 * DAY);
	ok(mode_at(&s, T + 25 * DAY, T + 25 * DAY) == WEIR_FREEZE,
	   "from when it was first seen, over restarts");
	s.policy_from.hold = false;
	s.policy_from.serial = 44;
	check(&s, tree, T + 25 * DAY);
	ok(mode_at(&s, T + 25 * DAY, T + 25 * DAY) == WEIR_BLOCK, "and its end lets them go on");
	sources_exit(&s);

	make(&s, before, "policy: p\nserial: 1\nescalate-needs: {bundle-younger-than: 72h}\n" PHASES);
	s.policy_from.serial = 45;
	s.policy_from.created = T + 9 * DAY;
	check(&s, tree, T + 9 * DAY);
	ok(mode_at(&s, T + 9 * DAY, T + 11 * DAY) == WEIR_FREEZE &&
	   mode_at(&s, T + 9 * DAY, T + 29 * DAY) == WEIR_FREEZE,
	   "who missed the last bundles takes no step up");
	s.policy_from.is_bundle = false;
	ok(check(&s, tree, T) == -EINVAL, "a plain file has no age that could be asked for");
	sources_exit(&s);
}

#define PIN(serial) "policy: p\nserial: 1\ncatalog: {serial: " serial \
		    ", new-indicators: {observe-for: 14d}}\n" PHASES

/* Which of both indicators may enforce, as bits; -1: refused. */
static int enforcing(const struct tree *tree, const char *vendor, const char *policy,
		     int64_t serial, int64_t now_s)
{
	CLEANUP(sources_exit) struct sources s;
	int bits = 0;

	make(&s, vendor, policy);
	s.policy_from.is_bundle = false;
	s.catalog_serial = serial;
	if (check(&s, tree, now_s))
		return -1;
	for (uint32_t i = 0; i < s.catalog->indicator_cnt; i++)
		bits |= (s.catalog->indicators[i].confidence == CONFIDENCE_HIGH) << i;
	return bits;
}

static void test_pin(const struct tree *tree)
{
	ok(enforcing(tree, before, PIN("41"), 0, T) == -1 &&
	   enforcing(tree, before, PIN("41"), 40, T) == -1, "a catalogue older than the pin is refused");
	ok(enforcing(tree, before, PIN("41"), 41, T) == 1, "what is pinned enforces");
	ok(enforcing(tree, after, PIN("41"), 42, T + DAY) == 1, "what came later is watched");
	ok(enforcing(tree, after, PIN("41"), 42, T + 15 * DAY - 1) == 1, "for as long as is said");
	ok(enforcing(tree, after, PIN("41"), 42, T + 15 * DAY) == 3, "and then enforces");
	ok(enforcing(tree, before, PIN("41"), 43, T + 16 * DAY) == 1 &&
	   enforcing(tree, after, PIN("41"), 44, T + 16 * DAY) == 1, "what comes back is new again");
	ok(enforcing(tree, after, PIN("44"), 44, T + 16 * DAY) == 3, "a pin that is raised takes it");
	tree_text(tree, "/indicators.json", "{\"first_seen\":0,\"indicators\":\"00\"}\n");
	ok(enforcing(tree, after, PIN("41"), 44, T) == 0, "a damaged memory makes all of it new");
}

static void test_security_products(const struct tree *tree)
{
	CLEANUP(compiled_freep) struct compiled *t = NULL;
	struct sources s;
	struct diag d;
	char trust[128];

	snprintf(trust, sizeof(trust), "%s/trust.d", tree->base);
	make(&s, before, "policy: p\nserial: 1\nenforce: true\n" PHASES);
	tree_must(!compile(s.catalog, s.policy, T, BOOT_NS, &t, &d), "compile");
	ok(!trusted_withholds(&s, t, 0), "a signed policy may block a security product for good");
	s.policy_from.is_signed = false;
	ok(!trusted_withholds(&s, t, 0), "nor is a signature asked for where nobody has a key");
	s.trust = trust;
	tree_text(tree, "/trust.d/README", "keys go here\n");
	ok(!trusted_withholds(&s, t, 0), "or has only words about keys");
	tree_text(tree, "/trust.d/release.pub", "untrusted comment: a key\n");
	ok(trusted_withholds(&s, t, 0), "where the organisation signs, an unsigned one may not");
	s.policy->unsigned_accepted = true;
	ok(!trusted_withholds(&s, t, 0), "unless it says that it may");
	sources_exit(&s);
}

int main(void)
{
	struct tree tree;

	tree_init(&tree);
	test_serials(&tree);
	test_holds(&tree);
	test_pin(&tree);
	test_security_products(&tree);
	tree_exit(&tree);
	return tap_done();
}
