// SPDX-License-Identifier: GPL-2.0-only
/* Evidence: whole values match and nothing else, and two weak ones must differ in kind. */
#include "match/match.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match/glob.h"
#include "tap.h"

#define HIGH CONFIDENCE_HIGH
#define MEDIUM CONFIDENCE_MEDIUM

enum { AGENT, TOOLS, SHARED, FRAMEWORK, PRODUCTS };

static const char *const taken_for[] = { "examplewall/agent", NULL };

static struct product products[] = {
	[AGENT] = { .id = "examplewall/agent" },
	[TOOLS] = { .id = "examplewall/tools" },
	[SHARED] = { .id = "other/shared", .vendor = 1 },
	[FRAMEWORK] = { .id = "confusable/framework", .vendor = 2, .confusable = true,
			.confused_with = taken_for },
};

static struct vendor vendors[] = { { .id = "examplewall" }, { .id = "other" }, { .id = "" } };

static const struct port_range https[] = { { 443, 443, IPPROTO_TCP } };

static struct indicator indicators[] = {
	{ .kind = IND_DIR, .value = "/opt/examplewall/", .confidence = HIGH, .sufficient = true },
	{ .kind = IND_PATH, .value = "/usr/bin/ewctl", .confidence = MEDIUM, .sufficient = true },
	{ .kind = IND_SHA256, .confidence = HIGH, .sufficient = true, .size = 81234,
	  .value = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" },
	{ .kind = IND_BUILD_ID, .value = "8d1f3c0a8d1f3c0a", .confidence = HIGH, .sufficient = true },
	{ .kind = IND_SONAME, .value = "libewcore.so.3", .confidence = HIGH, .sufficient = true },
	{ .kind = IND_NEEDED, .value = "libewcore.so.3", .confidence = HIGH },
	{ .kind = IND_COMM, .value = "ewagentd", .confidence = HIGH },
	{ .kind = IND_UNIT, .value = "ewagentd.service", .confidence = HIGH },
	{ .kind = IND_CONFIG, .value = "/etc/examplewall", .confidence = HIGH },
	{ .kind = IND_PATH, .value = "/usr/lib/*/ew-*/run", .confidence = HIGH, .sufficient = true },
	{ .kind = IND_DIR, .value = "/srv/*/examplewall/", .confidence = HIGH, .sufficient = true },
	{ .kind = IND_CIDR, .value = "203.0.113.0/28", .confidence = HIGH, .sufficient = true,
	  .ports = https, .port_cnt = 1 },
	{ .kind = IND_CIDR, .value = "2001:db8:7::/48", .confidence = HIGH, .sufficient = true },
	{ .kind = IND_DOMAIN, .value = "examplewall.test", .confidence = HIGH, .sufficient = true },
	{ .kind = IND_DOMAIN, .value = "one.shared.test", .confidence = HIGH, .sufficient = true,
	  .exact = true },
	{ .kind = IND_DEB, .value = "ew-agent", .confidence = HIGH, .sufficient = true },
	{ .kind = IND_INSTALLER, .value = "ew-agent-*.deb", .confidence = HIGH },
	{ .kind = IND_COMM, .value = "ewagentd", .confidence = MEDIUM, .product = SHARED },
	{ .kind = IND_PATH, .value = "/opt/examplewall/framework", .confidence = HIGH,
	  .sufficient = true, .product = FRAMEWORK },
	{ .kind = IND_ELF_STRING, .value = "Examplewall, version", .confidence = HIGH,
	  .sufficient = true, .product = TOOLS },
	{ .kind = IND_MODULE, .value = "ewfilter", .confidence = HIGH, .sufficient = true },
	{ .kind = IND_MODULE, .value = "ew_pinned_*", .confidence = HIGH, .sufficient = true },
	{ .kind = IND_CONTAINER_IMAGE, .value = "examplewall/defender", .confidence = HIGH,
	  .sufficient = true },
	{ .kind = IND_CONTAINER_IMAGE, .value = "reg.test/tw_*/defender", .confidence = HIGH,
	  .sufficient = true },
	{ .kind = IND_CONTAINER_IMAGE, .value = "*ew-sensor*", .confidence = HIGH,
	  .sufficient = true },
	{ .kind = IND_FILE_NAME, .value = "libewcam.so", .confidence = HIGH, .sufficient = true },
};

static const struct catalog catalog = {
	.vendors = vendors, .vendor_cnt = 3,
	.products = products, .product_cnt = PRODUCTS,
	.indicators = indicators,
	.indicator_cnt = sizeof(indicators) / sizeof(indicators[0]),
};

static struct match_index *built;
static struct match m;

/* What is known against @product; NULL: nothing. */
static const struct evidence *against(const struct facts *f, uint32_t product)
{
	if (match_facts(built, f, &m))
		return NULL;
	for (uint32_t i = 0; i < m.product_cnt; i++)
		if (m.products[i].product == product)
			return &m.products[i];
	return NULL;
}

static bool finds(const struct facts *f)
{
	const struct evidence *e = against(f, AGENT);

	return e && e->is_finding;
}

static const struct {
	const char *path;
	bool want;
} paths[] = {
	{ "/opt/examplewall/bin/agent", true },
	{ "/opt/examplewall/", true },
	{ "/opt/examplewall", false },	  /* a file of that name is not in it */
	{ "/opt/examplewall2/x", false }, /* not a substring */
	{ "/home/u/opt/examplewall/x", false },
	{ "/usr/bin/ewctl", true },
	{ "/usr/bin/ewctl2", false },
	{ "/usr/bin/ewct", false },
	{ "/usr/lib/x86_64-linux-gnu/ew-3/run", true },
	{ "/usr/lib/x86_64-linux-gnu/ew-/run", true }, /* a star may be empty */
	{ "/usr/lib/a/b/ew-3/run", false },	       /* but holds no "/" */
	{ "/usr/lib/a/ew-3/runner", false },
	{ "/srv/a/examplewall/deep/down", true },
	{ "/srv/a/b/examplewall/x", false },
	{ "/srv/examplewall/x", false },
	{ "", false },
	{ "relative", false },
};

static void check_paths(void)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct facts f = { .path = paths[i].path };

		ok(finds(&f) == paths[i].want, "path \"%s\"%s", paths[i].path,
		   paths[i].want ? "" : " is nobody's");
	}
}

static void check_content(void)
{
	static const uint8_t sha[] = {
		0x9f, 0x86, 0xd0, 0x81, 0x88, 0x4c, 0x7d, 0x65, 0x9a, 0x2f, 0xea,
		0xa0, 0xc5, 0x5a, 0xd0, 0x15, 0xa3, 0xbf, 0x4f, 0x1b, 0x2b, 0x0b,
		0x82, 0x2c, 0xd1, 0x5d, 0x6c, 0x15, 0xb0, 0xf0, 0x0a, 0x08 };
	struct facts f = { .is_hashed = true };
	const struct evidence *e;

	memcpy(f.sha256, sha, sizeof(sha));
	e = against(&f, AGENT);
	ok(e && e->may_enforce && e->has_content && m.hit_cnt == 1 && m.hits[0] == 2,
	   "a listed hash enforces");
	f.sha256[0] ^= 1;
	ok(!finds(&f), "another one does not");

	f = (struct facts){ .build_id_len = 8,
			    .build_id = { 0x8d, 0x1f, 0x3c, 0x0a, 0x8d, 0x1f, 0x3c, 0x0a } };
	ok(finds(&f), "a listed build-id is found");
	f.build_id_len = 7;
	ok(!finds(&f), "its beginning is not");
	f = (struct facts){ .soname = "libewcore.so.3" };
	ok(finds(&f), "a soname is found");
	f = (struct facts){ .note = { "deb", "ew-agent" } };
	ok(finds(&f), "a package note counts as its package");
	f = (struct facts){ .note = { "rpm", "ew-agent" } };
	ok(!finds(&f), "of its own kind");
}

static void check_families(void)
{
	static const char *const needed[] = { "libc.so.6", "libewcore.so.3" };
	struct fact names[] = { { IND_COMM, "ewagentd" }, { IND_UNIT, "ewagentd.service" } };
	struct facts f = { .others = names, .other_cnt = 1 };
	const struct evidence *e = against(&f, AGENT);

	ok(e && !e->is_finding && e->confidence == HIGH, "a process name alone is no finding");
	f.other_cnt = 2;
	ok(!finds(&f), "neither with its unit: both are names");
	f.path = "/etc/examplewall/agent.conf";
	e = against(&f, AGENT);
	ok(e && e->is_finding && !e->is_sufficient && !e->may_enforce,
	   "with a place it is one, which never enforces");
	f = (struct facts){ .others = names, .other_cnt = 1, .needed = needed, .needed_cnt = 2 };
	ok(finds(&f), "so is a name with content");
	e = against(&f, SHARED);
	ok(e && !e->is_finding, "the other product of that name stays unproven");
	f = (struct facts){ .path = "/usr/bin/ewctl" };
	e = against(&f, AGENT);
	ok(e && e->is_finding && !e->may_enforce, "medium confidence is found, not enforced");
	f = (struct facts){ .path = "/tmp/ew-agent-7.2.deb" };
	e = against(&f, AGENT);
	ok(e && !e->is_finding, "an installer is a hint by its name");
}

static void check_confusables(void)
{
	struct fact string = { IND_ELF_STRING, "Examplewall, version" };
	struct facts f = { .path = "/opt/examplewall/framework" };
	const struct evidence *e = against(&f, AGENT);

	ok(e && !e->is_finding && !e->may_enforce && e->cleared_by == FRAMEWORK,
	   "a confusable clears what only its place accused");
	e = against(&f, FRAMEWORK);
	ok(e && !e->is_finding && !match_best(&m), "and is no finding itself");
	f.others = &string;
	f.other_cnt = 1;
	e = against(&f, TOOLS);
	ok(e && e->is_finding && match_best(&m) == e, "content it does not clear");
}

static bool finds_address(int family, const char *bytes, uint8_t protocol, uint16_t port)
{
	struct facts f = { .family = (uint16_t)family, .protocol = protocol, .port = port };

	memcpy(f.addr, bytes, family == AF_INET ? 4 : 16);
	return finds(&f);
}

static bool finds_name(const char *name)
{
	struct fact domain = { IND_DOMAIN, name };
	struct facts f = { .others = &domain, .other_cnt = 1 };

	return finds(&f);
}

static void check_network(void)
{
	ok(finds_address(AF_INET, "\xcb\x00\x71\x0f", IPPROTO_TCP, 443), "last address of the /28");
	ok(!finds_address(AF_INET, "\xcb\x00\x71\x10", IPPROTO_TCP, 443), "first one behind it");
	ok(!finds_address(AF_INET, "\xcb\x00\x71\x0f", IPPROTO_TCP, 80), "another port");
	ok(!finds_address(AF_INET, "\xcb\x00\x71\x0f", IPPROTO_UDP, 443), "another protocol");
	ok(finds_address(AF_INET6, "\x20\x01\x0d\xb8\x00\x07\xff\xff\0\0\0\0\0\0\0\1", 6, 1),
	   "IPv6, any port");
	ok(finds_name("examplewall.test") && finds_name("EU.ExampleWall.test."),
	   "a domain and what is below it, in any case");
	ok(!finds_name("notexamplewall.test") && !finds_name("examplewall.test.evil") &&
	   !finds_name("test"), "labels are whole");
	ok(!finds_name(".") && !finds_name("..") && !finds_name(".example") &&
	   finds_name("..examplewall.test"), "empty labels come to an end");
	ok(finds_name("one.shared.test") && !finds_name("x.one.shared.test"),
	   "an exact name has nothing below it");
}

static const struct {
	enum indicator_kind kind;
	const char *name;
	bool want;
} words[] = {
	{ IND_MODULE, "ewfilter", true },
	{ IND_MODULE, "ewfilter2", false },
	{ IND_MODULE, "ew_pinned_17_3", true },
	{ IND_MODULE, "ew_pinned", false },
	{ IND_FILE_NAME, "ewfilter", false }, /* of its own kind only */
	{ IND_CONTAINER_IMAGE, "examplewall/defender", true },
	{ IND_CONTAINER_IMAGE, "docker.io/examplewall/defender:34.1", true },
	{ IND_CONTAINER_IMAGE, "mirror:5000/hub/examplewall/defender@sha256:00ff", true },
	{ IND_CONTAINER_IMAGE, "notexamplewall/defender", false },
	{ IND_CONTAINER_IMAGE, "examplewall/defender/more", false },
	{ IND_CONTAINER_IMAGE, "examplewall:5000/defender", false },
	{ IND_CONTAINER_IMAGE, "reg.test/tw_abc/defender:1", true },
	{ IND_CONTAINER_IMAGE, "reg.test/tw_a/b/defender:1", false },
	{ IND_CONTAINER_IMAGE, "gcr.test/p/my-ew-sensor-2:latest", true },
	{ IND_CONTAINER_IMAGE, "", false },
	{ IND_CONTAINER_IMAGE, "/", false },
	{ IND_CONTAINER_IMAGE, ":@", false },
};

static void check_words(void)
{
	char longest[5000];
	struct fact fact = { IND_CONTAINER_IMAGE, longest };
	struct facts f = { .others = &fact, .other_cnt = 1 };

	memset(longest, '/', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ok(!finds(&f), "an image without an end is nobody's");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		fact = (struct fact){ words[i].kind, words[i].name };
		ok(finds(&f) == words[i].want, "%s \"%s\"%s",
		   words[i].kind == IND_MODULE ? "module" : "image", words[i].name,
		   words[i].want ? "" : " is nobody's");
	}
	f = (struct facts){ .path = "/srv/cameras/lib/libewcam.so" };
	ok(finds(&f), "a file's name is found wherever it lies");
	f.path = "/srv/libewcam.so/readme";
	ok(!finds(&f), "a directory of that name is none");
}

/* A hundred thousand more do not change an answer. */
static void check_many(void)
{
	enum { MANY = 100000 };
	struct indicator *many = calloc(MANY, sizeof(*many));
	char (*values)[32] = calloc(MANY, sizeof(*values));
	struct catalog big = catalog;
	struct match_index *x = NULL;
	struct facts f = { .path = "/opt/many-4711/bin/x" };

	for (int i = 0; many && values && i < MANY; i++) {
		snprintf(values[i], sizeof(values[i]), "/opt/many-%d/", i);
		many[i] = (struct indicator){ .kind = IND_DIR, .value = values[i],
					      .confidence = HIGH, .sufficient = true };
	}
	big.indicators = many;
	big.indicator_cnt = MANY;
	ok(many && values && !match_index_new(&big, &x) && !match_facts(x, &f, &m) &&
	   m.hit_cnt == 1 && m.hits[0] == 4711, "one of a hundred thousand directories");
	match_index_free(x);
	free(many);
	free(values);
}

int main(void)
{
	ok(!match_index_new(&catalog, &built), "the index is built");
	check_paths();
	check_content();
	check_families();
	check_confusables();
	check_network();
	check_words();
	check_many();
	ok(glob_covers("/a/*b*c/d", "/a/xbxbc/d") && !glob_covers("/a/*b*c/d", "/a/xb/c/d") &&
	   glob_covers("*.deb", "x.deb") && !glob_covers("", "x") && glob_covers("", ""),
	   "stars retry inside their component");
	match_free(&m);
	match_index_free(built);
	ok(!match_index_free(NULL), "no index can be freed");
	return tap_done();
}
