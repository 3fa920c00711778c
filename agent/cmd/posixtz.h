/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rule at the end of a zone file, a POSIX TZ like
 * "CET-1CEST,M3.5.0,M10.5.0/3": what holds after its last listed change.
 */
#ifndef WEIR_CMD_POSIXTZ_H
#define WEIR_CMD_POSIXTZ_H

#include <stdbool.h>
#include <stdint.h>

struct posixtz_day {
	char form;     /* 'M': week of a month, 'J': day 1 to 365, 'n': day 0 to 365 */
	int mon, week; /* of 'M' */
	int day;       /* of 'M' the weekday, 0: Sunday */
	int32_t time_s;
};

struct posixtz {
	int32_t offset_s, summer_s; /* east of UTC */
	bool has_summer;
	struct posixtz_day start, end; /* of summer time */
};

/* 0, or -EINVAL when it is none. */
int posixtz_parse(const char *text, struct posixtz *ret);

/* Seconds east of UTC at @epoch_s. */
int32_t posixtz_offset(const struct posixtz *tz, int64_t epoch_s);

#endif /* WEIR_CMD_POSIXTZ_H */
