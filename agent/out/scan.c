// SPDX-License-Identifier: GPL-2.0-only
#include "out/scan.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "event/event.h"
#include "policy/decide.h"

static const char *const family_names[] = {
	[FAMILY_NAME] = "name",
	[FAMILY_PLACE] = "place",
	[FAMILY_CONTENT] = "content",
	[FAMILY_NETWORK] = "network",
};
_Static_assert(ARRAY_SIZE(family_names) == FAMILY_MAX, "every family has a name");

const char *family_name(enum indicator_family family)
{
	return family_names[family];
}

void scan_summarize(const struct scan_report *r, struct scan_summary *ret)
{
	const struct findings *f = r->findings;

	*ret = (struct scan_summary){ .products = f->cnt };
	for (uint32_t i = 0; i < f->cnt; i++) {
		uint32_t vendor = r->catalog->products[f->items[i].product].vendor;
		bool is_new = true;

		ret->by_state[f->items[i].state]++;
		/* Not only the one before: "a-b/x" stands between "a" and "a/x". */
		for (uint32_t k = i; k > 0 && is_new; k--)
			is_new = r->catalog->products[f->items[k - 1].product].vendor != vendor;
		ret->vendors += is_new;
	}
}

const char *scan_status_in(const struct scan_report *r, const struct directive *d,
			   uint32_t vendor)
{
	for (uint32_t i = 0; i < d->vendor_cnt; i++)
		if (!strcmp(d->vendors[i].vendor, r->catalog->vendors[vendor].id))
			return d->vendors[i].reported ? "reported" : "named";
	return NULL;
}

void scan_time(struct buf *out, int64_t at_s)
{
	int64_t day = at_s / 86400 - (at_s % 86400 < 0);
	struct date d = { 0 };

	date_from_days(day, &d);
	at_s -= day * 86400;
	buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.mon, d.day, (int)(at_s / 3600),
		 (int)(at_s / 60 % 60), (int)(at_s % 60));
}

void scan_outlook_text(const struct scan_outlook *o, struct buf *out)
{
	if (!o->rule)
		buf_add_str(out, "no rule is about it");
	else if (o->exemption)
		buf_addf(out, "%s, held by exemption %s", mode_name(o->mode), o->exemption->id);
	else if (o->reason == WEIR_BY_RULE)
		buf_addf(out, "%s: would be stopped once armed", mode_name(o->mode));
	else if (o->reason == WEIR_BY_FLAG)
		buf_addf(out, "%s: would be stopped, but for enforce: false", mode_name(o->mode));
	else
		buf_addf(out, "%s: %s", mode_name(o->mode),
			 o->reason == WEIR_BY_MODE ? "recorded" : reason_text(o->reason));
}
