// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dates and hours of a policy on the one time line.
 *
 * What a zone's clock says at a moment is only ever asked in the direction
 * local time to epoch; a window of hours is found by trying the days around
 * the date, which also does right by a day with a missing or a double hour.
 */
#include "policy/draft.h"

static int64_t local_to_epoch(const struct policy_draft *d,
			      const struct date *at)
{
	if (!d->ctx->zone_time || at->has_offset)
		return date_to_epoch(at);
	return d->ctx->zone_time(d->p.zone, at->year, at->mon, at->day,
				 at->hour, at->min, at->sec);
}

int64_t zone_start(const struct policy_draft *d, const struct date *date)
{
	return local_to_epoch(d, date);
}

static int64_t minute_of(const struct policy_draft *d, int64_t day, int minute)
{
	struct date at;

	/* 24:00 is the next day's 00:00. */
	date_from_days(day + minute / 1440, &at);
	at.hour = minute % 1440 / 60;
	at.min = minute % 60;
	return local_to_epoch(d, &at);
}

int64_t zone_end(const struct policy_draft *d, const struct date *date)
{
	if (date->has_time)
		return local_to_epoch(d, date);
	return minute_of(d, date_to_days(date->year, date->mon, date->day),
			 1440);
}

int64_t zone_next(const struct policy_draft *d, const struct date *date,
		  int64_t from, const struct hours *hours)
{
	int64_t day = date_to_days(date->year, date->mon, date->day) - 2;
	int64_t last = day + 11; /* every day of the week, zones on both sides */
	int end = hours->end + (hours_cross(hours) ? 1440 : 0);

	for (; day < last; day++) {
		int64_t start;

		if (!(hours->days & 1u << date_weekday(day)))
			continue;
		if (minute_of(d, day, end) <= from)
			continue;
		start = minute_of(d, day, hours->start);
		return start > from ? start : from;
	}
	return from;
}
