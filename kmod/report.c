// SPDX-License-Identifier: GPL-2.0-only
#include "report.h"

#include "audit.h"
#include "blackbox.h"

/* Is there something to be told? Of a canary only that it was stopped. */
static bool is_news(const struct weir_look *look)
{
	if (!(look->flags & WEIR_REC_CANARY))
		return look->answer.verdict != WEIR_ALLOW;
	if (look->answer.verdict != WEIR_ALLOW)
		weir_box_count_canary(look->hook);
	return false;
}

static struct weir_box_record record_of(const struct weir_look *look)
{
	return (struct weir_box_record){
		.kind = WEIR_BOX_DENIED,
		.generation = look->generation,
		.hook = look->hook,
		.answer = look->answer,
		.key = look->key,
		.file = look->file,
	};
}

void weir_report_file(const struct weir_candidate *c)
{
	struct weir_box_record r;

	if (!is_news(&c->look))
		return;
	r = record_of(&c->look);
	weir_box_add(&r);
	weir_audit_denial(&r, c->file);
}

void weir_report_dest(const struct weir_look *look, const struct weir_dest *d)
{
	struct weir_box_record r;

	if (!is_news(look))
		return;
	r = record_of(look);
	r.call = d->call;
	r.family = d->family;
	r.port = d->port;
	r.protocol = d->protocol;
	memcpy(r.addr, d->addr, sizeof(r.addr));
	weir_box_add(&r);
	weir_audit_denial(&r, NULL);
}
