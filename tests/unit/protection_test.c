// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protection: which products stay below offline and where, what a rule says
 * about it, and how a successor earns its place, loses it and is missed.
 */
#include "fixture.h"
#include "policy/compile.h"
#include "policy/protection.h"
#include "policy/successor.h"
#include "tap.h"

#define NOW_S 1900000000LL
#define BOOT_NS 5000000000ULL
#define DAY_NS 86400000000000ULL

static const char catalogue[] =
	"vendor: v\nname: V\nproducts:\n"
	"- {product: edr, name: E, class: vendor_product, security-product: true, indicators: [\n"
	"  {kind: path, value: /opt/v/edr}], risk: {fails-closed: true}}\n"
	"- {product: tool, name: T, class: vendor_product, indicators: [\n"
	"  {kind: path, value: /opt/v/tool}], risk: {fails-closed: false}}\n"
	"- {product: oss, name: O, class: vendor_oss_in_distro, security-product: true,\n"
	"  indicators: [{kind: path, value: /opt/v/oss}]}\n"
	"---\n";

static const char directive[] =
	"directive: d\ntitle: D\nissued: 2026-01-01\nvendors: [{vendor: v, status: named}]\n";

enum { EDR, TOOL, OSS };

struct world {
	struct catalog *c;
	struct policy *p;
	struct compiled *t;
	struct diag d;
};

static void world_exit(struct world *w)
{
	compiled_free(w->t);
	policy_free(w->p);
	catalog_free(w->c);
}

static int read_policy(struct world *w, const char *rules)
{
	struct policy_context ctx = { .host = "db-1" };
	char text[2048];
	int err = catalog_new(&w->c);

	if (!err)
		err = catalog_add(w->c, "c.yaml", catalogue, strlen(catalogue) - 4, &w->d);
	if (!err)
		err = catalog_add(w->c, "d.yaml", directive, strlen(directive), &w->d);
	if (!err)
		err = catalog_seal(w->c, &w->d);
	if (err)
		printf("# catalogue: %s\n", w->d.text);
	ctx.catalog = w->c;
	snprintf(text, sizeof(text), "policy: p\nserial: 1\nenforce: true\nrules:\n%s\n", rules);
	return err ? err : policy_parse(&ctx, "p.yaml", text, strlen(text), &w->p, &w->d);
}

/* --- what is written --- */

static bool refuses(const char *rules, const char *why)
{
	CLEANUP(world_exit) struct world w = { 0 };
	int err = read_policy(&w, rules);

	if (err == -EINVAL && strstr(w.d.text, why))
		return true;
	printf("# %d: %s\n", err, w.d.text);
	return false;
}

static void test_reader(void)
{
	CLEANUP(world_exit) struct world w = { 0 };
	const struct successor *s;
	const struct rule *r;

	ok(!read_policy(&w, "- {vendor: v, mode: block, on-switch: stop-unit, successor: {\n"
			    "   unit: new@1.service, active-for: 90s, absent-for: 0s,\n"
			    "   connected-to: [{to: 10.0.0.0/8, ports: [tcp/443]}]}}\n"
			    "- {product: v/tool, mode: block, without-protection: it is none,\n"
			    "   without-network: there is a console}\n"),
	   "all keys are read");
	r = policy_rule_for(w.p, w.c, EDR);
	s = &r->successor;
	ok(r->on_switch == ON_SWITCH_STOP_UNIT && !strcmp(s->unit, "new@1.service") &&
	   s->active_s == 90 && !s->absent_s && s->to_cnt == 1 && s->to[0].port_cnt == 1 &&
	   !strcmp(s->to[0].to, "10.0.0.0/8"), "and kept with the rule");
	ok(r->security_cnt == 1 && !strcmp(r->security_product, "v/edr"),
	   "a rule knows its security products: those of classes that it enforces");
	r = policy_rule_for(w.p, w.c, TOOL);
	ok(!strcmp(r->without_protection, "it is none") && !r->security_cnt &&
	   !strcmp(r->without_network, "there is a console") && !r->successor.unit,
	   "reasons are kept as they are written");
}

static void test_defaults(void)
{
	CLEANUP(world_exit) struct world w = { 0 };
	const struct rule *r;

	ok(!read_policy(&w, "- {vendor: v, mode: block, successor: {unit: new.service}}"),
	   "a successor is a unit at the least");
	r = policy_rule_for(w.p, w.c, EDR);
	ok(r->successor.active_s == 3600 && r->successor.absent_s == 300 && !r->successor.to_cnt &&
	   r->on_switch == ON_SWITCH_LEAVE,
	   "an hour active, five minutes missing, connected to nobody; what runs is left");
}

static void test_refusals(void)
{
	ok(refuses("- {vendor: v, mode: block, without-protection: x, successor: {unit: a.service}}",
		   "not both"), "a successor and no need for one");
	ok(refuses("- {vendor: v, mode: block, successor: {active-for: 1h}}",
		   "\"unit\" is missing"), "a successor without a unit");
	ok(refuses("- {vendor: v, mode: block, successor: {unit: new}}", "name of a unit"),
	   "a unit that is no service");
	ok(refuses("- {vendor: v, mode: block, successor: {unit: \"-a.service\"}}",
		   "name of a unit"), "a unit that would be an option");
	ok(refuses("- {vendor: v, mode: block, successor: {unit: a@.service}}", "name of a unit"),
	   "a template");
	ok(refuses("- {vendor: v, mode: block, successor: {unit: \"a b.service\"}}",
		   "name of a unit"), "two words");
	ok(refuses("- {vendor: v, mode: block, successor: {unit: a.service, active-for: 31d}}",
		   "at most 30d"), "longer than a month");
	ok(refuses("- {vendor: v, mode: block, successor: {unit: a.service, active-for: h}}",
		   "must be like"), "a time of no number");
	ok(refuses("- {vendor: v, mode: block, successor: {unit: a.service, connected-to: []}}",
		   "is empty"), "connected to nobody at all");
	ok(refuses("- {vendor: v, mode: block, successor: {unit: a.service,\n"
		   "   connected-to: [{to: 127.0.0.1/32}]}}", "loopback"), "to itself");
	ok(refuses("- {vendor: v, mode: block, on-switch: kill}", "on-switch"),
	   "a switch that kills");
}

/* --- what is withheld --- */

static const struct weir_rule *compiled_for(struct world *w, const char *rules, uint32_t product)
{
	static uint8_t withheld[8];
	int err = read_policy(w, rules);

	memset(withheld, 0, sizeof(withheld));
	withheld[EDR] = WITHHELD_SUCCESSOR;
	if (!err)
		w->p->withheld = withheld;
	if (!err)
		err = compile(w->c, w->p, NOW_S, BOOT_NS, &w->t, &w->d);
	if (err)
		printf("# %d %s\n", err, w->d.text);
	return err ? NULL : &w->t->rules[product + 1];
}

static bool modes_are(const char *rules, uint32_t product, uint8_t now, uint8_t tomorrow,
		      uint8_t later)
{
	CLEANUP(world_exit) struct world w = { 0 };
	const struct weir_rule *r = compiled_for(&w, rules, product);
	uint8_t is[3];

	if (!r)
		return false;
	is[0] = weir_mode_at(r, BOOT_NS);
	is[1] = weir_mode_at(r, BOOT_NS + DAY_NS);
	is[2] = weir_mode_at(r, BOOT_NS + 100 * DAY_NS);
	if (is[0] == now && is[1] == tomorrow && is[2] == later)
		return true;
	printf("# %u %u %u\n", is[0], is[1], is[2]);
	return false;
}

/* NOW_S is 2030-03-17T17:46:40Z. */
#define PHASES "phases: [{mode: freeze}, {mode: offline, from: 2030-03-18}, " \
	       "{mode: block, from: 2030-04-18}]"

static void test_withheld(void)
{
	ok(modes_are("- {vendor: v, " PHASES "}", TOOL, WEIR_FREEZE, WEIR_OFFLINE, WEIR_BLOCK),
	   "what is not withheld takes its steps");
	ok(modes_are("- {vendor: v, " PHASES "}", EDR, WEIR_FREEZE, WEIR_FREEZE, WEIR_FREEZE),
	   "what is withheld stays in the last phase below offline");
	ok(modes_are("- {vendor: v, mode: block}", EDR, WEIR_OBSERVE, WEIR_OBSERVE, WEIR_OBSERVE),
	   "which is observe when there is none");
	ok(modes_are("- {vendor: v, phases: [{mode: freeze, from: 2030-01-01}, "
		     "{mode: block, from: 2030-02-01}]}", EDR, WEIR_FREEZE, WEIR_FREEZE,
		     WEIR_FREEZE), "a phase that is over for others still is the last");
	ok(modes_are("- {vendor: v, phases: [{mode: block, from: 2030-01-01, otherwise: freeze, "
		     "only-during: \"Mon-Sun 00:00-24:00\"}]}", EDR, WEIR_FREEZE, WEIR_FREEZE,
		     WEIR_FREEZE), "hours of block are those of otherwise");
	ok(modes_are("- {vendor: v, phases: [{mode: freeze, from: 2030-03-18}]}", EDR,
		     WEIR_OBSERVE, WEIR_FREEZE, WEIR_FREEZE), "a freeze is not withheld");
}

static void test_questions(void)
{
	CLEANUP(world_exit) struct world w = { 0 };
	const struct rule *edr, *tool, *oss;

	ok(!read_policy(&w, "- {vendor: v, " PHASES "}\n"
			    "- {product: v/tool, mode: freeze}"), "a policy of two rules");
	edr = policy_rule_for(w.p, w.c, EDR);
	tool = policy_rule_for(w.p, w.c, TOOL);
	oss = policy_rule_for(w.p, w.c, OSS);
	ok(protection_is_needed(edr, &w.c->products[EDR]) &&
	   protection_may_cut(edr, &w.c->products[EDR]), "a security product is at stake");
	ok(!protection_is_at_stake(oss, &w.c->products[OSS]), "not of a class that is not enforced");
	ok(!protection_is_at_stake(tool, &w.c->products[TOOL]), "not by a freeze");
}

static void test_directive(void)
{
	CLEANUP(world_exit) struct world w = { 0 };

	ok(!read_policy(&w, "- {directive: d, mode: block}") && w.p->rules[0].security_cnt == 1 &&
	   !w.p->rules[0].vendor, "a directive's rule knows those of its vendors");
}

/* --- a successor --- */

struct moment {
	int64_t at_s;
	bool is_known, is_active, is_connected;
	int64_t active_s;
	uint8_t want; /* enum successor_stage */
	const char *what;
};

static void test_stages(void)
{
	static const struct successor s = { .unit = "a.service", .active_s = 3600,
					    .absent_s = 300 };
	static const struct moment moments[] = {
		{ 1000, true, false, true, 0, SUCCESSOR_WAITED, "not active" },
		{ 2000, true, true, true, 3599, SUCCESSOR_WAITED, "not for long enough" },
		{ 2001, true, true, false, 3600, SUCCESSOR_WAITED, "not connected" },
		{ 2002, false, true, true, 3601, SUCCESSOR_WAITED, "nobody answers" },
		{ 2003, true, true, true, 3602, SUCCESSOR_HOLDS, "active and connected" },
		{ 2010, false, false, false, 0, SUCCESSOR_HOLDS, "nobody answers any more" },
		{ 2100, true, false, false, 0, SUCCESSOR_MISSED, "its restart" },
		{ 2399, true, true, true, 5, SUCCESSOR_HOLDS, "it is back, and need not wait" },
		{ 2400, true, true, false, 6, SUCCESSOR_MISSED, "its connection is gone" },
		{ 2699, true, true, false, 305, SUCCESSOR_MISSED, "for 299 s" },
		{ 2700, true, true, false, 306, SUCCESSOR_WAITED, "for 300 s" },
		{ 2800, true, true, true, 406, SUCCESSOR_WAITED, "now it has to wait again" },
		{ 9000, true, true, true, 6606, SUCCESSOR_HOLDS, "and has" },
	};
	struct successor_state state = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		const struct moment *m = &moments[i];
		const struct successor_seen seen = { m->is_known, m->is_active, m->is_connected,
						     m->active_s };
		uint8_t before = state.stage;
		bool changed = successor_look(&state, &s, &seen, m->at_s);

		ok(state.stage == m->want && changed == (before != m->want), "%s: %s", m->what,
		   successor_stage_name(m->want));
	}
}

static void test_reboot(void)
{
	static const struct successor strict = { .unit = "a.service", .active_s = 60 };
	const struct successor_seen gone = { .is_known = true };
	struct successor_state holds = { SUCCESSOR_HOLDS, 5000 }, waited = { 0 };

	successor_reboot(&holds, 7);
	successor_reboot(&waited, 7);
	ok(holds.stage == SUCCESSOR_MISSED && holds.missed_s == 7 && successor_holds(&holds),
	   "after a reboot a successor is given its time to come up");
	ok(waited.stage == SUCCESSOR_WAITED, "one that was waited for still is");
	holds.stage = SUCCESSOR_HOLDS;
	ok(successor_look(&holds, &strict, &gone, 100) && !successor_holds(&holds),
	   "with absent-for: 0s nothing is forgiven");
}

static void test_count(void)
{
	struct unprotected u = { .looked_s = INT64_MIN };

	ok(!unprotected_count(&u, false, 0, 1000), "what was before the first look counts nothing");
	ok(!unprotected_count(&u, false, INT64_MAX, 1010), "protected: nothing");
	ok(unprotected_count(&u, true, 0, 1015) == 5,
	   "it went in between: the time since the last look");
	ok(unprotected_count(&u, true, 0, 1075) == 60 && u.total_s == 65, "and on");
	ok(unprotected_count(&u, false, 3, 1080) == 5, "until it is seen to be back");
	ok(unprotected_count(&u, false, 100, 1480) == 300,
	   "away for 400 s, active for 100 s: the rest counts");
	ok(!unprotected_count(&u, false, 1000, 2480), "active all the while: nothing counts");
	ok(!unprotected_count(&u, true, 0, 10) && u.total_s == 370, "a clock never counts back");
}

int main(void)
{
	test_reader();
	test_defaults();
	test_refusals();
	test_withheld();
	test_questions();
	test_directive();
	test_stages();
	test_reboot();
	test_count();
	return tap_done();
}
