/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dates as a policy writes them: YYYY-MM-DD, or YYYY-MM-DDThh:mm:ss with "Z"
 * or an offset. Years 2000 to 2199.
 */
#ifndef WEIR_BASE_DATE_H
#define WEIR_BASE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct date {
	int year, mon, day; /* mon and day from 1 */
	int hour, min, sec;
	int offset_s;	 /* east of UTC */
	bool has_time;	 /* false: the day as a whole */
	bool has_offset; /* false: of the policy's zone */
};

/* 0, -EINVAL: not a date, -ERANGE: no such day, hour or year. */
int date_parse(const char *text, size_t len, struct date *ret);

/* Days since 1970-01-01, and back. Proleptic Gregorian, any year. */
int64_t date_to_days(int year, int mon, int day);
void date_from_days(int64_t days, struct date *ret);

/* 0: Monday ... 6: Sunday. */
int date_weekday(int64_t days);

/* What a clock @offset_s east of UTC shows at @epoch_s. */
void date_from_epoch(int64_t epoch_s, int offset_s, struct date *ret);

/* Seconds since the epoch; a date without offset is taken as UTC. */
int64_t date_to_epoch(const struct date *d);

#endif /* WEIR_BASE_DATE_H */
