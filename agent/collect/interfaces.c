// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interfaces: tunnels and virtual switches by their names, in each network
 * namespace.
 */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "collect/collectors.h"
#include "collect/listed.h"
#include "collect/netns.h"
#include "sense/links.h"

#define FACTS_MAX 64

struct look {
	struct survey *s;
	struct listed patterns;
	const char *net;
};

static void add_name(const struct look *l, const char *name, struct fact *words, size_t *cnt)
{
	if (*cnt < FACTS_MAX)
		words[(*cnt)++] = (struct fact){ IND_INTERFACE, name };
	listed_add_word(&l->patterns, name, words, cnt, FACTS_MAX);
}

static int take_link(void *ctx, const struct link_info *link)
{
	struct look *l = ctx;
	struct fact words[FACTS_MAX];
	struct facts facts = { .others = words };
	char where[256], detail[256];
	const struct trace tr = { .kind = TRACE_INTERFACE, .flags = TRACE_RUNNING, .where = where,
				  .facts = &facts, .detail = detail };

	add_name(l, link->name, words, &facts.other_cnt);
	for (uint32_t i = 0; i < link->altname_cnt; i++)
		add_name(l, link->altnames[i], words, &facts.other_cnt);
	if (!survey_is_asked(l->s, &facts))
		return 0;
	snprintf(where, sizeof(where), "%s%s%s%s", link->name, *l->net ? " (" : "", l->net,
		 *l->net ? ")" : "");
	snprintf(detail, sizeof(detail), "%s, %s%s%s", *link->kind ? link->kind : "a device",
		 link->is_up ? "up" : "down", *link->alias ? ", called " : "", link->alias);
	return survey_take(l->s, &tr);
}

static int look_at_net(void *ctx, const char *net)
{
	struct look *l = ctx;
	int err;

	l->net = net;
	err = links_each(take_link, l);
	if (err < 0 && err != -ENOMEM) {
		survey_unread(l->s, err, "network interfaces%s%s", *net ? ", " : "", net);
		err = 0;
	}
	return err;
}

int collect_interfaces(struct survey *s)
{
	struct look l = { .s = s };
	int err = listed_patterns(s->catalog, IND_INTERFACE, &l.patterns);

	if (!err)
		err = netns_each(s, "interfaces", look_at_net, &l);
	listed_free(&l.patterns);
	return err;
}
