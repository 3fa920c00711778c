// SPDX-License-Identifier: GPL-2.0-only
/*
 * Local times of real zones: what does not exist, what exists twice, and days
 * that are not of 24 hours, from the host's own database.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "cmd/zoneinfo.h"
#include "tap.h"

static const struct {
	const char *zone;
	int year, mon, day, hour, min;
	int mon_utc, day_utc, hour_utc, min_utc;
	const char *title;
} moments[] = {
	{ "Europe/Berlin", 2026, 3, 29, 1, 59, 3, 29, 0, 59, "the last minute before the change" },
	{ "Europe/Berlin", 2026, 3, 29, 2, 0, 3, 29, 1, 0, "the first that is left out" },
	{ "Europe/Berlin", 2026, 3, 29, 2, 30, 3, 29, 1, 0, "the middle of what is left out" },
	{ "Europe/Berlin", 2026, 3, 29, 3, 0, 3, 29, 1, 0, "the first after it" },
	{ "Europe/Berlin", 2026, 10, 25, 2, 30, 10, 25, 0, 30, "the first pass of a double hour" },
	{ "Europe/Berlin", 2026, 10, 25, 3, 0, 10, 25, 2, 0, "the end of the second" },
	{ "America/New_York", 2026, 3, 8, 2, 30, 3, 8, 7, 0, "the same in New York" },
	{ "America/New_York", 2026, 11, 1, 1, 30, 11, 1, 5, 30, "twice in New York" },
	{ "Australia/Lord_Howe", 2026, 10, 4, 2, 15, 10, 3, 15, 30, "half an hour left out" },
	{ "Australia/Lord_Howe", 2026, 4, 5, 1, 45, 4, 4, 14, 45, "half an hour twice" },
	{ "Asia/Beirut", 2026, 3, 29, 0, 0, 3, 28, 22, 0, "a day without its midnight" },
	{ "Asia/Beirut", 2026, 10, 25, 0, 0, 10, 24, 22, 0, "a midnight after 23:00 came twice" },
	{ "Asia/Kathmandu", 2026, 1, 1, 0, 0, 12, 31, 18, 15, "a zone of quarters of an hour" },
	{ "Asia/Shanghai", 2026, 6, 1, 0, 0, 5, 31, 16, 0, "a zone without changes" },
	{ "Pacific/Apia", 2011, 12, 30, 12, 0, 12, 30, 10, 0, "the noon of a day that was left out" },
};

static int64_t local_s(int year, int mon, int day, int hour, int min)
{
	struct date d = { .year = year, .mon = mon, .day = day, .hour = hour, .min = min };

	return date_to_epoch(&d);
}

static void test_moments(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		int64_t got, want;

		if (!zoneinfo_exists(moments[i].zone)) {
			ok(true, "%s # SKIP tzdata is not installed", moments[i].title);
			continue;
		}
		got = zoneinfo_time(moments[i].zone, moments[i].year, moments[i].mon,
				    moments[i].day, moments[i].hour, moments[i].min, 0);
		want = local_s(moments[i].year - (moments[i].mon < moments[i].mon_utc),
			       moments[i].mon_utc, moments[i].day_utc, moments[i].hour_utc,
			       moments[i].min_utc);
		if (!ok(got == want, "%s", moments[i].title))
			printf("# %lld, not %lld\n", (long long)got, (long long)want);
	}
}

static const char *const zones[] = {
	"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "Asia/Tehran",
	"America/Santiago", "Africa/Casablanca", "Asia/Kathmandu", "Asia/Shanghai", "UTC",
	"Pacific/Kiritimati", "America/St_Johns",
};

/* Every quarter of an hour of three years: the first moment that shows it or more. */
static unsigned int walk(const char *zone)
{
	int64_t want = local_s(2025, 1, 2, 0, 0), end = local_s(2028, 1, 1, 0, 0);
	unsigned int wrong = 0;

	for (int64_t at = want - 86400; want < end; at += 900) {
		while (at + zoneinfo_offset(zone, at) >= want) {
			struct date d;

			date_from_epoch(want, 0, &d);
			wrong += zoneinfo_time(zone, d.year, d.mon, d.day, d.hour, d.min, 0) != at;
			want += 900;
		}
	}
	return wrong;
}

static void test_zones(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
		if (!zoneinfo_exists(zones[i]))
			ok(true, "%s # SKIP tzdata is not installed", zones[i]);
		else
			ok(!walk(zones[i]), "%s: a local time is the first moment that shows it",
			   zones[i]);
	}
}

static void test_shown(void)
{
	struct date d;

	date_from_epoch(1774745999, 3600, &d);
	ok(d.year == 2026 && d.mon == 3 && d.day == 29 && d.hour == 1 && d.min == 59 && d.sec == 59 &&
	   date_to_epoch(&d) == 1774745999, "what a clock shows at a moment, and back");
	date_from_epoch(-1, -3600, &d);
	ok(d.year == 1969 && d.day == 31 && d.hour == 22 && date_to_epoch(&d) == -1,
	   "also before 1970");
}

int main(void)
{
	test_moments();
	test_zones();
	test_shown();
	return tap_done();
}
