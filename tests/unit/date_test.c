// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dates: what is one, and when it is.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "tap.h"

static const struct {
	const char *text;
	int err;
	long long epoch;
} cases[] = {
	{ "2000-01-01", 0, 946684800 },
	{ "2026-11-22", 0, 1795305600 },
	{ "2024-02-29", 0, 1709164800 },
	{ "2199-12-31", 0, 7258032000 },
	{ "2026-11-22T10:20:30Z", 0, 1795342830 },
	{ "2026-11-22T10:20:30+08:00", 0, 1795314030 },
	{ "2026-11-22T10:20:30-05:30", 0, 1795362630 },
	{ "2100-02-29", -ERANGE, 0 }, /* a century without a leap day */
	{ "2023-02-29", -ERANGE, 0 },
	{ "2026-06-31", -ERANGE, 0 },
	{ "2026-13-01", -ERANGE, 0 },
	{ "2026-00-01", -ERANGE, 0 },
	{ "2026-01-00", -ERANGE, 0 },
	{ "1999-12-31", -ERANGE, 0 },
	{ "2200-01-01", -ERANGE, 0 },
	{ "2026-11-22T24:00:00Z", -ERANGE, 0 },
	{ "2026-11-22T10:60:00Z", -ERANGE, 0 },
	{ "2026-11-22T10:20:60Z", -ERANGE, 0 },
	{ "2026-11-22T10:20:30+15:00", -ERANGE, 0 },
	{ "2026-11-22T10:20:30", -EINVAL, 0 }, /* whose hour? */
	{ "2026-11-22T10:20Z", -EINVAL, 0 },
	{ "2026-11-22 10:20:30Z", -EINVAL, 0 },
	{ "2026-11-22T10:20:30z", -EINVAL, 0 },
	{ "2026-11-22T10:20:30+0800", -EINVAL, 0 },
	{ "2026-11-22T10:20:30.5Z", -EINVAL, 0 },
	{ "2026-1-1", -EINVAL, 0 },
	{ "26-11-2026", -EINVAL, 0 },
	{ "22.11.2026", -EINVAL, 0 },
	{ "2026-11-22 ", -EINVAL, 0 },
	{ "+026-11-22", -EINVAL, 0 },
	{ "tomorrow", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
};

static void test_parse(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct date d = { 0 };
		int err = date_parse(cases[i].text, strlen(cases[i].text), &d);
		long long epoch = err ? 0 : date_to_epoch(&d);

		if (!ok(err == cases[i].err && epoch == cases[i].epoch,
			"\"%s\" is %s", cases[i].text,
			cases[i].err ? "no date" : "a date"))
			printf("# %d, %lld\n", err, epoch);
	}
}

/* Every day of the two centuries, against a calendar that only counts. */
static void test_every_day(void)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t days = 10957; /* 2000-01-01, a Saturday */
	int year, mon, day, wrong = 0;

	for (year = 2000; year < 2200; year++) {
		bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

		for (mon = 1; mon <= 12; mon++) {
			int len = lengths[mon - 1] + (mon == 2 && leap);

			for (day = 1; day <= len; day++, days++) {
				struct date back;

				date_from_days(days, &back);
				wrong += date_to_days(year, mon, day) != days;
				wrong += back.year != year || back.mon != mon ||
					 back.day != day;
				wrong += date_weekday(days) != (days - 10957 + 5) % 7;
			}
		}
	}
	ok(!wrong, "every day from 2000 to 2199 has its number and its weekday");
}

int main(void)
{
	test_parse();
	test_every_day();
	return tap_done();
}
