// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netfilter: hooks of listed modules, in each network namespace.
 */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "collect/collectors.h"
#include "collect/netns.h"
#include "sense/nfhooks.h"

struct look {
	struct survey *s;
	const char *net;
};

static int take_hook(void *ctx, const struct nfhook *h)
{
	struct look *l = ctx;
	const struct fact module = { IND_MODULE, h->module };
	const struct facts facts = { .others = &module, .other_cnt = 1 };
	char where[512], detail[512];
	const struct trace tr = { .kind = TRACE_HOOK, .flags = TRACE_RUNNING, .where = where,
				  .facts = &facts, .detail = detail };

	if (!*h->module || !survey_is_asked(l->s, &facts))
		return 0;
	snprintf(where, sizeof(where), "%s %s%s%s priority %d %s%s%s%s", h->family, h->hook,
		 *h->device ? " of " : "", h->device, h->priority, h->function, *l->net ? " (" : "",
		 l->net, *l->net ? ")" : "");
	snprintf(detail, sizeof(detail), "registered by the module %s%s%s", h->module,
		 *h->chain ? ", nftables chain " : "", h->chain);
	return survey_take(l->s, &tr);
}

static int look_at_net(void *ctx, const char *net)
{
	struct look *l = ctx;
	int err;

	l->net = net;
	err = nfhooks_each(take_hook, l);
	/* Nothing is lost where the kernel does not tell: the module is found as loaded. */
	if (err == -EOPNOTSUPP || err == -EPROTONOSUPPORT)
		return 0;
	if (err < 0 && err != -ENOMEM) {
		survey_unread(l->s, err, "netfilter hooks%s%s", *net ? ", " : "", net);
		return 0;
	}
	return err;
}

int collect_netfilter(struct survey *s)
{
	struct look l = { .s = s };

	return netns_each(s, "netfilter hooks", look_at_net, &l);
}
