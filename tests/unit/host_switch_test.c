// SPDX-License-Identifier: GPL-2.0-only
/*
 * At the switch: what systemd says of a unit, what is done about it then, and
 * what is remembered of it from one agent to the next.
 */
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/at_switch.h"
#include "fixture.h"
#include "tap.h"
#include "tree.h"

#define S 1000000000ULL

/* --- systemctl show --- */

static const char shown[] =
	"LoadState=loaded\nActiveState=active\nMainPID=4711\n"
	"ControlGroup=/system.slice/ew.service\nActiveEnterTimestampMonotonic=12000000\n"
	"ExecStart={ path=/opt/e w/d ; argv[]=/opt/e w/d -s ; status=0/0 }\n"
	"ExecStart={ path=/opt/second ; argv[]=/opt/second }\nUser=ew\n"
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
	ok(!strcmp(u.starts, "/opt/e w/d") && !strcmp(u.user, "ew"),
	   "what it starts first, and as whom");
	ok(unit_show_nth(shown, 1, &u) && !u.is_loaded && u.is_ended && !u.main_pid &&
	   !*u.cgroup && !*u.starts && !*u.user, "the second, which is not there");
	ok(unit_show_nth(shown, 2, &u) && u.is_loaded && u.is_masked && u.is_ended,
	   "the last, masked, without a line's end behind it");
	ok(!unit_show_nth(shown, 3, &u), "there is no fourth");
	ok(!unit_show_nth("", 0, &u) && !unit_show_nth("\n\n", 0, &u), "nothing was said");
	ok(unit_show_nth("\n\nActiveState=active\n", 0, &u) && u.is_active,
	   "empty lines ahead are none of a unit's");
	ok(unit_show_nth("ActiveState=activating\n", 0, &u) && !u.is_active && !u.is_ended,
	   "on its way up it is neither");
	ok(unit_show_nth("ExecStart={ path=\nUser=\n", 0, &u) && !*u.starts &&
	   unit_show_nth("ExecStart={ path=/x", 0, &u) && !*u.starts, "no start that can be read");
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
					       .is_own = rows[i].is_own,
					       .stops = rows[i].stops,
					       .stopped_ns = rows[i].stopped_ns };

		ok(switch_next(&u, rows[i].show, MASK_NONE, 100 * S) == rows[i].want, "%s",
		   rows[i].what);
	}
}

/* Of a unit that we meant to mask and that is not. */
static void test_mask_lost(void)
{
	static const struct {
		const char *what;
		const struct unit_show *show;
		enum mask_seen mask;
		uint8_t masks;
		uint8_t want; /* enum unit_deed */
	} rows[] = {
		{ "a unit file in /etc is stronger: keep", &ended, MASK_OUTRANKED, 0, UNIT_KEEP },
		{ "whoever was to mask it was killed: mask", &ended, MASK_NONE, 0, UNIT_MASK },
		{ "systemd has not looked at the link: mask", &ended, MASK_THERE, 0, UNIT_MASK },
		{ "it was killed, and the unit runs: stop", &runs, MASK_NONE, 0, UNIT_STOP },
		{ "masked again, and still no effect: keep", &ended, MASK_THERE, SWITCH_MASKS_MAX,
		  UNIT_KEEP },
	};
	struct switch_unit u = { .is_wanted = true, .wants_stop = true, .is_masked = true };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u.masks = rows[i].masks;
		ok(switch_next(&u, rows[i].show, rows[i].mask, 100 * S) == rows[i].want, "%s",
		   rows[i].what);
	}
	u.is_masked = false;
	ok(switch_next(&u, &ended, MASK_THERE, 100 * S) == UNIT_LEAVE,
	   "another's link alone makes it not ours");
}

static void test_exempt(void)
{
	const struct switch_unit u = { .is_exempt = true, .is_own = true };
	const struct switch_unit masked_by_us = { .is_exempt = true, .is_masked = true };

	ok(switch_next(&u, &runs, MASK_NONE, 100 * S) == UNIT_KEEP,
	   "an exempt unit is kept in mind: exemptions end");
	ok(switch_next(&masked_by_us, &masked, MASK_THERE, 100 * S) == UNIT_UNMASK,
	   "one that was masked before is unmasked first");
}

static void test_late(void)
{
	const struct switch_unit u = { .is_wanted = true, .wants_stop = true, .is_own = true, .stops = 1,
				       .stopped_ns = 1 * S };

	ok(switch_next(&u, &ends, MASK_NONE, 100 * S) == UNIT_WAIT, "a unit has its own time to stop");
	ok(switch_next(&u, &ends, MASK_NONE, 200 * S) == UNIT_LEAVE, "and then is left to systemd");
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

/* What was begun goes on: a unit that was asked to stop is masked by the agent after. */
static void test_kept(const char *dir)
{
	struct at_switch s = { .boot_id = "b" }, back = { 0 };
	struct switch_seen *seen = switch_seen_of(&s, "v/p");
	struct switch_unit *u = switch_unit_of(&s.units, "ew.service", "v/p");
	char path[256];

	snprintf(path, sizeof(path), "%s/kept.json", dir);
	seen->level = SWITCH_IN_FORCE;
	seen->on_switch = ON_SWITCH_STOP_UNIT;
	u->is_own = true;
	u->stops = 2;
	u->stopped_ns = 7 * S;
	u->path = strdup("/opt/ew");
	u->uid = 12;
	ok(!switch_write(path, &s) && !switch_read(path, "b", &back) && back.units.cnt == 1,
	   "a unit that was asked to stop is written down");
	u = back.units.list;
	ok(u && u->is_own && u->stops == 2 && u->stopped_ns == 7 * S && !u->is_masked &&
	   u->is_wanted && u->wants_stop && !u->is_settled && u->uid == 12 &&
	   !strcmp(u->path, "/opt/ew"), "with all that matters of it");
	ok(u && switch_next(u, &ended, MASK_NONE, 100 * S) == UNIT_MASK,
	   "so it is masked although nothing runs in it any more");
	switch_end(&back);
	s.units.list[0].is_settled = true;
	ok(!switch_write(path, &s) && !switch_read(path, "b", &back) &&
	   back.units.list[0].is_settled, "one that was left to systemd stays so");
	switch_end(&back);
	switch_end(&s);
	unlink(path);
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
}

static void test_former(const char *dir)
{
	struct at_switch s = { 0 };
	char path[256];

	snprintf(path, sizeof(path), "%s/former.json", dir);
	write_text(path, "{\"boot\": \"b\", \"products\": {\"v/p\": {\"level\": 2, "
			 "\"on_switch\": 1}}, \"units\": {\"ew.service\": \"v/p\", "
			 "\"x.service\": 7, \"y.service\": {\"masked\": true}}}");
	ok(!switch_read(path, "b", &s) && s.units.cnt == 1 && s.units.list[0].is_masked &&
	   !strcmp(s.units.list[0].product, "v/p"), "a memory of the earlier form is read");
	switch_end(&s);
	unlink(path);
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

/* --- systemctl, as a script says it --- */

static const char fake[] =
	"#!/bin/sh\n"
	"echo \"$*\" >>\"$WEIR_FAKE/asked\"\n"
	"case $* in\n"
	"*show*) cat \"$WEIR_FAKE/show\" ;;\n"
	"*' mask '*) [ ! -e \"$WEIR_FAKE/hang\" ] || exec sleep 100 ;;\n"
	"*stuck*) exit 1 ;;\n"
	"esac\n";

static void fake_systemctl(const struct tree *t)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/systemctl", t->base);
	write_text(path, fake);
	chmod(path, 0755);
	snprintf(path, sizeof(path), "%s:/usr/bin:/bin", t->base);
	setenv("PATH", path, 1);
	setenv("WEIR_FAKE", t->base, 1);
}

static bool was_asked(const struct tree *t, const char *what)
{
	char path[256], line[512];
	bool is_found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/asked", t->base);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		is_found |= strstr(line, what) != NULL;
	if (f)
		fclose(f);
	return is_found;
}

/* The child that asks may take its time. */
static bool is_asked(const struct tree *t, const char *what)
{
	for (int i = 0; i < 1000 && !was_asked(t, what); i++)
		usleep(10000);
	return was_asked(t, what);
}

static void forget_asked(const struct tree *t)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/asked", t->base);
	unlink(path);
}

static void test_undo(const struct tree *t)
{
	struct at_switch s = { .boot_id = "b" };
	unsigned int left;
	char path[256];

	snprintf(path, sizeof(path), "%s/undo.json", t->base);
	switch_unit_of(&s.units, "one.service", "v/p")->is_masked = true;
	switch_unit_of(&s.units, "two.service", "v/q")->is_masked = true;
	switch_unit_of(&s.units, "stuck.service", "v/q")->is_masked = true;
	switch_unit_of(&s.units, "asked.service", "v/q")->stops = 1;
	switch_write(path, &s);
	switch_end(&s);
	ok(switch_undo(path, "b", "v/p", &left) == 1 && !left &&
	   was_asked(t, "--runtime unmask -- one.service") && !was_asked(t, "two.service"),
	   "with no agent there, the units of one product are unmasked");
	ok(switch_undo(path, "b", NULL, &left) == 1 && left == 1 && was_asked(t, "two.service") &&
	   !was_asked(t, "asked.service"), "then all others that are masked, as far as it goes");
	ok(!switch_read(path, "b", &s) && s.units.cnt == 1 &&
	   !strcmp(s.units.list[0].name, "stuck.service"),
	   "what could not be is remembered, and nothing else");
	switch_end(&s);
	unlink(path);
	forget_asked(t);
}

static const char vendor[] =
	"vendor: v\nname: V\nproducts:\n"
	"- {product: p, name: P, class: vendor_product, indicators: [{kind: deb, value: p-deb}]}\n";

struct world {
	struct run_options opts;
	struct agent a;
	struct regime now;
};

static void world_init(struct world *w, struct tree *t)
{
	const struct journal_options jopts = { .dir = t->base };
	const struct ocsf_host host = { .hostname = "h", .machine_id = "m", .boot_id = "b",
					.os_name = "o", .kernel = "k", .version = "0" };
	struct sources *s = &w->now.sources;
	struct diag d;

	*w = (struct world){ .opts.json = true };
	w->a.opts = &w->opts;
	w->a.now = &w->now;
	w->a.root_fd = t->fd;
	catalog_new(&s->catalog);
	catalog_add(s->catalog, "v", vendor, sizeof(vendor) - 1, &d);
	catalog_seal(s->catalog, &d);
	if (journal_open(&jopts, 1000, &w->a.journal) || ocsf_new(&host, &w->a.ocsf))
		abort();
}

static void world_exit(struct world *w)
{
	switch_end(&w->a.at_switch);
	journal_close(w->a.journal, 2000);
	ocsf_free(w->a.ocsf);
	sources_exit(&w->now.sources);
	buf_free(&w->a.line);
}

/* Until the errand is one about @doing, or nobody is out. */
static void tend(struct world *w, enum unit_deed doing)
{
	struct switch_units *all = &w->a.at_switch.units;

	for (int i = 0; i < 500; i++) {
		if (all->cnt && !all->errand.child)
			all->list[0].next_ns = 0;
		switch_units_tend(&w->a);
		if (!all->cnt || all->list[0].is_settled ||
		    (all->errand.child && all->doing == doing))
			return;
		usleep(10000);
	}
}

/* systemd was slow, systemctl was given up, and the mask came all the same. */
static void test_slow(struct tree *t)
{
	struct switch_unit *u;
	struct world w;
	char path[256];

	world_init(&w, t);
	snprintf(path, sizeof(path), "%s/slow.json", t->base);
	w.a.at_switch.path = path;
	u = switch_unit_of(&w.a.at_switch.units, "ew.service", "v/p");
	u->is_wanted = u->wants_stop = u->is_own = true;
	u->stops = 1;
	tree_text(t, "/hang", "");
	tree_text(t, "/show", "LoadState=loaded\nActiveState=inactive\nMainPID=0\n");
	tend(&w, UNIT_MASK);
	ok(is_asked(t, "--runtime mask -- ew.service") && u->is_masked, "it is being masked");
	w.a.at_switch.units.errand.since_ns = 1;
	switch_units_tend(&w.a);
	ok(!u->is_settled && u->is_masked, "systemctl is given up: nobody knows whether it was");
	tree_text(t, "/show", "LoadState=masked\nActiveState=inactive\nMainPID=0\n");
	tend(&w, UNIT_WAIT);
	tend(&w, UNIT_DEED_MAX);
	ok(u->is_settled && u->is_masked, "it was, and by us");
	u->is_wanted = u->is_settled = false;
	forget_asked(t);
	tend(&w, UNIT_DEED_MAX);
	ok(is_asked(t, "--runtime unmask -- ew.service"), "so it is unmasked when its time has come");
	world_exit(&w);
	forget_asked(t);
}

int main(void)
{
	char dir[] = "/tmp/weir-switch-XXXXXX";
	struct tree t;

	if (!mkdtemp(dir))
		return 1;
	tree_init(&t);
	fake_systemctl(&t);
	test_show();
	test_names();
	test_deeds();
	test_mask_lost();
	test_exempt();
	test_late();
	test_vital();
	test_memory(dir);
	test_kept(dir);
	test_former(dir);
	test_damage(dir);
	test_undo(&t);
	test_slow(&t);
	tree_exit(&t);
	rmdir(dir);
	return tap_done();
}
