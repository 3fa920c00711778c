// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dates and hours of a policy on the one time line.
 *
 * What a zone's clock says at a moment is only ever asked in the direction
 * local time to epoch: the first moment when the clock shows that time or a
 * later one. So of a double hour it is the first pass, and of one that is left
 * out the moment of the change; windows never open after they have closed.
 */
#include "policy/draft.h"

#define DAY_MIN 1440

static int64_t local_to_epoch(const struct policy *p, const struct date *at)
{
	if (!p->zone_time || at->has_offset)
		return date_to_epoch(at);
	return p->zone_time(p->zone, at->year, at->mon, at->day, at->hour, at->min, at->sec);
}

int64_t zone_start(const struct policy_draft *d, const struct date *date)
{
	return local_to_epoch(&d->p, date);
}

int64_t zone_minute(const struct policy *p, int64_t day, int minute)
{
	struct date at;

	/* 24:00 is the next day's 00:00. */
	date_from_days(day + minute / DAY_MIN, &at);
	at.hour = minute % DAY_MIN / 60;
	at.min = minute % 60;
	return local_to_epoch(p, &at);
}

int64_t zone_end(const struct policy_draft *d, const struct date *date)
{
	if (date->has_time)
		return local_to_epoch(&d->p, date);
	return zone_minute(&d->p, date_to_days(date->year, date->mon, date->day), DAY_MIN);
}

bool zone_window(const struct policy *p, const struct hours *hours, int64_t day,
		 struct interval *ret)
{
	int end = hours->end + (hours_cross(hours) ? DAY_MIN : 0);

	if (!(hours->days & 1u << date_weekday(day)))
		return false;
	ret->start = zone_minute(p, day, hours->start);
	ret->end = zone_minute(p, day, end);
	return ret->start < ret->end;
}
