/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zones of the tests: a few changes of clocks in 2031, each given by its moment
 * and what the clock is ahead of UTC from then on.
 */
#ifndef WEIR_TESTS_CLOCK_H
#define WEIR_TESTS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/date.h"

struct clock_change {
	int64_t at;
	int32_t offset_s;
};

struct clock_zone {
	const char *name;
	struct clock_change change[3]; /* the first from the beginning */
};

#define CLOCK_ZONES 5

/* As in Berlin; at midnight; half an hour, in the south; far in the west. */
static const struct clock_zone clock_zones[CLOCK_ZONES] = {
	{ "UTC", { { INT64_MIN, 0 }, { INT64_MAX, 0 }, { INT64_MAX, 0 } } },
	{ "Europe/Berlin",
	  { { INT64_MIN, 3600 }, { 1932598800, 7200 }, { 1950742800, 3600 } } },
	{ "Test/Midnight",
	  { { INT64_MIN, 7200 }, { 1934834400, 10800 }, { 1951160400, 7200 } } },
	{ "Test/Half",
	  { { INT64_MIN, 39600 }, { 1933167600, 37800 }, { 1948894200, 39600 } } },
	{ "Test/West",
	  { { INT64_MIN, -36000 }, { 1931428800, -32400 }, { 1951988400, -36000 } } },
};

static inline const struct clock_zone *clock_zone(const char *name)
{
	for (int i = 0; i < CLOCK_ZONES; i++)
		if (!strcmp(clock_zones[i].name, name))
			return &clock_zones[i];
	return NULL;
}

static inline bool clock_zone_exists(const char *name)
{
	return clock_zone(name);
}

/* What the clock shows at @at, as if it were UTC. */
static inline int64_t clock_shows(const struct clock_zone *z, int64_t at)
{
	int i = 2;

	while (at < z->change[i].at)
		i--;
	return at + z->change[i].offset_s;
}

/* The first moment when the clock shows that or more. */
static inline int64_t clock_time(const char *zone, int year, int mon, int day, int hour, int min,
				 int sec)
{
	const struct clock_zone *z = clock_zone(zone);
	struct date d = { .year = year, .mon = mon, .day = day, .hour = hour, .min = min,
			  .sec = sec };
	int64_t local = date_to_epoch(&d), at = 0;

	for (int i = 0; i < 3; i++) {
		at = local - z->change[i].offset_s;
		if (at < z->change[i].at)
			return z->change[i].at;
		if (i == 2 || at < z->change[i + 1].at)
			break;
	}
	return at;
}

#endif /* WEIR_TESTS_CLOCK_H */
