// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/arm_network.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "cmd/catalog_source.h"
#include "cmd/cuts.h"
#include "cmd/exit.h"
#include "cmd/protection.h"
#include "cmd/sources.h"
#include "out/text.h"

/* Marks those of the agent's list whose step has begun. Returns how many. */
static uint32_t mark_asked(FILE *in, const char *only, const struct catalog *c, uint8_t *asked)
{
	char line[256], id[160];
	uint32_t cnt = 0;
	int64_t begins;

	while (fgets(line, sizeof(line), in)) {
		const struct product *p;

		if (sscanf(line, "%159s %" SCNd64, id, &begins) != 2 || begins > time(NULL) ||
		    (only && strcmp(only, id) != 0))
			continue;
		p = catalog_product(c, id);
		if (p && !asked[p - c->products]++)
			cnt++;
	}
	return cnt;
}

static void say(const struct product *p, const struct cut *c, bool is_refused)
{
	CLEANUP(buf_free) struct buf interface = { 0 };

	text_escaped(&interface, c->interface, strlen(c->interface));
	if (is_refused)
		fprintf(stderr, "weir: arm: refused: %s cuts the network as it ends, and %s runs "
				"through its interface %s: take it down by its own means, or "
				"write \"without-network\" into its rule\n",
			p->id, c->way, buf_str(&interface));
	else
		fprintf(stderr, "weir: arm: warning: %s runs through the interface %s of %s, and "
				"it is not known whether that cuts the network as it ends\n",
			c->way, buf_str(&interface), p->id);
}

/* One way of each product is enough to say. */
static bool is_first(const struct cuts *cuts, uint32_t i)
{
	for (uint32_t k = 0; k < i; k++)
		if (cuts->list[k].product == cuts->list[i].product)
			return false;
	return true;
}

static int judge(const struct catalog *c, const struct cuts *cuts)
{
	int rc = EXIT_FINE;

	for (uint32_t i = 0; i < cuts->cnt; i++) {
		const struct product *p = &c->products[cuts->list[i].product];

		if (!is_first(cuts, i))
			continue;
		say(p, &cuts->list[i], p->fails_closed == 1);
		if (p->fails_closed == 1)
			rc = EXIT_CANNOT;
	}
	return rc;
}

static int look(const struct catalog *c, const uint8_t *asked)
{
	CLEANUP(match_index_freep) struct match_index *index = NULL;
	CLEANUP(close_fdp) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct cuts_question q = { .root_fd = root, .asked = asked };
	char session[CUTS_ADDR_MAX];
	struct cuts cuts;
	int err = match_index_new(c, &index);

	if (err)
		return err;
	q.index = index;
	if (cuts_session(root, (uint32_t)getpid(), session))
		q.session = session;
	err = cuts_find(&q, &cuts);
	return err ? err : judge(c, &cuts);
}

int arm_network_check(const char *product, const char *catalog)
{
	CLEANUP(fclosep) FILE *in = fopen(PROTECTION_CUTS, "re");
	CLEANUP(sources_exit) struct sources s = { 0 };
	CLEANUP(freep) uint8_t *asked = NULL;
	struct sources_wish wish = { .catalog = catalog };
	struct diag d = { 0 };
	char dir[4096];
	int rc;

	/* The usual case: no such product is to be stopped. */
	if (!in)
		return EXIT_FINE;
	if (!catalog && !catalog_source_default(dir, sizeof(dir)))
		wish.catalog = dir;
	rc = sources_load(&wish, &s, &d);
	if (!rc)
		asked = calloc(s.catalog->product_cnt + 1UL, 1);
	if (!rc && !asked)
		rc = -ENOMEM;
	if (!rc)
		rc = mark_asked(in, product, s.catalog, asked) ? look(s.catalog, asked) :
								 EXIT_FINE;
	if (rc >= 0)
		return rc;
	fprintf(stderr, "weir: arm: warning: %s: whether the network runs through what is "
			"stopped could not be looked at\n",
		d.text[0] ? d.text : strerror(-rc));
	return EXIT_FINE;
}
