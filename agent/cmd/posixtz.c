// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/posixtz.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/date.h"

/* RFC 8536 lets rules of version 3 say up to a week, either way. */
#define HOURS_MAX 167

/* A name of a zone: three letters or more, or anything in <>. */
static bool skip_name(const char **p)
{
	const char *at = *p;

	if (*at == '<') {
		at = strchr(at, '>');
		if (!at)
			return false;
		*p = at + 1;
		return true;
	}
	while (isalpha((unsigned char)*at))
		at++;
	if (at - *p < 3)
		return false;
	*p = at;
	return true;
}

static bool read_number(const char **p, int max, int *ret)
{
	int n = 0;

	if (!isdigit((unsigned char)**p))
		return false;
	for (; isdigit((unsigned char)**p); (*p)++) {
		n = n * 10 + (**p - '0');
		if (n > max)
			return false;
	}
	*ret = n;
	return true;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(const char **p, int32_t *ret)
{
	int sign = **p == '-' ? -1 : 1, hour, min = 0, sec = 0;

	*p += **p == '-' || **p == '+';
	if (!read_number(p, HOURS_MAX, &hour))
		return false;
	if (**p == ':') {
		(*p)++;
		if (!read_number(p, 59, &min))
			return false;
		if (**p == ':') {
			(*p)++;
			if (!read_number(p, 59, &sec))
				return false;
		}
	}
	*ret = sign * (hour * 3600 + min * 60 + sec);
	return true;
}

static bool read_dotted(const char **p, char before, int max, int *ret)
{
	if (*(*p)++ != before)
		return false;
	return read_number(p, max, ret);
}

/* ,Mm.w.d or ,Jn or ,n, then [/time] */
static bool read_day(const char **p, struct posixtz_day *ret)
{
	*ret = (struct posixtz_day){ .form = 'n', .time_s = 2 * 3600 };
	if (*(*p)++ != ',')
		return false;
	if (**p == 'M') {
		ret->form = 'M';
		if (!read_dotted(p, 'M', 12, &ret->mon) || !ret->mon ||
		    !read_dotted(p, '.', 5, &ret->week) || !ret->week ||
		    !read_dotted(p, '.', 6, &ret->day))
			return false;
	} else if (**p == 'J') {
		ret->form = 'J';
		if (!read_dotted(p, 'J', 365, &ret->day) || !ret->day)
			return false;
	} else if (!read_number(p, 365, &ret->day)) {
		return false;
	}
	if (**p != '/')
		return true;
	(*p)++;
	return read_time(p, &ret->time_s);
}

int posixtz_parse(const char *text, struct posixtz *ret)
{
	struct posixtz tz = { 0 };
	int32_t west;

	if (!skip_name(&text) || !read_time(&text, &west))
		return -EINVAL;
	tz.offset_s = -west;
	if (*text) {
		tz.has_summer = true;
		if (!skip_name(&text))
			return -EINVAL;
		tz.summer_s = tz.offset_s + 3600;
		if (*text && *text != ',') {
			if (!read_time(&text, &west))
				return -EINVAL;
			tz.summer_s = -west;
		}
		if (!read_day(&text, &tz.start) || !read_day(&text, &tz.end) || *text)
			return -EINVAL;
	}
	*ret = tz;
	return 0;
}

/* Days since 1970-01-01 of the rule's day in @year. */
static int64_t day_in(const struct posixtz_day *rule, int year)
{
	int64_t jan1 = date_to_days(year, 1, 1), day, next;

	if (rule->form == 'n')
		return jan1 + rule->day;
	/* J counts no 29th of February. */
	if (rule->form == 'J')
		return jan1 + rule->day - 1 +
		       (rule->day > 59 && date_to_days(year + 1, 1, 1) - jan1 == 366);
	day = date_to_days(year, rule->mon, 1);
	next = rule->mon == 12 ? date_to_days(year + 1, 1, 1) :
				 date_to_days(year, rule->mon + 1, 1);
	/* date_weekday() counts from Monday, the rule from Sunday. */
	day += (rule->day + 6 - date_weekday(day)) % 7 + (rule->week - 1) * 7;
	while (day >= next)
		day -= 7;
	return day;
}

int32_t posixtz_offset(const struct posixtz *tz, int64_t epoch_s)
{
	int64_t local = epoch_s + tz->offset_s, start, end;
	struct date d;
	bool is_summer;

	if (!tz->has_summer)
		return tz->offset_s;
	date_from_days(local / 86400 - (local % 86400 < 0), &d);
	/* Each change is told in the time that ends with it. */
	start = day_in(&tz->start, d.year) * 86400 + tz->start.time_s - tz->offset_s;
	end = day_in(&tz->end, d.year) * 86400 + tz->end.time_s - tz->summer_s;
	is_summer = start < end ? epoch_s >= start && epoch_s < end :
				  epoch_s >= start || epoch_s < end;
	return is_summer ? tz->summer_s : tz->offset_s;
}
