// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hours of the week: the grammar, and which minutes are inside.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hours.h"
#include "tap.h"

static const struct {
	const char *text;
	int err;
} forms[] = {
	{ "Mon-Fri,Sun 22:00-04:00", 0 },
	{ "Sat 00:00-24:00", 0 },
	{ "Sat-Mon 01:00-02:00", 0 },
	{ "Mon-Sun 00:00-00:01", 0 },
	{ "Sat,Sun 00:00-06:00", 0 },
	{ "Sat 22:00-22:00", -ERANGE },
	{ "Sat 00:00-00:00", -ERANGE },
	{ "Sat 24:00-01:00", -EINVAL },
	{ "Sat 00:00-24:01", -EINVAL },
	{ "Sat 00:60-01:00", -EINVAL },
	{ "Sat 25:00-01:00", -EINVAL },
	{ "Sat 9:00-10:00", -EINVAL },
	{ "Sat 09:00-10:00 ", -EINVAL },
	{ "Sat  09:00-10:00", -EINVAL },
	{ "Sat, Sun 09:00-10:00", -EINVAL },
	{ "Sat,Sat 09:00-10:00", -EINVAL },
	{ "Mon-Wed,Tue 09:00-10:00", -EINVAL },
	{ "sat 09:00-10:00", -EINVAL },
	{ "Saturday 09:00-10:00", -EINVAL },
	{ "09:00-10:00", -EINVAL },
	{ "Sat", -EINVAL },
	{ "Sat 09:00", -EINVAL },
	{ "Sat-", -EINVAL },
	{ "", -EINVAL },
};

static const struct {
	const char *text;
	int weekday, minute;
	bool want;
	const char *title;
} covers[] = {
	{ "Mon-Fri,Sun 22:00-04:00", 0, 22 * 60, true, "the first minute is inside" },
	{ "Mon-Fri,Sun 22:00-04:00", 0, 21 * 60 + 59, false, "the minute before is not" },
	{ "Mon-Fri,Sun 22:00-04:00", 5, 60, true, "Friday's window runs into Saturday" },
	{ "Mon-Fri,Sun 22:00-04:00", 5, 23 * 60, false, "Saturday has no window of its own" },
	{ "Mon-Fri,Sun 22:00-04:00", 0, 60, true, "Sunday's window runs into Monday" },
	{ "Mon-Fri,Sun 22:00-04:00", 6, 60, false, "nothing runs from Saturday into Sunday" },
	{ "Mon-Fri,Sun 22:00-04:00", 1, 4 * 60, false, "the end is outside" },
	{ "Sat 00:00-24:00", 5, 23 * 60 + 59, true, "24:00 takes in the last minute" },
	{ "Sat 00:00-24:00", 6, 0, false, "24:00 does not run into the next day" },
	{ "Sat-Mon 01:00-02:00", 6, 90, true, "a range of days runs over the week's end" },
	{ "Sat-Mon 01:00-02:00", 1, 90, false, "and stops where it says" },
};

int main(void)
{
	struct hours h;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forms); i++)
		ok(hours_parse(forms[i].text, strlen(forms[i].text), &h) == forms[i].err,
		   "\"%s\" is %s", forms[i].text, forms[i].err ? "refused" : "taken");
	for (i = 0; i < ARRAY_SIZE(covers); i++)
		ok(!hours_parse(covers[i].text, strlen(covers[i].text), &h) &&
		   hours_cover(&h, covers[i].weekday, covers[i].minute) == covers[i].want,
		   "%s: %s", covers[i].text, covers[i].title);
	return tap_done();
}
