// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/outlook.h"

#include <string.h>
#include <time.h>

#include "sense/boot_clock.h"

int outlook_init(const struct sources *s, struct outlook *ret, struct diag *d)
{
	struct timespec wall = { 0 };
	struct outlook o = { .policy = s->policy, .catalog = s->catalog };
	int err;

	/* Both clocks at one moment. */
	clock_gettime(CLOCK_REALTIME, &wall);
	o.now_s = wall.tv_sec;
	o.boot_ns = boot_clock_ns();
	err = compile(s->catalog, s->policy, o.now_s, o.boot_ns, &o.compiled, d);
	if (err)
		return err;
	*ret = o;
	return 0;
}

void outlook_exit(struct outlook *o)
{
	compiled_free(o->compiled);
	memset(o, 0, sizeof(*o));
}

const struct exemption *outlook_exemption(const struct outlook *o, uint32_t product)
{
	for (uint32_t i = 0; i < o->policy->exemption_cnt; i++) {
		const struct exemption *e = &o->policy->exemptions[i];

		if (e->product_at == product && e->here && e->until > o->now_s)
			return e;
	}
	return NULL;
}

struct weir_answer outlook_ask(const struct outlook *o, const struct outlook_question *about)
{
	const struct weir_rule *rule = &o->compiled->rules[about->product + 1];
	const struct exemption *exemption = outlook_exemption(o, about->product);
	struct weir_question q = {
		.now_ns = o->boot_ns,
		.host = { .lapse_ns = WEIR_NEVER, .armed_ns = WEIR_NEVER,
			  .enforce = o->policy->enforce },
		.strength = WEIR_CAN_DENY,
		.mode = weir_mode_at(rule, o->boot_ns),
		.cap = exemption ? exemption->cap : WEIR_BLOCK,
		.rule_flags = rule->flags,
		.key = { .rule = about->product + 1, .kind = WEIR_KEY_FILE },
	};

	q.key.flags = about->may_enforce ? WEIR_KEY_ENFORCE : 0;
	q.flags = about->is_guarded ? WEIR_Q_GUARD : 0;
	q.flags |= about->is_installed ? WEIR_Q_INSTALLED : 0;
	return weir_decide(&q);
}
