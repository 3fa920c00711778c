/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hours of the week: "Mon-Fri,Sun 22:00-04:00". A window belongs to the day
 * on which it opens and may run past midnight into the next.
 */
#ifndef WEIR_BASE_HOURS_H
#define WEIR_BASE_HOURS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hours {
	uint8_t days;	     /* bit 0: Monday ... bit 6: Sunday */
	uint16_t start, end; /* minutes of the day; end may be 24:00 */
};

/* 0, -EINVAL: not hours, -ERANGE: the window ends where it starts. */
int hours_parse(const char *text, size_t len, struct hours *ret);

/* Does the window run past midnight? */
bool hours_cross(const struct hours *h);

/* Is @minute of @weekday (0: Monday) inside? */
bool hours_cover(const struct hours *h, int weekday, int minute);

#endif /* WEIR_BASE_HOURS_H */
