// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tells one host from another: its share of a rollout and its delay.
 *
 * Both follow from the machine-id and the rule's target, so they are the same
 * at every load, differ from rule to rule, and can be worked out beforehand
 * for each host. The hosts of a cluster have one share: were one of them a
 * week later than the others, their order would mean nothing.
 */
#include "policy/draft.h"

#define SHARES 10000

static uint64_t add_text(uint64_t h, const char *text)
{
	/* FNV-1a; the NUL goes in too, so that two texts have a border. */
	do
		h = (h ^ (unsigned char)*text) * 0x100000001b3ULL;
	while (*text++);
	return h;
}

static uint64_t hash_of(const char *what, const struct rule *rule, const char *who,
			const char *which)
{
	uint64_t h = add_text(0xcbf29ce484222325ULL, what);

	h = add_text((h ^ rule->level) * 0x100000001b3ULL, rule->target);
	h = add_text(add_text(h, which), who);
	/* FNV's high bits hardly know the last bytes: the finish of MurmurHash3. */
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdULL;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return h ^ h >> 33;
}

uint16_t share_of(const struct policy_context *ctx, const struct rule *rule)
{
	if (rule->cluster)
		return (uint16_t)(hash_of("rollout", rule, rule->cluster, rule->spread_by) %
				  SHARES);
	if (!ctx->machine_id)
		return UINT16_MAX;
	return (uint16_t)(hash_of("rollout", rule, ctx->machine_id, "") % SHARES);
}

uint32_t jitter_of(const struct policy_context *ctx, const struct rule *rule, uint32_t range)
{
	if (!ctx->machine_id || !range)
		return 0;
	return (uint32_t)(hash_of("jitter", rule, ctx->machine_id, "") % range);
}
