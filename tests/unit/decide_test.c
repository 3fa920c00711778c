// SPDX-License-Identifier: GPL-2.0-only
/* Every answer of the kernel becomes the right word and a sentence that is true. */
#include "policy/decide.h"

#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "tap.h"

enum { AGENT, TOOLS, MAINLINE, PRODUCTS };

static const char vendor_yaml[] =
	"vendor: examplewall\n"
	"name: Examplewall Inc.\n"
	"products:\n"
	"  - product: agent\n"
	"    name: Examplewall Endpoint Agent\n"
	"    class: vendor_product\n"
	"    indicators:\n"
	"      - {kind: path, value: /usr/bin/ewctl, confidence: medium}\n"
	"  - product: tools\n"
	"    name: Examplewall Tools\n"
	"    class: vendor_oss_in_distro\n"
	"    indicators:\n"
	"      - {kind: path, value: /usr/bin/ewtools, confidence: high}\n"
	"  - product: driver\n"
	"    name: Examplewall driver\n"
	"    class: kernel_mainline_contrib\n"
	"    indicators:\n"
	"      - {kind: module, value: ewnet, confidence: high}\n";

static const char policy_yaml[] =
	"policy: plant-a\n"
	"serial: 12\n"
	"enforce: true\n"
	"rules:\n"
	"  - vendor: examplewall\n"
	"    mode: block\n"
	"  - product: examplewall/agent\n"
	"    mode: block\n"
	"exemptions:\n"
	"  - {id: EX-12, product: examplewall/agent, until: 2027-06-30, reason: old hypervisor,\n"
	"     owner: infra, ticket: CHG-12}\n";

static struct catalog *catalog;
static struct policy *policy;

static bool load(void)
{
	struct policy_context ctx = { .host = "db-1" };
	struct diag d;
	int err;

	err = catalog_new(&catalog);
	if (!err)
		err = catalog_add(catalog, "examplewall.yaml", vendor_yaml,
				  sizeof(vendor_yaml) - 1, &d);
	if (!err)
		err = catalog_seal(catalog, &d);
	ctx.catalog = catalog;
	if (!err)
		err = policy_parse(&ctx, "plant-a.yaml", policy_yaml, sizeof(policy_yaml) - 1,
				   &policy, &d);
	if (err)
		printf("# %s:%u: %s\n", d.file, d.line, d.text);
	return !err;
}

#define BLOCK WEIR_BLOCK

static const struct {
	uint32_t product, evidence;
	uint8_t verdict, reason, mode, would, strength;
	uint32_t flags;
	enum outcome outcome;
	const char *text;
} cases[] = {
	{ AGENT, 0, WEIR_DENY, WEIR_BY_RULE, BLOCK, 1, WEIR_CAN_DENY, 0, OUTCOME_BLOCKED,
	  "blocked: rule at line 7 (product examplewall/agent, block)" },
	{ TOOLS, 1, WEIR_KILL, WEIR_BY_RULE, BLOCK, 1, WEIR_CAN_KILL, 0, OUTCOME_KILLED,
	  "killed: rule at line 5 (vendor examplewall, block)" },
	{ AGENT, 0, WEIR_ALLOW, WEIR_BY_FLAG, BLOCK, 1, WEIR_CAN_DENY, 0, OUTCOME_WOULD_BLOCK,
	  "would be blocked: enforce is false: rule at line 7 (product examplewall/agent, block)" },
	{ AGENT, 0, WEIR_ALLOW, WEIR_BY_DISARMED, BLOCK, 1, WEIR_CAN_DENY, 0,
	  OUTCOME_WOULD_BLOCK,
	  "would be blocked: not armed: rule at line 7 (product examplewall/agent, block)" },
	{ AGENT, 0, WEIR_ALLOW, WEIR_BY_STRENGTH, BLOCK, 1, WEIR_WATCH, 0, OUTCOME_WEAK,
	  "not blocked: this gate can only watch: rule at line 7 (product examplewall/agent, "
	  "block)" },
	/* A verdict that its gate cannot carry out is never called blocked. */
	{ AGENT, 0, WEIR_DENY, WEIR_BY_RULE, BLOCK, 1, WEIR_WATCH, 0, OUTCOME_WEAK,
	  "not blocked: this gate can only watch: rule at line 7 (product examplewall/agent, "
	  "block)" },
	{ AGENT, 0, WEIR_ALLOW, WEIR_BY_RULE, BLOCK, 1, WEIR_CAN_DENY, WEIR_REC_SLIPPED,
	  OUTCOME_SLIPPED,
	  "not blocked although it should have been: it got past the exec gate: rule at line 7 "
	  "(product examplewall/agent, block)" },
	{ TOOLS, 1, WEIR_ALLOW, WEIR_BY_CLASS, BLOCK, 0, WEIR_CAN_DENY, 0, OUTCOME_SEEN,
	  "not blocked: vendor rule does not enforce class vendor_oss_in_distro; name the "
	  "product: rule at line 5 (vendor examplewall, block)" },
	{ MAINLINE, 2, WEIR_ALLOW, WEIR_BY_CLASS, BLOCK, 0, WEIR_CAN_DENY, 0, OUTCOME_SEEN,
	  "not blocked: class kernel_mainline_contrib is never enforced: rule at line 5 (vendor "
	  "examplewall, block)" },
	{ TOOLS, 0, WEIR_ALLOW, WEIR_BY_EVIDENCE, BLOCK, 0, WEIR_CAN_DENY, 0, OUTCOME_SEEN,
	  "not blocked: evidence is too weak to enforce (path, medium confidence): rule at line 5 "
	  "(vendor examplewall, block)" },
	{ AGENT, 0, WEIR_ALLOW, WEIR_BY_EXEMPTION, BLOCK, 0, WEIR_CAN_DENY, 0, OUTCOME_ALLOWED,
	  "allowed: exemption EX-12 (old hypervisor)" },
	{ TOOLS, 1, WEIR_ALLOW, WEIR_BY_MODE, WEIR_OBSERVE, 0, WEIR_CAN_DENY, 0, OUTCOME_SEEN,
	  "not blocked: mode is observe: rule at line 5 (vendor examplewall, observe)" },
	{ TOOLS, 1, WEIR_ALLOW, WEIR_BY_INSTALLED, WEIR_FREEZE, 0, WEIR_CAN_DENY, 0,
	  OUTCOME_ALLOWED, "allowed: it was there when the freeze began" },
	{ TOOLS, 1, WEIR_ALLOW, WEIR_BY_WINDOW, BLOCK, 1, WEIR_CAN_DENY, 0, OUTCOME_ALLOWED,
	  "allowed: a removal window is open for the product" },
	{ TOOLS, 1, WEIR_ALLOW, WEIR_BY_GUARD, WEIR_OBSERVE, 0, WEIR_CAN_DENY, 0,
	  OUTCOME_ALLOWED, "allowed: on the guard list, which no rule may block" },
	{ TOOLS, 1, WEIR_ALLOW, WEIR_BY_LAPSE, BLOCK, 0, WEIR_CAN_DENY, 0, OUTCOME_SEEN,
	  "not blocked: the table has lapsed, no agent for too long: rule at line 5 (vendor "
	  "examplewall, block)" },
	{ TOOLS, 1, WEIR_DENY, WEIR_BY_CANARY, BLOCK, 0, WEIR_CAN_DENY, WEIR_REC_CANARY,
	  OUTCOME_CANARY,
	  "canary: the agent's own proof of the gate: rule at line 5 (vendor examplewall, block)" },
	/* Beyond the catalogue: of another table. */
	{ 77, 0, WEIR_DENY, WEIR_BY_RULE, BLOCK, 1, WEIR_CAN_DENY, 0, OUTCOME_BLOCKED,
	  "blocked: by table generation 3, replaced since" },
};

static void check_answers(const struct decide_context *ctx)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event *ev = NULL;
		struct decision d;
		struct record r;

		record_file(&r, WEIR_REC_EXEC, "/usr/bin/ewctl", NULL, 0);
		record_answer(&r, cases[i].product, cases[i].verdict, cases[i].reason,
			      cases[i].mode, cases[i].would);
		r.rec.key.evidence = cases[i].evidence;
		r.rec.strength = cases[i].strength;
		r.rec.flags = cases[i].flags;
		event_decode(&r, r.rec.len, &ev);
		d = decide(ctx, ev, NULL);
		buf_clear(&b);
		decision_text(&d, &b);
		ok(d.outcome == cases[i].outcome && !strcmp(buf_str(&b), cases[i].text), "%s: %s",
		   outcome_name(d.outcome), buf_str(&b));
		event_free(ev);
	}
	buf_free(&b);
}

static void check_rest(struct decide_context ctx)
{
	struct evidence e = { .product = TOOLS, .indicator = 1, .is_finding = true };
	struct match found = { .products = &e, .product_cnt = 1 };
	struct event *ev = NULL;
	struct buf b = { 0 };
	struct decision d;
	struct record r;

	record_file(&r, WEIR_REC_NEW, "/usr/bin/ewtools", NULL, 0);
	r.rec.answer.reason = WEIR_BY_NO_KEY;
	event_decode(&r, r.rec.len, &ev);
	d = decide(&ctx, ev, NULL);
	decision_text(&d, &b);
	ok(d.outcome == OUTCOME_UNLISTED && !strcmp(buf_str(&b), "seen: not listed"),
	   "what nobody listed");
	d = decide(&ctx, ev, &found);
	buf_clear(&b);
	decision_text(&d, &b);
	ok(d.outcome == OUTCOME_SEEN && d.product == &catalog->products[TOOLS] &&
	   strstr(buf_str(&b), "recognised after it ran"), "what user space recognised later");
	event_free(ev);

	record_file(&r, WEIR_REC_EXEC, "/usr/bin/ewctl", NULL, 0);
	record_answer(&r, AGENT, WEIR_DENY, WEIR_BY_RULE, WEIR_BLOCK, 1);
	event_decode(&r, r.rec.len, &ev);
	ctx.generation = 4;
	d = decide(&ctx, ev, NULL);
	ok(d.is_stale && !d.product && d.outcome == OUTCOME_BLOCKED,
	   "an older table's product is not guessed");
	ctx = (struct decide_context){ 0 };
	d = decide(&ctx, ev, NULL);
	ok(d.outcome == OUTCOME_BLOCKED && !d.product && !d.rule, "without a policy yet");
	event_free(ev);
	buf_free(&b);
}

int main(void)
{
	struct decide_context ctx = { .generation = 3, .now_s = 1795000000 };

	if (!ok(load(), "catalogue and policy are read"))
		return tap_done();
	ctx.catalog = catalog;
	ctx.policy = policy;
	check_answers(&ctx);
	check_rest(ctx);
	policy_free(policy);
	catalog_free(catalog);
	return tap_done();
}
