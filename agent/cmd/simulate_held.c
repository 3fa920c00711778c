// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is held back from security products, rehearsed as the agent does it.
 *
 * With neither a successor nor a reason a step to offline or beyond is never taken:
 * that follows from the text, and is applied. Whether a successor that is named will
 * be there does not: such a step is rehearsed as taken, and told as a doubt.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/remarks.h"
#include "cmd/simulation.h"
#include "policy/decide.h"
#include "policy/protection.h"

bool held_is(const struct rule *rule)
{
	return !rule->vendor && rule->security_cnt && !rule->without_protection &&
	       !rule->successor.unit;
}

void held_text(const struct rule *rule, struct buf *out)
{
	buf_addf(out, "line %u: ", rule->line);
	remark_protection(rule, out);
}

const char *held_stage(const struct simulation *s, const struct rule *rule)
{
	char name[RULE_NAME_MAX];

	rule_name(rule, name, sizeof(name));
	for (uint32_t i = 0; i < s->protection.cnt; i++) {
		const struct succession *x = &s->protection.list[i];

		if (!strcmp(x->name, name) && x->unit && !strcmp(x->unit, rule->successor.unit))
			return successor_stage_name(x->state.stage);
	}
	return NULL;
}

static int read_protection(struct simulation *s)
{
	char path[WEIR_PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/protection.json", s->state);
	err = protection_read(path, &s->protection);
	return err == -ENOMEM ? err : 0;
}

int simulate_held(struct simulation *s)
{
	const struct catalog *c = s->sources.catalog;
	struct policy *p = s->sources.policy;

	s->withheld = calloc(c->product_cnt + 1UL, 1);
	if (!s->withheld)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->product_cnt; i++) {
		const struct rule *rule = policy_rule_for(p, c, i);

		if (!rule || !protection_is_needed(rule, &c->products[i]) || rule->successor.unit)
			continue;
		s->withheld[i] = WITHHELD_UNSAID;
		s->held_cnt++;
	}
	p->withheld = s->withheld;
	return read_protection(s);
}
