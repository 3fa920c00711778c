// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a policy, against a small catalogue, compiled when it is taken.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/compile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char vendor[] =
	"vendor: examplewall\nname: Examplewall\nproducts:\n"
	"- {product: agent, name: Agent, class: vendor_product, indicators: [\n"
	"  {kind: path, value: /opt/examplewall/a},\n"
	"  {kind: cidr, value: 203.0.113.0/28, ports: [tcp/443]}]}\n"
	"- {product: console, name: Console, class: vendor_oss_in_distro, indicators: [\n"
	"  {kind: cidr, value: 203.0.113.0/24}]}\n";

static const char directive[] =
	"directive: test-2031\ntitle: T\nissued: 2031-01-14\n"
	"vendors: [{vendor: examplewall, status: named}]\n";

static struct catalog *catalogue(void)
{
	CLEANUP(catalog_freep) struct catalog *c = NULL;
	struct diag d;

	if (catalog_new(&c) || catalog_add(c, "v", vendor, sizeof(vendor) - 1, &d) ||
	    catalog_add(c, "d", directive, sizeof(directive) - 1, &d) || catalog_seal(c, &d))
		abort();
	return take_ptr(c);
}

/* What the kernel relies on: rules in the array, steps in order, ports that fit. */
static void check_tables(const struct compiled *t)
{
	uint32_t i, j;

	for (i = 1; i < t->rule_cnt; i++) {
		const struct weir_rule *r = &t->rules[i];

		/* The search needs rising steps, and one at the end that never begins. */
		for (j = 1; t->rules[i].id && j < WEIR_STEPS_MAX; j++)
			if (r->at_ns[j] != WEIR_NEVER && r->at_ns[j] <= r->at_ns[j - 1])
				abort();
		if (r->id && r->at_ns[WEIR_STEPS_MAX - 1] != WEIR_NEVER)
			abort();
	}

	for (i = 0; i < t->prefix_cnt; i++) {
		if (!t->prefixes[i].ports.cnt || t->prefixes[i].ports.cnt > WEIR_PORTS_MAX)
			abort();
		for (j = 0; j < t->prefixes[i].ports.cnt; j++)
			if (t->prefixes[i].ports.port[j].key.rule >= t->rule_cnt)
				abort();
	}
	for (i = 0; i < t->name_cnt; i++)
		if (!t->names[i].key.rule || t->names[i].key.rule >= t->rule_cnt)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(catalog_freep) struct catalog *c = catalogue();
	CLEANUP(policy_freep) struct policy *p = NULL;
	CLEANUP(compiled_freep) struct compiled *t = NULL;
	struct policy_context ctx = { .catalog = c, .host = "db-1" };
	struct diag d = { .text = "" };
	int err = policy_parse(&ctx, "fuzz.yaml", (const char *)data, size, &p, &d);

	if (err == -EINVAL && (!d.line || !d.col || !*d.text))
		abort();
	if (err)
		return 0;
	err = compile(c, p, 1900000000, 1000, &t, &d);
	if (!err)
		check_tables(t);
	else if (!*d.text)
		abort();
	return 0;
}
