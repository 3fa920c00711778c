// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grants: exemptions in a file of their own, and what may be asked for.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/requests.h"
#include "policy/policy.h"
#include "tap.h"

static const char catalog_text[] =
	"vendor: v\nname: V\nproducts:\n"
	"- {product: a, name: A, class: vendor_product, indicators: [{kind: deb, value: a-deb}]}\n";
static const char policy_text[] =
	"policy: p\nserial: 1\nrules: [{vendor: v, mode: block}]\nexemptions:\n"
	"- {id: EX-1, product: v/a, until: 2031-01-01, reason: r, owner: o}\n";

struct world {
	struct catalog *c;
	struct policy *p;
	struct policy_context ctx;
};

static void world_init(struct world *w)
{
	struct diag d;

	*w = (struct world){ 0 };
	catalog_new(&w->c);
	catalog_add(w->c, "v.yaml", catalog_text, sizeof(catalog_text) - 1, &d);
	catalog_seal(w->c, &d);
	w->ctx.catalog = w->c;
	ok(!policy_parse(&w->ctx, "p.yaml", policy_text, sizeof(policy_text) - 1, &w->p, &d),
	   "a policy with an exemption");
}

static bool is_refused(struct world *w, const char *text, const char *want)
{
	const struct exemption *before = w->p->exemptions;
	struct diag d = { .text = "" };
	int err = policy_add_grants(&w->ctx, "grants.yaml", text, strlen(text), w->p, &d);

	if (err == -EINVAL && strstr(d.text, want) && w->p->exemptions == before)
		return true;
	printf("# %d %s\n", err, d.text);
	return false;
}

static void test_grants(void)
{
	static const char fine[] =
		"grants: p\nexemptions:\n"
		"- {id: GR-1, product: v/a, path: \"/opt/a b\\\"c\", user: \"65534\", until: 2031-01-01,"
		" reason: \"needs \\u00e9\", owner: o, approver: root}\n";
	struct world w;
	struct diag d;

	world_init(&w);
	ok(is_refused(&w, "grants: q\nexemptions: []\n", "these grants are for policy \"q\""),
	   "those of another policy are refused");
	ok(is_refused(&w, "grants: p\nexemptions:\n- {id: EX-1, product: v/a, until: 2031-01-01, "
			  "reason: r, owner: o}\n", "stands in the policy too"),
	   "an id that the policy has is refused");
	ok(is_refused(&w, "grants: p\nexemptions: []\nrules: []\n", "unknown key"),
	   "a grant is an exemption and nothing else");
	ok(is_refused(&w, "grants: p\nexemptions:\n- {id: G, product: v/a, reason: r, owner: o}\n",
		      "until"), "and has an end");
	ok(!policy_add_grants(&w.ctx, "grants.yaml", fine, sizeof(fine) - 1, w.p, &d) &&
		   w.p->exemption_cnt == 2 && !strcmp(w.p->exemptions[0].id, "EX-1") &&
		   !strcmp(w.p->exemptions[1].path, "/opt/a b\"c") &&
		   !strcmp(w.p->exemptions[1].user, "65534"),
	   "what was granted joins what the policy has");
	policy_free(w.p);
	catalog_free(w.c);
}

static void test_requests(void)
{
	char path[5000], reason[REQUEST_TEXT_MAX + 1];

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	memset(reason, 'r', sizeof(reason));
	reason[REQUEST_TEXT_MAX] = '\0';
	ok(request_is_fit("/usr/bin/x", "why") && request_is_fit("4ce9-1-2-3", "why"),
	   "a path or an event may be asked for");
	ok(!request_is_fit("", "why") && !request_is_fit("/x", "") && !request_is_fit("a/b", "why"),
	   "nothing, for no reason, or a relative path may not");
	ok(!request_is_fit("/x\n/y", "why") && !request_is_fit("/x", "a\x1b[2J") &&
		   !request_is_fit("/x\t", "why"), "nor may a control character be in it");
	ok(!request_is_fit(path, "why") && !request_is_fit("/x", reason), "nor more than there is room");
}

int main(void)
{
	test_grants();
	test_requests();
	return tap_done();
}
