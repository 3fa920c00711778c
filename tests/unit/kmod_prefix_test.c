// SPDX-License-Identifier: GPL-2.0-only
/* The module's prefixes: the narrowest one, against a search through all of them. */
#include "kernel.h"

#include "../../kmod/prefix.c"

#include <arpa/inet.h>

#include "tap.h"

static int add(struct weir_prefixes *p, const char *text, u32 len, u32 rule)
{
	struct weir_ports ports = { .cnt = 1, .port[0].key.rule = rule };
	u8 bytes[4 + 16 + sizeof(ports)];
	u32 addr_len = p->bits / 8;

	memcpy(bytes, &len, 4);
	inet_pton(p->bits == 32 ? AF_INET : AF_INET6, text, bytes + 4);
	memcpy(bytes + 4 + addr_len, &ports, sizeof(ports));
	return weir_prefixes_add(p, bytes);
}

static u32 rule_of(const struct weir_prefixes *p, const char *text)
{
	const struct weir_ports *ports;
	u8 addr[16];

	inet_pton(p->bits == 32 ? AF_INET : AF_INET6, text, addr);
	ports = weir_prefixes_find(p, addr);
	return ports ? ports->port[0].key.rule : 0;
}

static void nested(void)
{
	static const struct {
		const char *addr;
		u32 want;
	} cases[] = {
		{ "9.255.255.255", 0 }, { "10.0.0.0", 1 }, { "10.1.0.0", 2 }, { "10.1.2.3", 4 },
		{ "10.1.2.4", 3 }, { "10.1.3.0", 2 }, { "10.2.0.0", 1 }, { "11.0.0.0", 0 },
		{ "192.0.2.9", 5 }, { "192.0.2.10", 0 }, { "0.0.0.0", 0 }, { "255.255.255.255", 0 },
	};
	struct weir_prefixes *p = weir_prefixes_new(32, 5);
	size_t i;

	add(p, "10.1.2.3", 32, 4);
	add(p, "10.0.0.0", 8, 1);
	add(p, "192.0.2.9", 32, 5);
	add(p, "10.1.2.0", 24, 3);
	add(p, "10.1.0.0", 16, 2);
	ok(!weir_prefixes_seal(p), "prefixes within prefixes are taken");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(rule_of(p, cases[i].addr) == cases[i].want, "%s is rule %u's", cases[i].addr,
		   cases[i].want);
	ok(add(p, "10.9.0.0", 16, 6) == -E2BIG, "one more than was announced is refused");
	weir_prefixes_free(p);
}

static void six(void)
{
	struct weir_prefixes *p = weir_prefixes_new(128, 3);

	add(p, "2001:db8::", 32, 1);
	add(p, "2001:db8::9", 128, 2);
	add(p, "::", 0, 3);
	ok(!weir_prefixes_seal(p), "IPv6, with everything around it");
	ok(rule_of(p, "2001:db8::9") == 2, "one host");
	ok(rule_of(p, "2001:db8:1::") == 1, "its net");
	ok(rule_of(p, "fe80::1") == 3, "everything else");
	weir_prefixes_free(p);
}

static void refused(void)
{
	struct weir_prefixes *p = weir_prefixes_new(32, 8);

	ok(add(p, "10.0.0.1", 8, 1) == -EINVAL, "bits behind the prefix are refused");
	ok(add(p, "10.0.64.0", 17, 1) == -EINVAL, "also within a byte");
	ok(add(p, "10.0.0.0", 33, 1) == -EINVAL, "a length that there is not");
	ok(!rule_of(p, "10.0.0.1"), "an empty set has nothing");
	add(p, "10.0.0.0", 8, 1);
	add(p, "10.0.0.0", 8, 2);
	ok(weir_prefixes_seal(p) == -EINVAL, "the same prefix twice is refused");
	weir_prefixes_free(p);
	weir_prefixes_free(NULL);
}

/* All of them, one by one. */
static const struct prefix *narrowest(const struct weir_prefixes *p, const u8 *addr)
{
	const struct prefix *best = NULL;
	u32 i;

	for (i = 0; i < p->cnt; i++)
		if (agree(p->of[i].addr, addr, p->of[i].len) &&
		    (!best || best->len < p->of[i].len))
			best = &p->of[i];
	return best;
}

static void any_addr(u8 *addr)
{
	int i;

	/* Few bits that matter, so that many are near each other. */
	for (i = 0; i < 4; i++)
		addr[i] = (random() & 1) << 7 | (random() & 1);
}

static void add_any(struct weir_prefixes *p)
{
	u8 bytes[4 + 4 + sizeof(struct weir_ports)] = {};
	u32 len = random() % 33, bit;

	any_addr(bytes + 4);
	for (bit = len; bit < 32; bit++)
		bytes[4 + bit / 8] &= ~(0x80 >> bit % 8);
	memcpy(bytes, &len, 4);
	weir_prefixes_add(p, bytes);
}

static unsigned int differences(const struct weir_prefixes *p)
{
	const struct prefix *want;
	unsigned int i, bad = 0;
	u8 addr[16] = {};

	for (i = 0; i < 200; i++) {
		any_addr(addr);
		want = narrowest(p, addr);
		bad += weir_prefixes_find(p, addr) != (want ? &want->ports : NULL);
	}
	return bad;
}

static void random_sets(void)
{
	unsigned int set, i, bad = 0, sets = 0;
	struct weir_prefixes *p;

	for (set = 0; set < 2000; set++) {
		p = weir_prefixes_new(32, 12);
		for (i = 0; i < 12; i++)
			add_any(p);
		/* With the same one twice it is refused, and is no case. */
		if (!weir_prefixes_seal(p)) {
			sets++;
			bad += differences(p);
		}
		weir_prefixes_free(p);
	}
	ok(sets > 500 && !bad, "of %u random sets each finds what a search through all finds", sets);
}

int main(void)
{
	nested();
	six();
	refused();
	random_sets();
	return tap_done();
}
