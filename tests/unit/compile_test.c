// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compilation: rows of tables from indicators and rules. A lookup as the
 * kernel does it (longest prefix, then the first strong key of the ports) is
 * done here as well, against the plain meaning of the indicators.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/prefix.h"
#include "fixture.h"
#include "policy/compile.h"
#include "tap.h"

#define NOW_S 1000000000ll
#define BOOT_NS 5000000000ull
#define S 1000000000ull

struct world {
	struct catalog *c;
	struct policy *p;
	struct compiled *t;
	struct diag d;
	int err;
};

static void world_exit(struct world *w)
{
	compiled_free(w->t);
	policy_free(w->p);
	catalog_free(w->c);
}

static int build(struct world *w, const char *catalog, const char *policy)
{
	struct policy_context ctx = { .host = "db-1" };
	int err = catalog_new(&w->c);

	if (!err)
		err = catalog_add(w->c, "c.yaml", catalog, strlen(catalog), &w->d);
	if (!err)
		err = catalog_seal(w->c, &w->d);
	ctx.catalog = w->c;
	if (!err)
		err = policy_parse(&ctx, "p.yaml", policy, strlen(policy), &w->p, &w->d);
	if (!err)
		err = compile(w->c, w->p, NOW_S, BOOT_NS, &w->t, &w->d);
	if (err)
		printf("# %d %s:%u:%u %s\n", err, w->d.file, w->d.line, w->d.col, w->d.text);
	w->err = err;
	return err;
}

/* A product with one prefix. */
#define PRODUCT(name, prefix)                                             \
	"- {product: " name ", name: N, class: vendor_product,\n"         \
	"   indicators: [{kind: cidr, value: " prefix "}]}\n"

#define SUM_A "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define SUM_B "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"

static const char catalogue[] =
	"vendor: v\nname: V\nproducts:\n"
	"- {product: a, name: A, class: vendor_product, indicators: [\n"
	"  {kind: sha256, value: " SUM_A ", size: 7},\n"
	"  {kind: sha256, value: " SUM_B "},\n"
	"  {kind: build-id, value: 0102030405060708},\n"
	"  {kind: path, value: /opt/v/a},\n"
	"  {kind: path, value: /opt/v/a},\n"
	"  {kind: dir, value: /opt/v/d/, confidence: medium},\n"
	"  {kind: module, value: vmod},\n"
	"  {kind: path, value: /opt/v/weak, sufficient: false},\n"
	"  {kind: comm, value: vcomm, sufficient: true},\n"
	"  {kind: cidr, value: 203.0.113.0/24}]}\n"
	"- {product: b, name: B, class: vendor_oss_in_distro, indicators: [\n"
	"  {kind: path, value: /opt/v/b},\n"
	"  {kind: cidr, value: 203.0.113.16/28, ports: [tcp/443]}]}\n"
	"- {product: c, name: C, class: kernel_mainline_contrib, indicators: [\n"
	"  {kind: module, value: vcontrib}]}\n";

static const struct name_key *name_of(const struct compiled *t, const char *pattern)
{
	uint32_t i;

	for (i = 0; i < t->name_cnt; i++)
		if (!strcmp(t->names[i].pattern, pattern))
			return &t->names[i];
	return NULL;
}

static void test_keys(void)
{
	CLEANUP(world_exit) struct world w = { 0 };
	const struct compiled *t;

	if (!ok(!build(&w, catalogue, "policy: p\nserial: 1\nrules: [{vendor: v, mode: block}]\n"),
		"a catalogue and a policy compile"))
		return;
	t = w.t;
	ok(t->hash_cnt == 1 && t->hashes[0].size == 7 && t->hashes[0].sha256[0] == 0x9f &&
	   t->hashes[0].key.rule == 1 && t->hashes[0].key.kind == WEIR_KEY_SHA256 &&
	   t->hashes[0].key.flags == WEIR_KEY_ENFORCE && t->hashes[0].key.evidence == 0,
	   "a hash becomes a key; one without size is for the agent only");
	ok(t->build_id_cnt == 1 && t->build_ids[0].id.len == 8 && t->build_ids[0].id.id[7] == 8 &&
	   t->build_ids[0].id.id[8] == 0, "a build-id becomes a key, padded with zeros");
	ok(t->name_cnt == 5, "names are kept once and only those of kinds that have files");
	ok(name_of(t, "/opt/v/d/") && name_of(t, "/opt/v/d/")->kind == IND_DIR &&
	   name_of(t, "/opt/v/d/")->key.flags == 0 &&
	   name_of(t, "/opt/v/d/")->key.kind == WEIR_KEY_DIR,
	   "medium confidence watches and never enforces");
	ok(!name_of(t, "/opt/v/weak"), "what is not sufficient is no key");
	ok(t->rule_cnt == 4 && !t->rules[0].id && t->rules[1].id == 1 &&
	   t->rules[1].flags == WEIR_RULE_ENFORCE && t->rules[2].id == 2 &&
	   !t->rules[2].flags && !t->rules[3].flags,
	   "a vendor's rule enforces on the vendor's products only");
	ok(weir_mode_at(&t->rules[1], 0) == WEIR_BLOCK && rule_begins(&t->rules[1], WEIR_FREEZE) == 0,
	   "a plain mode has begun, with those before it");
}

/* What the distribution built is taken away by its name only. */
static void test_distribution(void)
{
	CLEANUP(world_exit) struct world w = { 0 };

	if (!ok(!build(&w, catalogue, "policy: p\nserial: 1\nrules: "
				      "[{class: vendor_oss_in_distro, mode: block}]\n"),
		"a rule about the class of distribution builds compiles"))
		return;
	ok(w.t->rules[2].id == 2 && !w.t->rules[2].flags && !w.t->rules[1].id,
	   "and watches them without enforcing");
}

static void test_unwatched(void)
{
	CLEANUP(world_exit) struct world w = { 0 };

	if (build(&w, catalogue, "policy: p\nserial: 1\nrules: [{product: v/b, mode: block}]\n"))
		return;
	ok(!w.t->hash_cnt && !w.t->build_id_cnt && w.t->name_cnt == 1 && w.t->prefix_cnt == 1 &&
	   !w.t->rules[1].id && w.t->rules[2].flags == WEIR_RULE_ENFORCE,
	   "a product that no rule watches has no keys; one named by its id is enforced");
	ok(!w.t->needs_socket_hooks, "TCP alone needs no hook on every send");
}

static void test_confusables(void)
{
	CLEANUP(world_exit) struct world w = { 0 };

	if (build(&w, "confusables: c\nentries: [{name: N, class: vendor_product, "
		  "indicators: [{kind: path, value: /opt/n}]}]\n",
		  "policy: p\nserial: 1\nrules: [{class: vendor_product, mode: block}]\n"))
		return;
	ok(!w.t->name_cnt && !w.t->rules[1].id, "confusables compile to nothing");
}

static void test_steps(void)
{
	CLEANUP(world_exit) struct world w = { 0 };
	const struct weir_rule *r;

	/* 2001-09-09T01:46:40Z is NOW_S. */
	if (build(&w, catalogue, "policy: p\nserial: 1\nrules: [{vendor: v, phases: [{mode: observe}, "
		  "{mode: freeze, from: 2001-09-09}, {mode: block, from: 2001-09-09T01:46:50Z}]}]\n"))
		return;
	r = &w.t->rules[1];
	ok(weir_mode_at(r, BOOT_NS) == WEIR_FREEZE && weir_mode_at(r, 0) == WEIR_FREEZE,
	   "a phase of the past has begun");
	ok(weir_mode_at(r, BOOT_NS + 10 * S - 1) == WEIR_FREEZE &&
	   weir_mode_at(r, BOOT_NS + 10 * S) == WEIR_BLOCK,
	   "one to come begins at its moment on the boot clock");
	ok(rule_begins(r, WEIR_OFFLINE) == BOOT_NS + 10 * S && r->product == product_number("v/a"),
	   "a mode left out begins with the next one");
}

/* The search over every count of steps, against counting. */
static void test_search(void)
{
	unsigned int wrong = 0;

	for (uint32_t cnt = 0; cnt < WEIR_STEPS_MAX; cnt++) {
		struct weir_rule r = { 0 };

		for (uint32_t i = 0; i < WEIR_STEPS_MAX; i++) {
			r.at_ns[i] = i < cnt ? 10 * i : WEIR_NEVER;
			r.mode[i] = (__u8)(i % WEIR_MODE_MAX);
		}
		for (uint64_t now = 0; now < 10 * WEIR_STEPS_MAX; now += 5) {
			uint64_t begun = cnt && now / 10 + 1 < cnt ? now / 10 + 1 : cnt;
			__u8 want = begun ? (__u8)((begun - 1) % WEIR_MODE_MAX) : WEIR_OBSERVE;

			wrong += weir_mode_at(&r, now) != want;
		}
	}
	ok(!wrong, "the mode is that of the last step begun, however many there are");
}

static void test_exemptions(void)
{
	CLEANUP(world_exit) struct world w = { 0 };
	const struct exemption_key *k;

	if (build(&w, catalogue, "policy: p\nserial: 1\nrules: [{vendor: v, mode: block}]\nexemptions:\n"
		  "- {id: E1, product: v/a, hosts: [db-*], until: 2001-09-09T01:47:40Z,\n"
		  "   cap: freeze, reason: r, owner: o}\n"
		  "- {id: E2, product: v/b, hosts: [web-*], until: 2031-01-01, reason: r, owner: o}\n"
		  "- {id: E3, product: v/b, until: 2001-01-01, reason: r, owner: o}\n"))
		return;
	k = &w.t->exemptions[0];
	ok(w.t->exemption_cnt == 1 && k->rule == 1 && !k->user && !k->path,
	   "an exemption covers its product; one of other hosts or of the past, nothing");
	ok(k->until_ns == BOOT_NS + 60 * S && k->cap == WEIR_FREEZE && k->index == 0,
	   "until its end, with its cap");
}

static void test_severity(void)
{
	static const char two[] =
		"vendor: v\nname: V\nproducts:\n"
		PRODUCT("a", "203.0.113.0/24, ports: [tcp/443]")
		PRODUCT("b", "203.0.113.0/24, ports: [tcp/1-1000]");
	CLEANUP(world_exit) struct world w = { 0 };
	char text[700];

	/* Two products may not share a sufficient prefix: seal says so. */
	snprintf(text, sizeof(text), "%s", two);
	ok(build(&w, text, "policy: p\nserial: 1\n") == -EINVAL, "a shared sufficient prefix is refused");
	/* Built by hand behind the seal: the stronger rule gets the key. */
	catalog_free(take_ptr(w.c));
	if (catalog_new(&w.c) || catalog_add(w.c, "c", two, sizeof(two) - 1, &w.d))
		return;
	{
		struct policy_context ctx = { .catalog = w.c };
		static const char policy[] = "policy: p\nserial: 1\nrules: "
			"[{product: v/a, mode: observe}, {product: v/b, mode: block}]\n";

		if (policy_parse(&ctx, "p", policy, sizeof(policy) - 1, &w.p, &w.d) ||
		    compile(w.c, w.p, NOW_S, BOOT_NS, &w.t, &w.d))
			return;
	}
	ok(w.t->prefix_cnt == 1 && w.t->prefixes[0].ports.cnt == 2 &&
	   w.t->prefixes[0].ports.port[0].key.rule == 2,
	   "of two rules on one prefix the more severe comes first, whatever the order");
}

/* --- prefixes, as the kernel looks them up --- */

/* The rule that decides about @addr and @port; 0: none. */
static uint32_t look_up(const struct compiled *t, const char *addr, uint8_t protocol, uint16_t port)
{
	const struct prefix_key *best = NULL;
	struct weir_key found = { 0 };
	struct prefix one = { .family = strchr(addr, ':') ? AF_INET6 : AF_INET };
	uint32_t i;

	inet_pton(one.family, addr, one.addr);
	one.len = one.family == AF_INET ? 32 : 128;
	for (i = 0; i < t->prefix_cnt; i++) {
		struct prefix p = { .family = t->prefixes[i].family, .len = t->prefixes[i].len };

		memcpy(p.addr, t->prefixes[i].addr, sizeof(p.addr));
		if (prefix_covers(&p, &one) && (!best || best->len < p.len))
			best = &t->prefixes[i];
	}
	for (i = 0; best && i < best->ports.cnt; i++) {
		const struct weir_port *q = &best->ports.port[i];

		if ((q->protocol && q->protocol != protocol) || port < q->first || port > q->last)
			continue;
		if (!q->key.rule)
			i += q->spares;
		else if (!found.rule || found.flags < q->key.flags)
			found = q->key;
	}
	return found.rule;
}

static const char nested[] =
	"vendor: v\nname: V\nproducts:\n"
	PRODUCT("a", "203.0.112.0/23, ports: [udp/53]")
	PRODUCT("b", "203.0.113.0/24")
	PRODUCT("c", "203.0.113.0/28, ports: [tcp/443]")
	PRODUCT("d", "\"2001:db8::/32\", ports: [sctp/3868]");

#define ALL_BLOCK "policy: p\nserial: 1\nrules:\n- {vendor: v, mode: block}\n"

static const struct {
	const char *extra, *addr;
	uint8_t protocol;
	uint16_t port;
	uint32_t want;
	const char *title;
} lookups[] = {
	{ "", "203.0.113.1", IPPROTO_TCP, 443, 3, "the most specific prefix decides" },
	{ "", "203.0.113.1", IPPROTO_TCP, 80, 2, "a /28 on one port does not hide the /24 around it" },
	{ "", "203.0.113.1", IPPROTO_UDP, 53, 2, "any port of the /24 goes before the /23's" },
	{ "", "203.0.112.1", IPPROTO_UDP, 53, 1, "the /23 decides outside the /24" },
	{ "", "203.0.112.1", IPPROTO_TCP, 53, 0, "on its own protocol only" },
	{ "", "203.0.114.1", IPPROTO_TCP, 443, 0, "outside is outside" },
	{ "", "2001:db8::1", IPPROTO_SCTP, 3868, 4, "IPv6 has prefixes, too" },
	{ "", "2001:db9::1", IPPROTO_SCTP, 3868, 0, "and an end to them" },
	{ "- {product: v/b, mode: block, allow: [{to: 203.0.113.9/32, ports: [tcp/80]}]}\n",
	  "203.0.113.9", IPPROTO_TCP, 80, 0, "what a rule allows is reachable" },
	{ "- {product: v/b, mode: block, allow: [{to: 203.0.113.9/32, ports: [tcp/80]}]}\n",
	  "203.0.113.9", IPPROTO_TCP, 81, 2, "on the port allowed only" },
	{ "- {product: v/b, mode: block, allow: [{to: 203.0.113.9/32, ports: [tcp/80]}]}\n",
	  "203.0.113.8", IPPROTO_TCP, 80, 2, "and at the address allowed only" },
	{ "- {product: v/b, mode: block, allow: [{to: 203.0.113.0/24}]}\n",
	  "203.0.113.1", IPPROTO_TCP, 443, 3, "an allowance takes back its own rule, no other" },
	{ "- {product: v/b, mode: block, allow: [{to: 203.0.113.0/24}]}\n",
	  "203.0.113.1", IPPROTO_TCP, 444, 0, "but that one everywhere below it" },
	{ "- {product: v/c, mode: block, allow: [{to: 203.0.0.0/16}]}\n",
	  "203.0.113.1", IPPROTO_TCP, 443, 2, "a wide allowance leaves the other rule in force" },
	{ "- {product: v/b, mode: block, allow: [{to: 203.0.113.0/28, ports: [tcp/80]}]}\n"
	  "- {product: v/c, mode: block, allow: [{to: 203.0.113.0/24}]}\n",
	  "203.0.113.1", IPPROTO_TCP, 443, 2, "and so when that one allows something else there" },
	{ "- {product: v/c, mode: observe}\n", "203.0.113.1", IPPROTO_TCP, 443, 2,
	  "what is only observed does not hide what is blocked around it" },
};

static void test_prefixes(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lookups); i++) {
		CLEANUP(world_exit) struct world w = { 0 };
		char policy[512];
		uint32_t got;

		snprintf(policy, sizeof(policy), ALL_BLOCK "%s", lookups[i].extra);
		if (build(&w, nested, policy))
			continue;
		got = look_up(w.t, lookups[i].addr, lookups[i].protocol, lookups[i].port);
		if (!ok(got == lookups[i].want, "%s", lookups[i].title))
			printf("# rule %u\n", got);
		if (!i)
			ok(w.t->needs_socket_hooks, "any port or SCTP needs the socket hooks");
	}
}

static void test_full(void)
{
	CLEANUP(world_exit) struct world w = { 0 };

	ok(build(&w, "vendor: v\nname: V\nproducts:\n- product: a\n  name: A\n  class: vendor_product\n"
		 "  indicators:\n  - {kind: cidr, value: 203.0.112.0/23, ports: [tcp/1, tcp/2, tcp/3, tcp/4]}\n"
		 "  - {kind: cidr, value: 203.0.113.0/24, ports: [tcp/5, tcp/6, tcp/7, tcp/8, tcp/9]}\n",
		 ALL_BLOCK) == -EINVAL && strstr(w.d.text, "203.0.113.0/24") && w.d.line == 8,
	   "more ports than the kernel can look at are an error that names the prefix");
}

/* Random nested prefixes against the plain meaning: the longest that matches. */
static void test_random(void)
{
	CLEANUP(world_exit) struct world w = { 0 };
	static char text[200000];
	struct prefix all[400];
	uint32_t i, j, seed = 1, wrong = 0;
	size_t len = (size_t)snprintf(text, sizeof(text), "vendor: v\nname: V\nproducts:\n"
		"- product: a\n  name: A\n  class: vendor_product\n  indicators:\n");

	for (i = 0; i < 400; i++) {
		struct prefix *p = &all[i];
		char out[PREFIX_TEXT_MAX];
		uint32_t addr;

		seed = seed * 1103515245 + 12345;
		p->len = (uint8_t)(12 + (seed >> 16) % 19);
		p->family = AF_INET;
		seed = seed * 1103515245 + 12345;
		/* Few address bits, so that many are nested. */
		addr = htonl((100u << 24 | (seed >> 8 & 0xf8f8f0)) & ~(0xffffffffu >> p->len));
		memset(p->addr, 0, sizeof(p->addr));
		memcpy(p->addr, &addr, sizeof(addr));
		prefix_format(p, out);
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"  - {kind: cidr, value: %s, ports: [tcp/%u]}\n", out, 1 + i % 3);
	}
	if (!ok(!build(&w, text, ALL_BLOCK), "400 nested prefixes compile"))
		return;
	for (i = 0; i < 4000; i++) {
		uint32_t addr, want = 0;
		struct prefix one = { .family = AF_INET, .len = 32 };
		uint16_t port = (uint16_t)(1 + i % 4);
		char out[INET_ADDRSTRLEN];

		seed = seed * 1103515245 + 12345;
		addr = htonl(100u << 24 | (seed >> 8 & 0xfffff0));
		memcpy(one.addr, &addr, sizeof(addr));
		for (j = 0; j < 400; j++)
			want |= 1 + j % 3 == port && prefix_covers(&all[j], &one);
		inet_ntop(AF_INET, one.addr, out, sizeof(out));
		wrong += look_up(w.t, out, IPPROTO_TCP, port) != want;
	}
	ok(!wrong, "each of 4000 lookups says what the indicators say");
}

int main(void)
{
	test_keys();
	test_distribution();
	test_unwatched();
	test_confusables();
	test_steps();
	test_search();
	test_exemptions();
	test_severity();
	test_prefixes();
	test_full();
	test_random();
	return tap_done();
}
