// SPDX-License-Identifier: GPL-2.0-only
/* Control groups by their paths to systemd's names, and what the agent keeps of them. */
#include "cmd/units.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static const struct {
	const char *path, *unit, *user_unit;
} paths[] = {
	{ "/system.slice/ssh.service", "ssh.service", NULL },
	{ "/system.slice/system-x.slice/x@1.service/sub", "x@1.service", NULL },
	{ "/system.slice/docker-0123.scope/app.service", "docker-0123.scope", NULL },
	{ "/user.slice/user-1000.slice/session-4.scope", "session-4.scope", NULL },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope",
	  "user@1000.service", "app-x.scope" },
	{ "/user.slice/user-1000.slice/user@1000.service", "user@1000.service", NULL },
	{ "/init.scope", "init.scope", NULL },
	{ "/", NULL, NULL },
	{ "", NULL, NULL },
	{ "//a//b", NULL, NULL },
	{ "/kubepods/pod1/c", NULL, NULL },
	{ "/.service/.scope", NULL, NULL },
	{ "/x.service\n/y.service", "y.service", NULL },
};

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

int main(void)
{
	char longest[600] = "/";
	struct unit_names n;
	struct units *u = calloc(1, sizeof(*u));

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		bool good = !units_read(paths[i].path, &n) && same(n.unit, paths[i].unit) &&
			    same(n.user_unit, paths[i].user_unit);

		ok(good, "%zu: %s", i, paths[i].unit ? paths[i].unit : "no unit");
		if (!good)
			printf("# %s, %s\n", n.unit, n.user_unit);
		free(n.unit);
		free(n.user_unit);
	}
	memset(longest + 1, 'a', 500);
	strcat(longest, ".service");
	ok(!units_read(longest, &n) && !n.unit, "a name that is too long is none");
	/* No group has such a number: found once, then remembered, and freed. */
	ok(!units_of(u, ~0ULL)->unit && !units_of(u, ~0ULL)->unit,
	   "a group that is gone has no unit");
	ok(!units_of(u, 0)->unit, "nor has none");
	units_exit(u);
	free(u);
	return tap_done();
}
