// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/force.h"

#include <time.h>

#include "cmd/agent.h"
#include "cmd/arming.h"
#include "policy/compile.h"

uint8_t force_mode(const struct agent *a, uint32_t product)
{
	const struct weir_rule *rule = &a->now->plan->compiled->rules[product + 1];

	return rule->id && rule->flags & WEIR_RULE_ENFORCE ? weir_mode_at(rule, arming_now_ns()) :
							     WEIR_OBSERVE;
}

/* One that spares the product as a whole, and not only a file or a user of it. */
static bool is_exempt(const struct agent *a, uint32_t product, uint8_t mode)
{
	const struct policy *p = a->now->sources.policy;
	int64_t now_s = time(NULL);

	for (uint32_t i = 0; i < p->exemption_cnt; i++) {
		const struct exemption *e = &p->exemptions[i];

		if (e->product_at == product && e->here && !e->path && !e->user &&
		    e->cap < mode && e->until > now_s)
			return true;
	}
	return false;
}

static bool is_armed(const struct agent *a)
{
	struct weir_arm arm = {};
	uint32_t zero = 0;

	return !gates_map_get(gates_map(a->gates, "weir_arm"), &zero, &arm) &&
	       arming_state(&arm, arming_now_ns()) != ARMED_NO;
}

/* What the kernel asks of the arm and of the product's hold, in its order. */
static const char *not_armed(const struct agent *a, uint32_t product)
{
	uint64_t number = a->now->plan->compiled->rules[product + 1].product;
	uint64_t now = arming_now_ns();
	struct weir_hold hold = {};

	if (gates_map_get(gates_map(a->gates, "weir_holds"), &number, &hold))
		hold = (struct weir_hold){};
	if (hold.disarmed_ns > now)
		return "the product is disarmed";
	if (!is_armed(a) && hold.armed_ns <= now)
		return "the host is not armed";
	return hold.window_ns > now ? "its removal window is open" : NULL;
}

static bool is_strong(const struct agent *a)
{
	return a->gates->hook[WEIR_HOOK_EXEC].strength >= a->now->sources.policy->require_exec;
}

const char *force_missing(const struct agent *a, uint32_t product)
{
	uint8_t mode = force_mode(a, product);
	const char *why;

	if (!a->gates->control.enforce)
		return arming_is_off() ? "weir.off is on the kernel command line" :
					 "the policy says enforce: false";
	why = not_armed(a, product);
	if (why)
		return why;
	if (is_exempt(a, product, mode))
		return "it is exempt";
	return is_strong(a) ? NULL : "the exec gate is weaker than the policy requires";
}

bool force_is(const struct agent *a, uint32_t product, enum weir_mode mode)
{
	return force_mode(a, product) >= mode && !force_missing(a, product);
}
