// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies: which rule decides, when a phase begins, what may be enforced.
 * What is refused, and in which words, is in tests/fixtures/bad.
 */
#include "fixture.h"
#include "tap.h"

static struct policy *parse(const struct catalog *c, const char *text)
{
	struct policy_context ctx = fixture_context(c);
	struct diag d = { .text = "" };
	struct policy *p = NULL;

	if (policy_parse(&ctx, "p.yaml", text, strlen(text), &p, &d))
		printf("# %u:%u: %s\n", d.line, d.col, d.text);
	return p;
}

static struct policy *parse_file(const struct catalog *c, const char *path)
{
	CLEANUP(freep) char *text = NULL;
	size_t len = 0;

	text = fixture_read(path, &len);
	return text ? parse(c, text) : NULL;
}

static uint32_t product(const struct catalog *c, const char *id)
{
	const struct product *p = catalog_product(c, id);

	return p ? (uint32_t)(p - c->products) : UINT32_MAX;
}

static void test_design(const struct catalog *c)
{
	CLEANUP(policy_freep) struct policy *p =
		parse_file(c, FIXTURES "/good/policy-design.yaml");
	const struct rule *agent, *console;

	if (!ok(p, "the policy of the design is read"))
		return;
	ok(p->serial == 12 && !p->enforce && !strcmp(p->zone, "Asia/Shanghai") &&
	   p->require_exec == WEIR_CAN_DENY && p->lapse_s == 30 * 86400 && !p->record_all &&
	   p->arguments == ARGV_REDACTED, "its own keys and their defaults");
	agent = policy_rule_for(p, c, product(c, "examplewall/agent"));
	console = policy_rule_for(p, c, product(c, "examplewall/console"));
	ok(agent && agent->level == RULE_PRODUCT && agent->line == 11 && agent->phase_cnt == 4,
	   "a product's own rule beats the vendor's");
	ok(console && console->level == RULE_VENDOR && console->phase_cnt == 1 &&
	   console->phases[0].mode == WEIR_BLOCK && console->phases[0].begins == INT64_MIN,
	   "the vendor's rule takes the rest, from the start");
	ok(agent->phases[0].from == INT64_MIN && agent->phases[1].from == 1795536000,
	   "a date is the start of the day in the policy's zone");
	ok(agent->phases[3].from == 1798732800 && agent->phases[3].begins == 1798819200,
	   "the step of a Friday waits for Saturday's hours");
	ok(agent->allow_cnt == 1 && !strcmp(agent->allow[0].to, "10.1.2.3/32") &&
	   agent->allow[0].ports[0].first == 8443, "what stays reachable is kept");
	ok(p->exemption_cnt == 1 && p->exemptions[0].here && p->exemptions[0].until == 1814371200 &&
	   p->exemptions[0].cap == WEIR_OBSERVE,
	   "an exemption runs to the end of its day and applies on a host of its list");
	ok(p->rule_cnt == 3 && p->rules[2].level == RULE_DIRECTIVE &&
	   !strcmp(p->rules[2].vendor, "examplewall") &&
	   p->rules[2].phases[0].mode == WEIR_OBSERVE,
	   "a directive gives one observing rule for each vendor it names");
}

static void test_full(const struct catalog *c)
{
	CLEANUP(policy_freep) struct policy *p = parse_file(c, FIXTURES "/good/policy-full.yaml");
	const struct rule *agent, *tools;

	if (!ok(p, "a policy with every key is read"))
		return;
	ok(p->enforce && p->require_exec == WEIR_CAN_KILL && p->lapse_s == 12 * 3600 &&
	   p->record_all && p->record_until == 1940580000 && p->arguments == ARGV_NONE &&
	   p->deny_unhashable, "and every key has its effect");
	agent = policy_rule_for(p, c, product(c, "examplewall/agent"));
	tools = policy_rule_for(p, c, product(c, "examplewall/tools"));
	ok(agent && agent->level == RULE_CLASS && tools && tools->level == RULE_PRODUCT,
	   "class beats directive");
	ok(policy_rule_for(p, c, product(c, "examplewall"))->level == RULE_CLASS,
	   "indicators of the vendor as a whole are under a rule, too");
}

static const struct {
	const char *rules, *product;
	int level; /* -1: not watched */
	int mode;
	const char *title;
} deciding[] = {
	{ "rules: []", "examplewall/agent", -1, 0, "without a rule nothing is watched" },
	{ "directives: [test-2031]", "examplewall/agent", RULE_DIRECTIVE, WEIR_OBSERVE,
	  "a listed directive observes" },
	{ "rules: [{directive: test-2031, mode: block}]", "examplewall/agent", RULE_DIRECTIVE,
	  WEIR_BLOCK, "a rule about a directive reaches the vendors it names" },
	{ "directives: [test-2031]\nrules: [{directive: test-2031, mode: freeze}]",
	  "examplewall/agent", RULE_DIRECTIVE, WEIR_FREEZE,
	  "a written rule about a directive stands before the listed one" },
	{ "directives: [test-2031]\nrules: [{vendor: examplewall, mode: offline}]",
	  "examplewall/agent", RULE_VENDOR, WEIR_OFFLINE, "vendor beats directive" },
	{ "rules: [{class: vendor_product, mode: freeze}, {vendor: examplewall, mode: block}]",
	  "examplewall/agent", RULE_CLASS, WEIR_FREEZE, "class beats vendor, also when milder" },
	{ "rules: [{class: vendor_product, mode: freeze}, {vendor: examplewall, mode: block}]",
	  "examplewall/tools", RULE_VENDOR, WEIR_BLOCK, "a class takes its own products only" },
	{ "rules: [{product: examplewall, mode: block}]", "examplewall/agent", -1, 0,
	  "the vendor-wide product is not the vendor" },
};

static void test_deciding(const struct catalog *c)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(deciding); i++) {
		CLEANUP(policy_freep) struct policy *p = NULL;
		const struct rule *rule = NULL;
		char text[512];

		snprintf(text, sizeof(text), "policy: p\nserial: 1\n%s\n", deciding[i].rules);
		p = parse(c, text);
		if (p)
			rule = policy_rule_for(p, c, product(c, deciding[i].product));
		ok(p && (rule ? (int)rule->level : -1) == deciding[i].level &&
		   (!rule || rule->phases[0].mode == deciding[i].mode), "%s", deciding[i].title);
	}
}

static void test_confusable(const struct catalog *c)
{
	CLEANUP(policy_freep) struct policy *p =
		parse(c, "policy: p\nserial: 1\nrules: [{class: name_collision, mode: block}]\n");

	ok(p && !policy_rule_for(p, c, c->product_cnt - 1), "no rule decides about a confusable");
}

/* 1767225600 is 2026-01-01T00:00:00Z, a Thursday. */
static const struct {
	const char *zone, *from, *hours;
	long long begins;
	const char *title;
} windows[] = {
	{ "UTC", "2026-01-01", "Mon-Sun 00:00-01:00", 1767225600,
	  "a window that is open is taken at once" },
	{ "UTC", "2026-01-01", "Thu 02:00-03:00", 1767232800, "one later that day is waited for" },
	{ "UTC", "2026-01-01", "Wed 22:00-04:00", 1767225600, "one that began the day before is open" },
	{ "UTC", "2026-01-01", "Wed 22:00-24:00", 1767225600 + 6 * 86400 + 22 * 3600,
	  "one that ended at midnight is not" },
	{ "UTC", "2026-01-01T12:00:00Z", "Thu 02:00-03:00", 1767225600 + 7 * 86400 + 7200,
	  "one that is over comes again next week" },
	{ "Asia/Shanghai", "2026-01-01", "Sat 01:00-02:00", 1767225600 - 8 * 3600 + 2 * 86400 + 3600,
	  "hours are of the policy's zone" },
	{ "Asia/Shanghai", "2026-01-01T23:30:00-10:00", "Fri 17:00-18:00",
	  1767225600 + 33 * 3600 + 1800, "whatever the zone of the date" },
};

static void test_windows(const struct catalog *c)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(windows); i++) {
		CLEANUP(policy_freep) struct policy *p = NULL;
		char text[512];

		snprintf(text, sizeof(text),
			 "policy: p\nserial: 1\nzone: %s\nrules: [{vendor: examplewall, phases: "
			 "[{mode: block, from: %s, switch-in: \"%s\"}]}]\n",
			 windows[i].zone, windows[i].from, windows[i].hours);
		p = parse(c, text);
		if (!ok(p && p->rules[0].phases[0].begins == windows[i].begins, "%s",
			windows[i].title) && p)
			printf("# %lld\n", (long long)p->rules[0].phases[0].begins);
	}
}

static void test_classes(void)
{
	/* Least level that enforces: d(irective), c(lass), p(roduct), n(ever). */
	static const char least[CLASS_MAX + 1] = {
		[CLASS_VENDOR_PRODUCT] = 'd', [CLASS_OEM_EMBEDDED] = 'd',
		[CLASS_VENDOR_OSS_IN_DISTRO] = 'p', [CLASS_FORMER_VENDOR_PRODUCT] = 'c',
		[CLASS_VENDOR_SDK_IN_APP] = 'c', [CLASS_DESTINATION_ONLY] = 'c',
		[CLASS_KERNEL_MAINLINE_CONTRIB] = 'n', [CLASS_THIRD_PARTY_CLIENT] = 'n',
		[CLASS_THIRD_PARTY_PARSER] = 'n', [CLASS_NAME_COLLISION] = 'n',
		[CLASS_INVENTORY_SHIM] = 'n', [CLASS_SHARED_INFRASTRUCTURE] = 'n',
	};
	unsigned int class, level;

	for (class = 0; class < CLASS_MAX; class++) {
		unsigned int wrong = 0;

		for (level = 0; level < RULE_LEVEL_MAX; level++) {
			struct rule rule = { .level = (uint8_t)level };
			bool want = least[class] == 'd' ||
				    (least[class] == 'c' && level >= RULE_CLASS) ||
				    (least[class] == 'p' && level >= RULE_PRODUCT);

			wrong += policy_class_enforced(&rule, class) != want;
		}
		ok(!wrong, "%s is enforced %s", product_class_name(class),
		   least[class] == 'd' ? "by any rule" :
		   least[class] == 'c' ? "only by a rule that names it" :
		   least[class] == 'p' ? "only by a rule that names the product" : "by none");
	}
	ok(!policy_class_enforced(NULL, CLASS_VENDOR_PRODUCT), "without a rule nothing is enforced");
}

static void test_hosts(const struct catalog *c)
{
	static const char text[] =
		"policy: p\nserial: 1\nexemptions:\n"
		"- {id: A, product: examplewall/agent, hosts: [web-*], until: 2031-01-01, reason: r, owner: o}\n"
		"- {id: B, product: examplewall/agent, until: 2031-01-01, reason: r, owner: o}\n";
	CLEANUP(policy_freep) struct policy *p = parse(c, text);
	struct policy_context nowhere = { .catalog = c };
	CLEANUP(policy_freep) struct policy *q = NULL;
	struct diag d;

	ok(p && !p->exemptions[0].here && p->exemptions[1].here,
	   "an exemption for other hosts is not for this one");
	ok(!policy_parse(&nowhere, "p", text, sizeof(text) - 1, &q, &d) && !q->exemptions[0].here,
	   "a host without a name has those for all");
}

int main(void)
{
	CLEANUP(catalog_freep) struct catalog *c = fixture_catalog();

	if (!ok(c, "the fixtures' catalogue is sealed"))
		return tap_done();
	test_design(c);
	test_full(c);
	test_deciding(c);
	test_confusable(c);
	test_windows(c);
	test_classes();
	test_hosts(c);
	return tap_done();
}
