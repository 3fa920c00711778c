/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Catalogue and policy compiled to what the kernel can look up.
 *
 * Pure. The result holds the keys that follow from the text alone (hashes,
 * build-ids, prefixes) and the names (paths, directories, modules) that only
 * the host can turn into keys. rules[i] belongs to product i - 1: the id of a
 * rule is the product's index plus one, and rules[0] is "no rule". A product
 * that no rule watches has no keys here.
 *
 * Prefixes are pushed down: a kernel trie answers with the longest prefix
 * only, so a /28 on one port would hide a /24 on any; each entry therefore
 * carries its ancestors' ports too. What a rule allows stands right ahead of
 * what that rule stops, as a key with rule 0: the lookup passes by the latter.
 *
 * Everything is sorted and holds no key twice. Where two products have one,
 * the one whose rule is more severe gets it.
 */
#ifndef WEIR_POLICY_COMPILE_H
#define WEIR_POLICY_COMPILE_H

#include <weir/event.h>
#include <weir/table.h>

#include "policy/policy.h"

struct hash_key {
	uint8_t sha256[WEIR_SHA256_LEN];
	uint64_t size;
	struct weir_key key;
};

struct build_id_key {
	struct weir_build_id id;
	struct weir_key key;
};

struct prefix_key {
	uint8_t addr[16]; /* IPv4 in the first four */
	uint8_t family;	  /* AF_INET, AF_INET6 */
	uint8_t len;	  /* of the prefix, bits */
	struct weir_ports ports;
};

struct name_key { /* for the host to resolve */
	const char *pattern; /* borrowed from the catalogue */
	uint8_t kind;	     /* IND_PATH, IND_DIR or IND_MODULE */
	struct weir_key key; /* kind filled, rule and evidence set */
};

struct exemption_key { /* one that applies here; the host resolves whom it covers */
	uint32_t rule, index; /* index: in the policy */
	uint64_t until_ns;
	const char *path, *user; /* borrowed from the policy, NULL: all */
	uint8_t cap;
};

struct compiled {
	struct weir_rule *rules;
	uint32_t rule_cnt;
	struct exemption_key *exemptions;
	uint32_t exemption_cnt;
	struct hash_key *hashes;
	uint32_t hash_cnt;
	struct build_id_key *build_ids;
	uint32_t build_id_cnt;
	struct prefix_key *prefixes;
	uint32_t prefix_cnt;
	struct name_key *names;
	uint32_t name_cnt;
	/*
	 * How far the windows of only-during are in the rules' steps, seconds
	 * since the epoch; beyond it the mode is `otherwise`. INT64_MAX: there
	 * is no end.
	 */
	int64_t reach_s;
	bool needs_socket_hooks; /* some prefix rule is enforced for more than TCP and UDP */
};

/*
 * @now_s and @boot_ns are the same instant on the wall clock and on
 * CLOCK_BOOTTIME: phases become steps on the boot clock, where the past is 0.
 * Steps are few; see calendar_steps() for what is left out.
 * Exemptions that apply here go with them, for the kernel to look up.
 *
 * 0 and *ret the caller's for compiled_free(), or -EINVAL with @d filled (more
 * port rules on one prefix than the kernel can look at), or -ENOMEM.
 */
int compile(const struct catalog *c, const struct policy *p, int64_t now_s,
	    uint64_t boot_ns, struct compiled **ret, struct diag *d);
/* When @rule first is in @mode or beyond; WEIR_NEVER: never. */
uint64_t rule_begins(const struct weir_rule *rule, enum weir_mode mode);

/* The number of a product that is the same under every policy. */
uint64_t product_number(const char *id);

struct compiled *compiled_free(struct compiled *t);
void compiled_freep(struct compiled **t);

#endif /* WEIR_POLICY_COMPILE_H */
