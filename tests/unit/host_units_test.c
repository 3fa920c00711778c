// SPDX-License-Identifier: GPL-2.0-only
/* Units of a tree: precedence, masks, links, drop-ins, users, and a manager's state. */
#include "cell_hook.h"
#include "memory_file.h"
#include "survey.h"
#include "tap.h"
#include "tree.h"

#include "collect/unit_scope.h"
#include "collect/unit_set.h"

static const char vendor[] =
	"vendor: examplewall\n"
	"name: Examplewall Inc.\n"
	"products:\n"
	"  - product: agent\n"
	"    name: Agent\n"
	"    class: vendor_product\n"
	"    indicators:\n"
	"      - {kind: unit, value: ew-agent.service, confidence: high}\n"
	"      - {kind: unit, value: ewalias.service, confidence: high}\n"
	"      - {kind: unit, value: 'run-ew\\x2dfuse.mount', confidence: high}\n"
	"      - {kind: unit, value: ew-instance@.service, confidence: high}\n"
	"      - {kind: unit, value: ew-gone.service, confidence: high}\n"
	"      - {kind: unit, value: ew-masked.service, confidence: high}\n"
	"      - {kind: unit, value: ew-user.service, confidence: high}\n"
	"      - {kind: unit, value: ew-loop.service, confidence: high}\n"
	"      - {kind: unit, value: ew-failed.service, confidence: high}\n"
	"      - {kind: unit, value: ew-large.service, confidence: high}\n"
	"      - {kind: unit, value: ew-script.service, confidence: high}\n"
	"      - {kind: dir, value: /opt/examplewall/, confidence: high}\n"
	"      - {kind: path, value: /usr/bin/ewctl, confidence: high}\n"
	"      - {kind: unit, value: ewpmd.service, sufficient: false}\n"
	"      - {kind: path, value: /usr/sbin/ewpmd, sufficient: false}\n"
	"      - {kind: sysv-init, value: /etc/init.d/ew-script, confidence: high}\n";

static void plant_large(const struct tree *t)
{
	static const char head[] = "[Service]\n", tail[] = "\nExecStart=/opt/examplewall/late\n";
	size_t len = 10 << 20;
	char *text = malloc(len + sizeof(tail));

	memset(text, '#', len);
	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + len, tail, sizeof(tail));
	tree_bytes(t, "/etc/systemd/system/ew-large.service", text, len + sizeof(tail) - 1);
	free(text);
}

static void plant_system(const struct tree *t)
{
	tree_text(t, "/lib/systemd/system/ew-agent.service",
		  "[Service]\nExecStart=/opt/examplewall/bin/agent\nRestart=on-failure\n"
		  "WatchdogSec=30\n[Unit]\nOnFailure=ew-failed.service\n");
	tree_text(t, "/lib/systemd/system/ew-failed.service", "[Service]\nExecStart=/bin/x\n");
	tree_link(t, "/lib/systemd/system/ew-agent.service",
		  "/etc/systemd/system/multi-user.target.wants/ew-agent.service");
	tree_link(t, "/lib/systemd/system/ew-agent.service",
		  "/etc/systemd/system/ewalias.service");
	/* A timer without a word starts the service of its name. */
	tree_text(t, "/etc/systemd/system/nightly.timer", "[Timer]\nOnCalendar=daily\n");
	tree_text(t, "/etc/systemd/system/nightly.service",
		  "[Service]\nExecStart=/bin/sh -c 'cd / && ewctl'\n"
		  "ExecStopPost=/bin/rm -f /opt/examplewall/lock\n");
	tree_link(t, "../nightly.timer", "/etc/systemd/system/timers.target.wants/nightly.timer");
	tree_text(t, "/usr/bin/ewctl", "x");
	/* A drop-in takes the command back and gives another. */
	tree_text(t, "/lib/systemd/system/plain.service", "[Service]\nExecStart=/bin/true\n");
	tree_text(t, "/etc/systemd/system/plain.service.d/20-b.conf",
		  "[Service]\nExecStart=\nExecStart=ewctl --daemon\n");
	tree_text(t, "/etc/systemd/system/plain.service.d/10-a.conf",
		  "[Service]\nExecStart=/opt/examplewall/no\n");
	/* The other way round: what the unit runs was taken back. */
	tree_text(t, "/lib/systemd/system/disarmed.service",
		  "[Service]\nExecStart=/opt/examplewall/bin/agent\n");
	tree_text(t, "/run/systemd/system/disarmed.service.d/x.conf",
		  "[Service]\nExecStart=\nExecStart=/bin/true\n");
	tree_text(t, "/lib/systemd/system/disarmed.service.d/x.conf",
		  "[Service]\nExecStart=/opt/examplewall/hidden\n");
	tree_text(t, "/lib/systemd/system/ew-masked.service",
		  "[Service]\nExecStart=/opt/examplewall/bin/m\nRestart=always\n");
	tree_link(t, "/dev/null", "/etc/systemd/system/ew-masked.service");
	/* As little of a file as the device is. */
	tree_dir(t, "/dev/null");
	tree_link(t, "/dev/null", "/etc/systemd/system/ew-shut@one.service");
	tree_text(t, "/lib/systemd/system/ew-instance@.service",
		  "[Service]\nExecStart=/opt/examplewall/bin/i %i\n");
	tree_link(t, "/lib/systemd/system/ew-instance@.service",
		  "/etc/systemd/system/multi-user.target.wants/ew-instance@one.service");
	tree_link(t, "/lib/systemd/system/ew-gone.service",
		  "/etc/systemd/system/multi-user.target.wants/ew-gone.service");
	tree_text(t, "/run/systemd/generator/run-ew\\x2dfuse.mount",
		  "[Mount]\nWhat=ew-fuse\nWhere=/run/ew-fuse\n");
	/* Higher beats lower. */
	tree_text(t, "/etc/systemd/system/twice.service", "[Service]\nExecStart=/bin/true\n");
	tree_text(t, "/usr/lib/systemd/system/twice.service",
		  "[Service]\nExecStart=/opt/examplewall/no\n");
	tree_text(t, "/lib/systemd/system/harmless.service", "[Service]\nExecStart=/bin/true\n");
	tree_link(t, "/usr/lib/systemd/system/ewpmd.service",
		  "/etc/systemd/system/epmd.service");
	tree_text(t, "/usr/lib/systemd/system/ewpmd.service",
		  "[Service]\nExecStart=/sbin/ewpmd\n");
	tree_text(t, "/usr/sbin/ewpmd", "x");
	tree_link(t, "usr/sbin", "/sbin");
}

static void plant_traps(const struct tree *t)
{
	char path[256];

	tree_link(t, "/etc/systemd/system/ew-loop2.service",
		  "/etc/systemd/system/ew-loop.service");
	tree_link(t, "/etc/systemd/system/ew-loop.service",
		  "/etc/systemd/system/ew-loop2.service");
	tree_link(t, "self.service", "/etc/systemd/system/self.service");
	tree_link(t, "..", "/etc/systemd/system/up.target.wants");
	snprintf(path, sizeof(path), "%s/etc/systemd/system/fifo.service", t->base);
	tree_must(!mkfifo(path, 0600), path);
	tree_dir(t, "/etc/systemd/system/dir.service");
	tree_text(t, "/etc/systemd/system/\n.service", "[Service]\nExecStart=/opt/examplewall/nl\n");
	plant_large(t);
}

static void plant_users(const struct tree *t)
{
	tree_text(t, "/etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\n"
				    "bob:x:1001:1001::/home/bob:/bin/sh\n");
	tree_text(t, "/usr/lib/systemd/user/ew-user.service",
		  "[Service]\nExecStart=/opt/examplewall/bin/u\n");
	tree_text(t, "/home/ann/.config/systemd/user/mine.service",
		  "[Service]\nExecStart=%h/x /opt/examplewall/conf\n");
	tree_link(t, "/usr/lib/systemd/user/ew-user.service",
		  "/home/bob/.config/systemd/user/default.target.wants/ew-user.service");
}

static bool is_of(const struct seen *s, const char *path)
{
	return s && s->path && !strcmp(s->path, path) && seen_is(s, "examplewall/agent");
}

static bool says(const struct seen *s, const char *words)
{
	return s && s->detail && strstr(s->detail, words);
}

static bool is_started_by(const struct survey_test *t, const char *where, const char *by)
{
	for (size_t i = 0; i < t->seen_cnt; i++)
		if (!strcmp(t->seen[i].where, where) && t->seen[i].started_by &&
		    !strcmp(t->seen[i].started_by, by))
			return true;
	return false;
}

static const struct seen *unit(const struct survey_test *t, const char *where)
{
	return survey_test_find(t, TRACE_UNIT, where);
}

static const struct seen *unit_at(const struct survey_test *t, const char *where,
				  const char *path)
{
	for (size_t i = 0; i < t->seen_cnt; i++)
		if (!strcmp(t->seen[i].where, where) && t->seen[i].path &&
		    !strcmp(t->seen[i].path, path))
			return &t->seen[i];
	return NULL;
}

static void test_system(const struct survey_test *t)
{
	const struct seen *s = unit(t, "ew-agent.service");

	ok(is_of(s, "/opt/examplewall/bin/agent") && seen_has(s, IND_UNIT, "ewalias.service"),
	   "a unit is told with its program and its aliases");
	ok(s && s->flags == (TRACE_ENABLED | TRACE_RESTARTS) && says(s, "Restart=on-failure") &&
		   says(s, "WatchdogSec=30") && says(s, "OnFailure=ew-failed.service"),
	   "enabled, and what starts it again is said");
	ok(is_started_by(t, "ew-agent.service", "multi-user.target") &&
		   is_started_by(t, "ew-failed.service", "ew-agent.service"),
	   "targets and other units are named as what starts it");
	ok(!unit(t, "ewalias.service"), "an alias is no unit of its own");
	s = unit(t, "nightly.service");
	ok(s && s->flags == (TRACE_ENABLED | TRACE_RESTARTS) &&
		   is_started_by(t, "nightly.service", "nightly.timer"),
	   "an unlisted unit that names a listed path is told, with its timer");
	s = unit_at(t, "nightly.service", "/opt/examplewall/lock");
	ok(says(s, "ExecStopPost= names /opt/examplewall/lock"), "and by which key");
	ok(is_of(unit(t, "plain.service"), "/usr/bin/ewctl"),
	   "a drop-in's command replaces the unit's, in the order of names");
	ok(!unit(t, "disarmed.service"), "what a drop-in has taken back counts no more");
	ok(!unit(t, "twice.service"), "the file of the higher directory counts alone");
	ok(!unit(t, "harmless.service"), "what nobody means is not told");
	s = unit(t, "ew-masked.service");
	ok(is_of(s, "/opt/examplewall/bin/m") && s->flags == TRACE_MASKED &&
		   says(s, "masked by /etc/systemd/system/ew-masked.service"),
	   "a masked unit is told with what it would run, and as not restarting");
	s = unit(t, "ew-instance@one.service");
	ok(is_of(s, "/opt/examplewall/bin/i") && s->flags == TRACE_ENABLED &&
		   seen_has(s, IND_UNIT, "ew-instance@.service"),
	   "an instance has its template's file and name");
	s = unit(t, "ew-gone.service");
	ok(seen_is(s, "examplewall/agent") && s->flags & TRACE_REMOVED && says(s, "is left"),
	   "a link that outlived its unit is told as that");
	ok(seen_is(unit(t, "run-ew\\x2dfuse.mount"), "examplewall/agent"),
	   "an escaped name of a generated unit is met");
	s = unit(t, "ewpmd.service");
	ok(is_of(s, "/usr/sbin/ewpmd") && s->families == 3 && seen_has(s, IND_UNIT, "epmd.service"),
	   "a weak name and a weak place behind /sbin make one finding together");
}

static void test_traps(const struct survey_test *t)
{
	ok(seen_is(unit(t, "ew-loop.service"), "examplewall/agent"),
	   "links that lead to each other end");
	ok(is_of(unit(t, "\n.service"), "/opt/examplewall/nl"), "a newline in a name is a byte");
	ok(is_of(unit(t, "ew-large.service"), "/opt/examplewall/late"),
	   "the last line of 10 MiB is read");
	ok(!survey_test_is_unread(t, "fifo"), "a FIFO is no unit");
}

static void test_users(const struct survey_test *t)
{
	const struct seen *s = unit(t, "/usr/lib/systemd/user/ew-user.service");

	ok(is_of(s, "/opt/examplewall/bin/u") && !s->user, "a unit for every user is told once");
	s = unit(t, "/home/ann/.config/systemd/user/mine.service");
	ok(seen_is(s, "examplewall/agent") && s->user && !strcmp(s->user, "ann"),
	   "a user's own unit is told with its user");
	ok(is_started_by(t, "/usr/lib/systemd/user/ew-user.service", "default.target"),
	   "and who of them has enabled what");
}

/* As `systemctl show` of systemd 252 prints it. */
static const char state[] =
	"Id=ew-agent.service\nNames=ewalias.service ew-agent.service\nLoadState=loaded\n"
	"ActiveState=active\nSubState=running\nMainPID=812\nNRestarts=3\nTriggeredBy=\n"
	"UnitFileState=enabled\nFragmentPath=/lib/systemd/system/ew-agent.service\nUser=\n\n"
	"Id=ew-failed.service\nLoadState=loaded\nActiveState=failed\nSubState=failed\n"
	"FragmentPath=/lib/systemd/system/ew-failed.service\nMainPID=0\nNRestarts=0\n\n"
	"Id=run-ew\\x2dfuse.mount\nLoadState=loaded\nActiveState=active\nSubState=mounted\n\n"
	"Id=ew-instance@two.service\nNames=ew-instance@two.service\nLoadState=loaded\n"
	"ActiveState=active\nSubState=running\nMainPID=900\n\n"
	"Id=ew-shut@one.service\nLoadState=masked\nActiveState=inactive\nSubState=dead\n"
	"FragmentPath=/etc/systemd/system/ew-shut@one.service\n\n"
	"Id=ew-gone.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n\n"
	"Id=nightly.service\nLoadState=loaded\nActiveState=inactive\nSubState=dead\n"
	"TriggeredBy=nightly.timer other.timer\nFragmentPath=/etc/systemd/system/nightly.service\n";

static void test_state(struct survey_test *t)
{
	static const char *const directories[] = { "/etc/systemd/system", "/lib/systemd/system",
						   NULL };
	int fd = memory_text(state);
	const struct unit_scope scope = {
		.directories = directories,
		.own_cnt = 2,
		.state_fd = fd,
	};
	const struct seen *s;

	survey_test_forget(t);
	ok(!unit_scope_collect(&t->s, &scope), "a manager's state is laid over the files");
	close(fd);
	s = unit(t, "ew-agent.service");
	ok(s && s->flags == (TRACE_RUNNING | TRACE_ENABLED | TRACE_RESTARTS) && s->pid == 812 &&
		   says(s, "active (running)") && says(s, "restarted 3 times"),
	   "what runs is told with its process and its restarts");
	s = unit(t, "ew-failed.service");
	ok(s && s->flags & TRACE_FAILED && !(s->flags & TRACE_RUNNING), "what failed is told so");
	s = unit(t, "run-ew\\x2dfuse.mount");
	ok(s && s->flags & TRACE_RUNNING && !(s->flags & TRACE_REMOVED),
	   "a unit without a file that runs is told");
	s = unit(t, "ew-instance@two.service");
	ok(is_of(s, "/opt/examplewall/bin/i") && s->pid == 900,
	   "an instance that only runs has its template's file");
	ok(!survey_test_is_unread(t, "ew-shut@one.service"), "a mask is not read as a unit");
	s = unit(t, "ew-gone.service");
	ok(s && s->flags & TRACE_REMOVED && !(s->flags & TRACE_RUNNING),
	   "one that is not found stays what is left of it");
	ok(is_started_by(t, "nightly.service", "other.timer"), "and what triggers is named");
}

static void plant_scripts(const struct tree *t)
{
	tree_text(t, "/etc/init.d/ew-script",
		  "#!/bin/sh\nDAEMON=/usr/bin/ewctl\ntest -x /opt/examplewall/absent\n");
	tree_text(t, "/etc/init.d/other", "#!/bin/sh\nexec /bin/true\n");
	tree_text(t, "/etc/init.d/wrapper", "#!/bin/sh\nexec /usr/bin/ewctl\n");
	tree_link(t, "../init.d/ew-script", "/etc/rc2.d/S01ew-script");
	tree_link(t, "../init.d/wrapper", "/etc/rc2.d/K01wrapper");
}

static void test_scripts(struct survey_test *t)
{
	const struct seen *s;
	unsigned int absent = 0;

	survey_test_forget(t);
	ok(!survey_test_run(t, "init"), "init scripts are collected");
	s = unit(t, "/etc/init.d/ew-script");
	ok(seen_is(s, "examplewall/agent") && seen_has(s, IND_UNIT, "ew-script.service") &&
		   s->flags == TRACE_ENABLED && s->started_by &&
		   !strcmp(s->started_by, "/etc/rc2.d/S01ew-script"),
	   "a script is told with the unit it becomes and the link that starts it");
	s = unit(t, "/etc/init.d/wrapper");
	ok(is_of(s, "/usr/bin/ewctl") && !s->flags && !s->started_by,
	   "one that runs listed software is told, and as not enabled");
	for (size_t i = 0; i < t->seen_cnt; i++)
		absent += t->seen[i].path && strstr(t->seen[i].path, "absent") != NULL;
	ok(!absent, "what a script merely asks for and is not there is nothing");
	ok(!unit(t, "/etc/init.d/other"), "another script is nobody's");
}

static void test_names(void)
{
	char out[256];

	ok(unit_name_is_valid("a.service") && unit_name_is_valid("a@b.mount") &&
		   !unit_name_is_valid(".service") && !unit_name_is_valid("a.conf") &&
		   !unit_name_is_valid("service"),
	   "names of units are told from others");
	ok(unit_template_of("a@b.service", out) && !strcmp(out, "a@.service") &&
		   !unit_template_of("a@.service", out) && !unit_template_of("a.service", out),
	   "an instance has a template");
}

int main(void)
{
	struct survey_test t;
	struct tree tree;

	tree_init(&tree);
	plant_system(&tree);
	plant_traps(&tree);
	plant_users(&tree);
	plant_scripts(&tree);
	survey_test_init(&t, tree.fd, vendor, NULL);
	ok(!survey_test_run(&t, "units"), "units are collected");
	test_system(&t);
	test_traps(&t);
	test_users(&t);
	if (tap_failed)
		survey_test_print(&t);
	test_state(&t);
	test_scripts(&t);
	test_names();
	if (tap_failed)
		survey_test_print(&t);
	survey_test_exit(&t);
	tree_exit(&tree);
	return tap_done();
}
