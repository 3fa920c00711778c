// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grammar: DAYS " " hh:mm "-" hh:mm, where DAYS is a list of days and
 * ranges of days with commas. A range may run over the end of the week. A day
 * named twice is refused: it is a slip, and the window is not what was meant.
 */
#include "base/hours.h"

#include <errno.h>
#include <string.h>

static const char day_names[7][4] = { "Mon", "Tue", "Wed", "Thu",
				      "Fri", "Sat", "Sun" };

/* What is left of the text. */
struct rest {
	const char *p, *end;
};

static bool take(struct rest *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static int take_day(struct rest *r)
{
	int i;

	if (r->end - r->p < 3)
		return -EINVAL;
	for (i = 0; i < 7; i++) {
		if (memcmp(r->p, day_names[i], 3) != 0)
			continue;
		r->p += 3;
		return i;
	}
	return -EINVAL;
}

/* One day or one range into @days. */
static int take_days(struct rest *r, uint8_t *days)
{
	int first = take_day(r), last = first, i;

	if (first >= 0 && take(r, '-'))
		last = take_day(r);
	if (first < 0 || last < 0)
		return -EINVAL;
	for (i = first;; i = (i + 1) % 7) {
		if (*days & 1u << i)
			return -EINVAL;
		*days |= (uint8_t)(1u << i);
		if (i == last)
			return 0;
	}
}

static int take_digits(struct rest *r)
{
	int value;

	if (r->end - r->p < 2 || r->p[0] < '0' || r->p[0] > '9' ||
	    r->p[1] < '0' || r->p[1] > '9')
		return -EINVAL;
	value = (r->p[0] - '0') * 10 + (r->p[1] - '0');
	r->p += 2;
	return value;
}

static int take_time(struct rest *r)
{
	int hour = take_digits(r);
	int min = hour >= 0 && take(r, ':') ? take_digits(r) : -EINVAL;

	if (min < 0 || min > 59 || hour > 24 || (hour == 24 && min))
		return -EINVAL;
	return hour * 60 + min;
}

int hours_parse(const char *text, size_t len, struct hours *ret)
{
	struct rest r = { text, text + len };
	struct hours h = { 0 };
	int start, end;

	do {
		if (take_days(&r, &h.days))
			return -EINVAL;
	} while (take(&r, ','));
	if (!take(&r, ' '))
		return -EINVAL;
	start = take_time(&r);
	end = start >= 0 && take(&r, '-') ? take_time(&r) : -EINVAL;
	if (end < 0 || start == 24 * 60 || r.p != r.end)
		return -EINVAL;
	/* Nothing, or a whole day? Both can be said plainly. */
	if (start == end)
		return -ERANGE;
	h.start = (uint16_t)start;
	h.end = (uint16_t)end;
	*ret = h;
	return 0;
}

bool hours_cross(const struct hours *h)
{
	return h->end < h->start;
}

bool hours_cover(const struct hours *h, int weekday, int minute)
{
	int before = (weekday + 6) % 7;

	if (!hours_cross(h))
		return h->days & 1u << weekday && minute >= h->start &&
		       minute < h->end;
	return (h->days & 1u << weekday && minute >= h->start) ||
	       (h->days & 1u << before && minute < h->end);
}
