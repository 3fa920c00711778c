// SPDX-License-Identifier: GPL-2.0-only
/*
 * The catalogue: what a file becomes, and that a bad one leaves no trace.
 */
#include <netinet/in.h>

#include "catalog/place.h"
#include "fixture.h"
#include "tap.h"

#define HEAD                                                     \
	"vendor: v\nname: V\nproducts:\n"                       \
	"  - {product: p, name: P, class: vendor_product, indicators: ["
#define TAIL "]}\n"

static const struct indicator *find(const struct catalog *c, enum indicator_kind kind)
{
	uint32_t i;

	for (i = 0; i < c->indicator_cnt; i++)
		if (c->indicators[i].kind == kind)
			return &c->indicators[i];
	return NULL;
}

static void test_contents(const struct catalog *c)
{
	const struct product *agent = catalog_product(c, "examplewall/agent");
	const struct vendor *v = catalog_vendor(c, "examplewall");
	const struct directive *dir = catalog_directive(c, "test-2031");
	const struct product *whole = catalog_product(c, "examplewall");
	const struct indicator *cidr = find(c, IND_CIDR);

	ok(v && !strcmp(v->name, "Examplewall Inc.") && v->owner.from == 1700611200 &&
	   v->owner.until == INT64_MAX && !strcmp(v->aliases[1], "EW, Inc.") && !v->aliases[2],
	   "a vendor has its names and its dated owner");
	ok(agent && agent->class == CLASS_VENDOR_PRODUCT && agent->security_product &&
	   agent->fails_closed == -1 && !agent->login_path && agent->indicator_cnt == 11 &&
	   !strcmp(agent->restarts[0], "ew-watchdog.service") && !agent->restarts[1] &&
	   !strcmp(agent->remove_paths[0], "/opt/examplewall/uninstall.sh"),
	   "a product has its class, its risks and how to remove it");
	ok(whole && whole->indicator_cnt == 1 && !strcmp(whole->name, "Examplewall Inc.") &&
	   c->indicators[whole->first_indicator].kind == IND_DOMAIN,
	   "indicators of the vendor as a whole are a product with the vendor's id");
	ok(cidr && cidr->port_cnt == 1 && cidr->ports[0].first == 443 &&
	   cidr->ports[0].last == 443 && cidr->ports[0].protocol == IPPROTO_TCP,
	   "a prefix has its ports");
	ok(dir && dir->vendor_cnt == 2 && !dir->vendors[0].reported && dir->vendors[1].reported &&
	   dir->issued == 1926115200,
	   "a directive names vendors and reports others");
	ok(find(c, IND_SHA256)->size == 81234 && find(c, IND_PATH)->confidence == CONFIDENCE_HIGH &&
	   find(c, IND_PATH)->sufficient && !find(c, IND_COMM)->sufficient,
	   "confidence is high unless written, sufficient is by kind");
	ok(!strcmp(indicator_file(c, cidr), FIXTURES "/catalog/vendors/examplewall.yaml") &&
	   cidr->line == 25, "an indicator knows its file and line");
}

static void test_ranges(const struct catalog *c)
{
	uint32_t i, j, wrong = 0;

	for (i = 0; i < c->product_cnt; i++)
		for (j = 0; j < c->products[i].indicator_cnt; j++)
			wrong += c->indicators[c->products[i].first_indicator + j].product != i;
	ok(!wrong, "a product's indicators stand together and point back");
}

static void test_lookups(const struct catalog *c)
{
	enum product_class class = CLASS_MAX;

	ok(!catalog_product(c, "examplewall/nothing") && !catalog_vendor(c, "examplewall/agent") &&
	   !catalog_directive(c, "examplewall"), "what is not there is not found");
	ok(!catalog_vendor(c, "lookalikes") && !catalog_product(c, "lookalikes/example-walls-game"),
	   "confusables are neither vendors nor products to name");
	ok(c->products[c->product_cnt - 1].confusable &&
	   !strcmp(c->products[c->product_cnt - 1].id, "lookalikes/example-walls-game") &&
	   !strcmp(c->products[c->product_cnt - 1].confused_with[0], "examplewall"),
	   "but they are in the list, marked, with a made id");
	ok(!strcmp(catalog_suggest(c, "examplewal"), "examplewall") &&
	   !strcmp(catalog_suggest(c, "examplewall/agnet"), "examplewall/agent") &&
	   !catalog_suggest(c, "zzz"), "a slip gets a suggestion, nonsense none");
	ok(product_class_find("oem_embedded", &class) && class == CLASS_OEM_EMBEDDED &&
	   !product_class_find("oem", &class), "classes have names");
}

static const struct {
	const char *text;
	enum doc_kind kind;
} kinds[] = {
	{ "vendor: x\n", DOC_VENDOR },
	{ "# remark\n---\ndirective: x\n", DOC_DIRECTIVE },
	{ "{confusables: x}", DOC_CONFUSABLES },
	{ "\"policy\": x\n", DOC_POLICY },
	{ "\xef\xbb\xbfpolicy: x\n", DOC_POLICY },
	{ "name: x\nvendor: y\n", DOC_UNKNOWN },
	{ "- vendor\n", DOC_UNKNOWN },
	{ "vendor\n", DOC_UNKNOWN },
	{ "", DOC_UNKNOWN },
	{ "{", DOC_UNKNOWN },
};

static void test_kinds(void)
{
	size_t i, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		wrong += doc_kind_of(kinds[i].text, strlen(kinds[i].text)) != kinds[i].kind;
	ok(!wrong, "a file's first key tells what it is");
}

static const struct {
	const char *written, *kept;
} spellings[] = {
	{ "{kind: sha256, value: 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08}",
	  "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" },
	{ "{kind: build-id, value: 8D1F3C0A5B6E7F80}", "8d1f3c0a5b6e7f80" },
	{ "{kind: domain, value: Example.TEST}", "example.test" },
	{ "{kind: cidr, value: \"2001:DB8:0::/48\"}", "2001:db8::/48" },
	{ "{kind: cidr, value: \"64:ff9b::1.2.3.4/128\"}", "64:ff9b::102:304/128" },
	{ "{kind: module, value: ew-filter}", "ew_filter" },
	{ "{value: /opt/V/x, kind: path}", "/opt/V/x" },
};

static void test_spellings(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(spellings); i++) {
		CLEANUP(catalog_freep) struct catalog *c = NULL;
		char text[512];
		struct diag d = { .text = "" };

		snprintf(text, sizeof(text), HEAD "%s" TAIL, spellings[i].written);
		if (catalog_new(&c))
			return;
		ok(!catalog_add(c, "t", text, strlen(text), &d) &&
		   !strcmp(c->indicators[0].value, spellings[i].kept),
		   "%s is kept as %s", spellings[i].written, spellings[i].kept);
	}
}

static bool same(const struct catalog *a, const struct catalog *b)
{
	return a->vendor_cnt == b->vendor_cnt && a->product_cnt == b->product_cnt &&
	       a->indicator_cnt == b->indicator_cnt && a->directive_cnt == b->directive_cnt;
}

static void test_no_trace(struct catalog *c)
{
	static const char bad[] = HEAD "{kind: path, value: /opt/v/x}, {kind: path, value: /usr/}" TAIL;
	static const char good[] = HEAD "{kind: path, value: /opt/v/x}" TAIL;
	const struct catalog before = *c;
	struct diag d;

	ok(catalog_add(c, "bad", bad, sizeof(bad) - 1, &d) == -EINVAL && same(&before, c) &&
	   !catalog_product(c, "v/p") && !catalog_vendor(c, "v"),
	   "a bad file leaves the catalogue as it was");
	ok(!catalog_add(c, "good", good, sizeof(good) - 1, &d) && catalog_product(c, "v/p") &&
	   !catalog_seal(c, &d), "the corrected one is taken afterwards");
	ok(catalog_add(c, "again", good, sizeof(good) - 1, &d) == -EINVAL &&
	   strstr(d.text, "defined in good"), "a second file of one vendor is refused");
}

static const struct {
	const char *second;
	int err;
	const char *title;
} shared[] = {
	{ "kind: deb, value: a-x", -EINVAL, "two products with one sufficient indicator are refused" },
	{ "kind: deb, value: a-x, sufficient: false", 0, "an insufficient one may be shared" },
	{ "kind: rpm, value: a-x", 0, "the same value of another kind is another indicator" },
	{ "kind: comm, value: a-x", 0, "names of processes may be shared" },
};

static void test_shared(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shared); i++) {
		CLEANUP(catalog_freep) struct catalog *c = NULL;
		char text[512];
		struct diag d;

		snprintf(text, sizeof(text), HEAD "{kind: deb, value: a-x}" TAIL
			 "  - {product: q, name: Q, class: vendor_product, indicators: [{%s}]}\n",
			 shared[i].second);
		if (catalog_new(&c))
			return;
		ok(!catalog_add(c, "t", text, strlen(text), &d) &&
		   catalog_seal(c, &d) == shared[i].err, "%s", shared[i].title);
	}
}

static void test_places(void)
{
	ok(place_matches("/opt/a*/b", "/opt/abc/b") && place_matches("/opt/a*", "/opt/a") &&
	   !place_matches("/opt/a*", "/opt/ab/c") && !place_matches("/opt/*/b", "/opt/x/y/b") &&
	   place_matches("/o*t/*b*c/", "/opt/abbcc/"), "* stays inside one component");
}

int main(void)
{
	CLEANUP(catalog_freep) struct catalog *c = fixture_catalog();

	if (!ok(c, "the fixtures' catalogue is sealed"))
		return tap_done();
	test_contents(c);
	test_ranges(c);
	test_lookups(c);
	test_kinds();
	test_spellings();
	test_no_trace(c);
	test_shared();
	test_places();
	ok(!catalog_free(NULL), "nothing can be freed");
	return tap_done();
}
