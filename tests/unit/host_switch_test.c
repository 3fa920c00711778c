// SPDX-License-Identifier: GPL-2.0-only
/*
 * At the switch: what systemd says of a unit, what is done about it then, and
 * what is remembered of it from one agent to the next.
 */
#include <stdlib.h>
#include <unistd.h>

#include "cmd/at_switch.h"
#include "fixture.h"
#include "tap.h"

#define S 1000000000ULL

/* --- systemctl show --- */

static const char shown[] =
	"LoadState=loaded\nActiveState=active\nMainPID=4711\n"
	"ControlGroup=/system.slice/ew.service\nActiveEnterTimestampMonotonic=12000000\n"
	"\n"
	"MainPID=0\nLoadState=not-found\nActiveState=inactive\nControlGroup=\n"
	"ActiveEnterTimestampMonotonic=0\n"
	"\n"
	"LoadState=masked\nActiveState=failed\n";

static void test_show(void)
{
	struct unit_show u;

	ok(unit_show_nth(shown, 0, &u) && u.is_loaded && u.is_active && !u.is_ended &&
	   !u.is_masked && u.main_pid == 4711 && u.active_us == 12000000 &&
	   !strcmp(u.cgroup, "/system.slice/ew.service"), "a unit that runs");
	ok(unit_show_nth(shown, 1, &u) && !u.is_loaded && u.is_ended && !u.main_pid &&
	   !*u.cgroup, "the second, which is not there");
	ok(unit_show_nth(shown, 2, &u) && u.is_loaded && u.is_masked && u.is_ended,
	   "the last, masked, without a line's end behind it");
	ok(!unit_show_nth(shown, 3, &u), "there is no fourth");
	ok(!unit_show_nth("", 0, &u) && !unit_show_nth("\n\n", 0, &u), "nothing was said");
	ok(unit_show_nth("\n\nActiveState=active\n", 0, &u) && u.is_active,
	   "empty lines ahead are none of a unit's");
	ok(unit_show_nth("ActiveState=activating\n", 0, &u) && !u.is_active && !u.is_ended,
	   "on its way up it is neither");
	ok(unit_show_nth("XActiveState=active\nActiveState\nActiveStateX=active\n", 0, &u) &&
	   !u.is_active, "what only looks like the key");
}

static void test_names(void)
{
	static const char *const good[] = { "ew.service", "ew@1.service", "a\\x2db:c.service" };
	static const char *const bad[] = { "", ".service", "-H.service", "ew.timer", "a b.service",
					   "a\n.service", "../x.service", "\x1b[2J.service" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(unit_show_may_ask(good[i]), "%s is a unit", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(!unit_show_may_ask(bad[i]), "bad name %zu is none", i);
}

/* --- what is done --- */

static const struct unit_show runs = { .is_loaded = true, .is_active = true, .main_pid = 7 };
static const struct unit_show ends = { .is_loaded = true };
static const struct unit_show ended = { .is_loaded = true, .is_ended = true };
static const struct unit_show masked = { .is_loaded = true, .is_masked = true, .is_ended = true };
static const struct unit_show absent = { .is_ended = true };

static void test_deeds(void)
{
	static const struct {
		const char *what;
		bool is_wanted, wants_stop, is_masked, is_own;
		uint8_t stops;
		uint64_t stopped_ns;
		const struct unit_show *show;
		uint8_t want; /* enum unit_deed */
	} rows[] = {
		{ "it runs: stop", true, true, false, true, 0, 0, &runs, UNIT_STOP },
		{ "it runs, and is to be left: wait", true, false, false, true, 0, 0, &runs,
		  UNIT_WAIT },
		{ "cron runs something of it: leave", true, true, false, false, 0, 0, &runs,
		  UNIT_LEAVE },
		{ "it is stopping: wait", true, true, false, true, 1, 99 * S, &ends, UNIT_WAIT },
		{ "somebody started it again: stop", true, true, false, true, 1, 90 * S, &runs,
		  UNIT_STOP },
		{ "asked a moment ago: wait", true, true, false, true, 1, 99 * S, &runs,
		  UNIT_WAIT },
		{ "again and again: no more", true, true, false, true, SWITCH_STOPS_MAX, 90 * S,
		  &runs, UNIT_WAIT },
		{ "it has ended: mask", true, true, false, false, 1, 90 * S, &ended, UNIT_MASK },
		{ "it did not run: mask", true, false, false, true, 0, 0, &ended, UNIT_MASK },
		{ "it is masked: keep", true, true, true, true, 1, 0, &masked, UNIT_KEEP },
		{ "the mask has no effect: keep", true, true, true, true, 1, 0, &ended,
		  UNIT_KEEP },
		{ "somebody else masked it: leave", true, true, false, true, 0, 0, &masked,
		  UNIT_LEAVE },
		{ "it is not here: forget", true, true, false, true, 0, 0, &absent, UNIT_FORGET },
		{ "nobody could say: wait", true, true, false, true, 0, 0, NULL, UNIT_WAIT },
		{ "no longer blocked: unmask", false, false, true, false, 0, 0, NULL,
		  UNIT_UNMASK },
		{ "no longer blocked, never masked: forget", false, false, false, true, 1, 0,
		  NULL, UNIT_FORGET },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct switch_unit u = { .is_wanted = rows[i].is_wanted,
					       .wants_stop = rows[i].wants_stop,
					       .is_masked = rows[i].is_masked,
					       .stops = rows[i].stops,
					       .stopped_ns = rows[i].stopped_ns };

		ok(switch_next(&u, rows[i].show, rows[i].is_own, 100 * S) == rows[i].want, "%s",
		   rows[i].what);
	}
}

static void test_late(void)
{
	const struct switch_unit u = { .is_wanted = true, .wants_stop = true, .stops = 1,
				       .stopped_ns = 1 * S };

	ok(switch_next(&u, &ends, true, 100 * S) == UNIT_WAIT, "a unit has its own time to stop");
	ok(switch_next(&u, &ends, true, 200 * S) == UNIT_LEAVE, "and then is left to systemd");
}

static void test_vital(void)
{
	static const char *const vital[] = { "ssh.service", "systemd-networkd.service",
					     "getty@tty1.service", "dbus.service", "weir.service",
					     "NetworkManager.service", "user@1000.service" };
	static const char *const others[] = { "vgauth.service", "ew-agent.service",
					      "cron.service" };
	struct switch_units all = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(vital); i++)
		ok(switch_is_vital(vital[i]) && !switch_unit_of(&all, vital[i], "v/p"),
		   "%s is never touched", vital[i]);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		ok(!switch_is_vital(others[i]), "%s may be", others[i]);
	ok(switch_unit_of(&all, "a.service", "v/p") && all.cnt == 1 &&
	   switch_unit_of(&all, "a.service", "v/p") == &all.list[0] && all.cnt == 1,
	   "a unit is known once");
	ok(!switch_unit_of(&all, "a.service", "v/other"), "and by one product");
	ok(!switch_unit_of(&all, "a b.service", "v/p"), "nothing that is no name");
	switch_units_end(&all);
}

/* --- remembered --- */

static void test_memory(const char *dir)
{
	struct at_switch s = { .boot_id = "boot-1" }, back = { 0 };
	struct switch_seen seen = { .id = strdup("v/p"), .level = SWITCH_IN_FORCE,
				    .on_switch = ON_SWITCH_STOP_UNIT };
	struct switch_unit *u;
	char path[256];

	snprintf(path, sizeof(path), "%s/switch.json", dir);
	s.list = malloc(sizeof(seen));
	s.list[s.cnt++] = seen;
	switch_unit_of(&s.units, "asked.service", "v/p");
	u = switch_unit_of(&s.units, "ew.service", "v/p");
	u->is_masked = true;
	ok(!switch_write(path, &s), "what was masked is written down");
	ok(!switch_read(path, "boot-1", &back) && back.cnt == 1 && back.units.cnt == 1 &&
	   !strcmp(back.units.list[0].name, "ew.service") && back.units.list[0].is_masked &&
	   back.list[0].level == SWITCH_IN_FORCE &&
	   back.list[0].on_switch == ON_SWITCH_STOP_UNIT, "and read again on the same boot");
	switch_end(&back);
	ok(!switch_read(path, "boot-2", &back) && !back.cnt && !back.units.cnt,
	   "on another one nothing of it is true any more");
	switch_end(&back);
	switch_end(&s);
	ok(switch_read("/nowhere/switch.json", "b", &back) == -ENOENT, "no file is no error");
}

static void test_damage(const char *dir)
{
	static const char *const texts[] = {
		"", "{", "[]", "{\"boot\": \"b\"}", "{\"boot\": \"b\", \"products\": [], \"units\": {}}",
	};
	struct at_switch s = { 0 };
	char path[256];

	snprintf(path, sizeof(path), "%s/damaged.json", dir);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		FILE *f = fopen(path, "w");

		fputs(texts[i], f);
		fclose(f);
		ok(switch_read(path, "b", &s) == -EINVAL && !s.cnt, "damaged: %s", texts[i]);
	}
	unlink(path);
	ok(switch_read(dir, "b", &s) == -EINVAL, "a directory is no memory");
	snprintf(path, sizeof(path), "%s/switch.json", dir);
	unlink(path);
}

int main(void)
{
	char dir[] = "/tmp/weir-switch-XXXXXX";

	if (!mkdtemp(dir))
		return 1;
	test_show();
	test_names();
	test_deeds();
	test_late();
	test_vital();
	test_memory(dir);
	test_damage(dir);
	rmdir(dir);
	return tap_done();
}
