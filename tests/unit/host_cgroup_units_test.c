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

/* As the kernel writes them down: the group first, the root last. */
static void test_join(void)
{
	struct weir_group g = { .name = { "a.service", "system-x.slice", "system.slice" } };
	char path[4096];

	ok(units_join(&g, path, sizeof(path)) &&
	   !strcmp(path, "/system.slice/system-x.slice/a.service"), "names become a path: %s", path);
	ok(!units_join(&g, path, 10) && !units_join(&g, path, 0), "that fits, or is none");
	ok(units_join(&g, path, 39) && strlen(path) == 38, "to the byte");
	ok(!units_join(&g, path, 38), "and not one more");
	memset(&g, 0, sizeof(g));
	ok(units_join(&g, path, sizeof(path)) && !*path, "the root has none");
	for (int i = 0; i < WEIR_GROUP_DEPTH; i++)
		snprintf(g.name[i], sizeof(g.name[i]), "s");
	ok(!units_join(&g, path, sizeof(path)), "one that goes deeper is not known");
	g.name[3][0] = '\0';
	memset(g.name[1], 'n', WEIR_GROUP_NAME - 1);
	ok(!units_join(&g, path, sizeof(path)), "nor one with a name that was cut");
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
	test_join();
	free(u);
	return tap_done();
}
