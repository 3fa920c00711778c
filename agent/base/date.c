// SPDX-License-Identifier: GPL-2.0-only
/*
 * Strict dates without the C library's calendar, which reads the host's zone
 * and quietly turns 31 June into 1 July.
 */
#include "base/date.h"

#include <errno.h>

#define DAY_S 86400

int64_t date_to_days(int year, int mon, int day)
{
	/* Years begin in March, so that the leap day is the last of one. */
	int64_t y = mon <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (mon + (mon > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - 719468;
}

void date_from_days(int64_t days, struct date *ret)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t month = (5 * doy + 2) / 153;

	*ret = (struct date){ 0 };
	ret->day = (int)(doy - (153 * month + 2) / 5 + 1);
	ret->mon = (int)(month < 10 ? month + 3 : month - 9);
	ret->year = (int)(yoe + era * 400 + (ret->mon <= 2));
}

int date_weekday(int64_t days)
{
	int64_t w = (days + 3) % 7; /* 1970-01-01 was a Thursday */

	return (int)(w < 0 ? w + 7 : w);
}

/*
 * @text against @form, where "9" is a digit and all else itself; the numbers
 * met go to @ret in order.
 */
static bool scan(const char *text, const char *form, int *ret)
{
	for (; *form; form++, text++) {
		if (*form != '9') {
			if (*text != *form)
				return false;
			if (form[1] == '9')
				*++ret = 0;
			continue;
		}
		if (*text < '0' || *text > '9')
			return false;
		*ret = *ret * 10 + (*text - '0');
	}
	return true;
}

static bool day_exists(const struct date *d)
{
	struct date same;

	if (d->year < 2000 || d->year > 2199 || d->mon < 1 || d->mon > 12 ||
	    d->day < 1 || d->day > 31)
		return false;
	date_from_days(date_to_days(d->year, d->mon, d->day), &same);
	return same.mon == d->mon && same.day == d->day;
}

static int parse_offset(const char *text, size_t len, struct date *d)
{
	int part[3] = { 0 };

	d->has_offset = true;
	if (len == 1 && *text == 'Z')
		return 0;
	if (len != 6 || (*text != '+' && *text != '-') ||
	    !scan(text + 1, "99:99", part))
		return -EINVAL;
	/* The farthest zones are -12:00 and +14:00. */
	if (part[0] > 14 || part[1] > 59)
		return -ERANGE;
	d->offset_s = (part[0] * 60 + part[1]) * 60;
	if (*text == '-')
		d->offset_s = -d->offset_s;
	return 0;
}

int date_parse(const char *text, size_t len, struct date *ret)
{
	struct date d = { 0 };
	int part[6] = { 0 };
	int err = 0;

	if (len == 10 && scan(text, "9999-99-99", part)) {
		d.has_time = false;
	} else if (len > 19 && scan(text, "9999-99-99T99:99:99", part)) {
		d.has_time = true;
		err = parse_offset(text + 19, len - 19, &d);
	} else {
		return -EINVAL;
	}
	if (err)
		return err;
	d.year = part[0];
	d.mon = part[1];
	d.day = part[2];
	d.hour = part[3];
	d.min = part[4];
	d.sec = part[5];
	if (!day_exists(&d) || d.hour > 23 || d.min > 59 || d.sec > 59)
		return -ERANGE;
	*ret = d;
	return 0;
}

void date_from_epoch(int64_t epoch_s, int offset_s, struct date *ret)
{
	int64_t local_s = epoch_s + offset_s;
	int64_t days = (local_s >= 0 ? local_s : local_s - DAY_S + 1) / DAY_S;
	int of_day = (int)(local_s - days * DAY_S);

	date_from_days(days, ret);
	ret->hour = of_day / 3600;
	ret->min = of_day / 60 % 60;
	ret->sec = of_day % 60;
	ret->offset_s = offset_s;
	ret->has_time = true;
	ret->has_offset = true;
}

int64_t date_to_epoch(const struct date *d)
{
	return date_to_days(d->year, d->mon, d->day) * DAY_S + d->hour * 3600 +
	       d->min * 60 + d->sec - d->offset_s;
}
