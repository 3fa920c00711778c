// SPDX-License-Identifier: GPL-2.0-only
#include "sense/module_state.h"

#include <errno.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>

#include "sense/module.h"

static void count_site(struct module_state *s, struct nlattr *site)
{
	struct nlattr *attrs[WEIR_A_MAX];
	uint32_t state;

	if (nla_parse_nested(attrs, WEIR_A_MAX - 1, site, NULL) ||
	    !module_take(attrs[WEIR_A_SITE_STATE], &state, sizeof(state)))
		return;
	s->taken += state == WEIR_SITE_TAKEN;
	s->foreign += state == WEIR_SITE_FOREIGN;
}

static void take_status(void *ctx, struct nlattr *const *attrs)
{
	struct module_state *s = ctx;
	struct nlattr *site;
	int left;

	module_take(attrs[WEIR_A_ABI], &s->abi, sizeof(s->abi));
	module_take(attrs[WEIR_A_FEATURES], &s->features, sizeof(s->features));
	if (!attrs[WEIR_A_SITES])
		return;
	nla_for_each_nested(site, attrs[WEIR_A_SITES], left)
		count_site(s, site);
}

int module_state_read(struct module_state *ret)
{
	struct module *m;
	int err = module_open(&m);

	memset(ret, 0, sizeof(*ret));
	if (err)
		return err == -ENOENT ? 0 : err;
	ret->is_loaded = true;
	err = module_ask(m, WEIR_C_STATUS, NULL, 0, take_status, ret);
	module_close(m);
	return err;
}

void module_state_say(const struct module_state *s, char *text, size_t size)
{
	if (!s->is_loaded)
		snprintf(text, size, "not loaded");
	else if (s->abi != WEIR_ABI)
		snprintf(text, size, "loaded, of another build: its tables are version %u, ours %u",
			 s->abi, WEIR_ABI);
	else
		snprintf(text, size, "loaded, %s, has %u functions of the kernel%s",
			 s->features & WEIR_FEATURE_CONTENT ? "reads content" :
							      "known files and places only",
			 s->taken, s->foreign ? ", others are somebody else's" : "");
}
