// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ends an arm that went wrong: quick boots, and units that suffer.
 */
#include "base/cleanup.h"
#include "cmd/backoff.h"
#include "cmd/boots.h"
#include "tap.h"
#include "tree.h"

static void test_boots(const struct tree *t)
{
	char file[128];

	snprintf(file, sizeof(file), "%s/boots", t->base);
	ok(boots_enter(file, "a", 1000) == 1, "the first boot is one");
	ok(boots_enter(file, "a", 1300) == 1, "an agent that starts again is no boot");
	ok(boots_enter(file, "b", 1300) == 2, "a second one soon after is two");
	ok(boots_enter(file, "c", 1301) == BOOTS_QUICK, "and a third makes three");
	ok(boots_enter(file, "c", 9000) == BOOTS_QUICK, "however often the agent starts in it");
	ok(boots_enter(file, "d", 1301 + BOOTS_APART_S + 1) == 1, "one much later begins anew");
	ok(boots_enter(file, "e", 5) == 2, "a clock that was set back counts as quick");
	unlink(file);
	ok(boots_enter(file, "f", 2300) == 1, "a host that has settled begins anew");
	for (int i = 0; i < 20; i++) {
		char id[16];

		snprintf(id, sizeof(id), "g%d", i);
		boots_enter(file, id, 2300 + i);
	}
	ok(boots_enter(file, "h", 2400) > BOOTS_QUICK, "many are still counted as too many");
	tree_text(t, "/boots", "\xff\xff\n\n not a line 7 8 9");
	ok(boots_enter(file, "i", 1) >= 1, "a damaged file is no reason to fail");
}

static bool is_unit(const char *path, const char *want)
{
	char unit[64];

	return backoff_unit_of(path, unit, sizeof(unit)) ? want && !strcmp(unit, want) : !want;
}

static void test_units(void)
{
	ok(is_unit("/system.slice/cron.service", "cron.service"), "a unit of the system");
	ok(is_unit("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"),
	   "an instance of a template");
	ok(is_unit("/system.slice/a.service/payload/deep", "a.service"), "below a unit");
	ok(is_unit("/user.slice/user-0.slice/session-1.scope", NULL), "a user's session never counts");
	ok(is_unit("/user.slice/user-0.slice/user@0.service/app.slice/x.service", NULL),
	   "nor does a unit of a user");
	ok(is_unit("/system.slice", NULL) && is_unit("/", NULL) && is_unit("", NULL) &&
		   is_unit("/system.slice/x.scope", NULL) && is_unit("/system.slice/.service", NULL),
	   "nor what is no service");
	ok(backoff_is_guarded("ssh@1-10.0.0.1:22-10.0.0.2:9.service") &&
		   backoff_is_guarded("getty@tty1.service") && !backoff_is_guarded("nginx.service"),
	   "the way in is guarded, a web server is not");
}

static void test_failed(void)
{
	static const char before[] = "nginx.service loaded failed failed web\n"
				     "sshd.service loaded failed failed OpenSSH\n";
	char unit[64];

	ok(!backoff_first_new(before, before, unit, sizeof(unit)), "what had failed already is not new");
	ok(!backoff_first_new("", "nginx.service loaded failed\n", unit, sizeof(unit)),
	   "what nobody depends on is not counted");
	ok(backoff_first_new(before, "sshd.service x\nssh.service loaded failed\n", unit,
			     sizeof(unit)) &&
		   !strcmp(unit, "ssh.service"),
	   "a way in that failed since is found");
	ok(!backoff_first_new("", "\n\n   \n", unit, sizeof(unit)), "empty lines are none");
}

int main(void)
{
	struct tree t;

	tree_init(&t);
	test_boots(&t);
	test_units();
	test_failed();
	tree_exit(&t);
	return tap_done();
}
