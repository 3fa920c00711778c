// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/switch_units.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "cmd/backoff.h"

#define NS_PER_S 1000000000ULL
#define POLL_NS (2 * NS_PER_S)
#define IDLE_NS (10 * NS_PER_S)

/* Its own time to stop, as systemd has it by default, and the signal after that. */
#define STOP_AGAIN_NS (180 * NS_PER_S)
#define FAILURES_MAX 3
#define RETRY_NS (30 * NS_PER_S)

bool switch_is_vital(const char *unit)
{
	/* Beyond the units that end an arm when they fail. */
	static const char *const vital[] = {
		"weir.service", "systemd-*.service", "init.scope", "getty*.service",
		"ssh*.service", "dropbear*.service", "dbus*.service", "wpa_supplicant*.service",
		"ModemManager.service", "connman.service", "dhcpcd*.service", "ifup@*.service",
		"network*.service", "NetworkManager*.service", "wicked*.service",
		"cloud-init*.service", "emergency.service", "rescue.service", "lvm2-*.service",
		"multipathd.service", "iscsi*.service", "nfs-*.service", "rpcbind.service",
		"auditd.service", "polkit.service", "serial-getty@*.service",
	};

	for (size_t i = 0; i < ARRAY_SIZE(vital); i++)
		if (name_matches(vital[i], unit))
			return true;
	return backoff_is_guarded(unit);
}

enum unit_deed switch_next(const struct switch_unit *u, const struct unit_show *show,
			   bool is_own, uint64_t now_ns)
{
	if (!u->is_wanted)
		return u->is_masked ? UNIT_UNMASK : UNIT_FORGET;
	if (!show)
		return UNIT_WAIT;
	if (!show->is_loaded)
		return UNIT_FORGET;
	/* Masked by somebody else, it is not ours to unmask later. */
	if (show->is_masked)
		return u->is_masked ? UNIT_KEEP : UNIT_LEAVE;
	if (u->is_masked)
		return UNIT_KEEP;
	if (!is_own && !u->stops)
		return UNIT_LEAVE;
	if (show->is_ended)
		return UNIT_MASK;
	if (!u->wants_stop)
		return UNIT_WAIT;
	if (!u->stops)
		return UNIT_STOP;
	/* Started again by somebody, or it takes its time. */
	if (show->is_active && now_ns - u->stopped_ns >= POLL_NS && u->stops < SWITCH_STOPS_MAX)
		return UNIT_STOP;
	return now_ns - u->stopped_ns >= STOP_AGAIN_NS ? UNIT_LEAVE : UNIT_WAIT;
}

struct switch_unit *switch_unit_of(struct switch_units *all, const char *name,
				   const char *product)
{
	struct switch_unit *more;

	for (uint32_t i = 0; i < all->cnt; i++)
		if (!strcmp(all->list[i].name, name))
			return strcmp(all->list[i].product, product) ? NULL : &all->list[i];
	if (all->cnt == SWITCH_UNITS_MAX || !unit_show_may_ask(name) || switch_is_vital(name))
		return NULL;
	more = reallocarray(all->list, all->cnt + 1UL, sizeof(*more));
	if (!more)
		return NULL;
	all->list = more;
	more += all->cnt;
	*more = (struct switch_unit){ .name = strdup(name), .product = strdup(product) };
	if (more->name && more->product) {
		all->cnt++;
		return more;
	}
	free(more->name);
	free(more->product);
	return NULL;
}

static void drop(struct switch_units *all, uint32_t i)
{
	free(all->list[i].name);
	free(all->list[i].product);
	all->list[i] = all->list[--all->cnt];
}

void switch_units_end(struct switch_units *all)
{
	errand_end(&all->errand);
	while (all->cnt)
		drop(all, 0);
	free(all->list);
	*all = (struct switch_units){ 0 };
}

/* --- told --- */

__attribute__((format(printf, 3, 4))) static void tell(struct agent *a,
						       const struct switch_unit *u,
						       const char *fmt, ...)
{
	char what[256], text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(text, sizeof(text), "%s: %s: %s", u->product, u->name, what);
	agent_note(a, EVENT_UNIT, NULL, text, NULL);
	agent_say(a, "weir: %s", text);
}

static void settle(struct switch_unit *u)
{
	u->is_settled = true;
}

/* --- done --- */

static int start(struct switch_units *all, uint32_t i, enum unit_deed deed)
{
	static const char *const verbs[UNIT_DEED_MAX][3] = {
		[UNIT_STOP] = { "--no-block", "stop" },
		[UNIT_MASK] = { "--runtime", "mask" },
		[UNIT_UNMASK] = { "--runtime", "unmask" },
	};
	const char *const argv[] = { "systemctl", "--no-ask-password", verbs[deed][0],
				     verbs[deed][1], "--", all->list[i].name, NULL };
	int err = errand_start(&all->errand, argv);

	if (!err) {
		all->at = i;
		all->doing = (uint8_t)deed;
	}
	return err;
}

static void fail(struct agent *a, struct switch_unit *u, enum unit_deed deed, int rc)
{
	static const char *const verbs[UNIT_DEED_MAX] = {
		[UNIT_STOP] = "stopped", [UNIT_MASK] = "masked", [UNIT_UNMASK] = "unmasked",
	};

	if (deed == UNIT_MASK)
		u->is_masked = false;
	u->next_ns = arming_now_ns() + RETRY_NS;
	if (++u->failures < FAILURES_MAX)
		return;
	tell(a, u, "could not be %s: systemctl %s", verbs[deed] ? verbs[deed] : "asked about",
	     rc < 0 ? strerror(-rc) : "refused");
	settle(u);
}

static void act(struct agent *a, uint32_t i, enum unit_deed deed)
{
	struct switch_units *all = &a->at_switch.units;
	struct switch_unit *u = &all->list[i];
	uint64_t now = arming_now_ns();

	u->next_ns = now + (u->stops ? POLL_NS : IDLE_NS);
	switch (deed) {
	case UNIT_FORGET:
		drop(all, i);
		return;
	case UNIT_LEAVE:
		if (u->stops)
			tell(a, u, "has not stopped: left to systemd");
		else if (!u->is_listed)
			tell(a, u, "is not the product's own unit: left");
		settle(u);
		return;
	case UNIT_KEEP:
		settle(u);
		return;
	case UNIT_WAIT:
		return;
	case UNIT_MASK:
		/* Written down first: what is not remembered is never undone. */
		u->is_masked = true;
		all->is_dirty = true;
		break;
	case UNIT_STOP:
		u->stopped_ns = now;
		u->stops++;
		break;
	default:
		break;
	}
	a->at_switch.is_dirty |= all->is_dirty;
	u->next_ns = now;
	if (all->is_dirty)
		(void)switch_write(SWITCH_FILE, &a->at_switch);
	all->is_dirty = false;
	if (start(all, i, deed))
		fail(a, u, deed, -ENOENT);
}

/* What systemctl was sent for is done, or refused. */
static void take_done(struct agent *a, struct switch_unit *u, enum unit_deed deed, int rc)
{
	if (rc) {
		fail(a, u, deed, rc);
		return;
	}
	u->failures = 0;
	if (deed == UNIT_STOP) {
		tell(a, u, "asked to stop, in its own way");
	} else if (deed == UNIT_MASK) {
		tell(a, u, "masked until it is no longer blocked");
	} else {
		tell(a, u, "unmasked; it is not started");
		u->is_masked = false;
	}
	a->at_switch.is_dirty = true;
	u->next_ns = arming_now_ns() + (deed == UNIT_STOP ? NS_PER_S : 0);
}

static bool is_process_of(const struct agent *a, uint32_t pid, const char *product)
{
	const struct at_switch *s = &a->at_switch;

	for (uint32_t i = 0; i < s->process_cnt; i++)
		if (s->processes[i].pid == pid)
			return !strcmp(a->now->sources.catalog->products
					       [s->processes[i].product].id, product);
	return false;
}

static void take_shown(struct agent *a, int rc)
{
	struct switch_units *all = &a->at_switch.units;
	struct switch_unit *u = &all->list[all->at];
	const char *text = buf_str(&all->errand.answer);
	struct unit_show show;
	bool is_shown = !rc && text && unit_show_nth(text, 0, &show);
	bool was_masked = u->is_masked;
	enum unit_deed deed;

	if (rc < 0 || rc > 4) {
		fail(a, u, UNIT_WAIT, rc);
		return;
	}
	deed = switch_next(u, is_shown ? &show : NULL,
			   u->is_listed || (is_shown && show.main_pid &&
					    is_process_of(a, show.main_pid, u->product)),
			   arming_now_ns());
	if (deed == UNIT_KEEP && was_masked && is_shown && !show.is_masked)
		tell(a, u, "its mask has no effect, as a unit file in /etc is stronger; the gate "
			   "refuses what it starts");
	act(a, all->at, deed);
}

static void ask_next(struct agent *a)
{
	struct switch_units *all = &a->at_switch.units;
	const char *argv[UNIT_SHOW_WORDS + 2];
	uint64_t now = arming_now_ns();

	memcpy(argv, unit_show_words, sizeof(unit_show_words));
	argv[UNIT_SHOW_WORDS + 1] = NULL;
	for (uint32_t i = 0; i < all->cnt; i++) {
		struct switch_unit *u = &all->list[i];

		if (u->is_settled || u->next_ns > now)
			continue;
		/* To give it up needs no question. */
		if (!u->is_wanted) {
			act(a, i, switch_next(u, NULL, false, now));
			return;
		}
		argv[UNIT_SHOW_WORDS] = u->name;
		if (errand_start(&all->errand, argv)) {
			fail(a, u, UNIT_WAIT, -ENOENT);
			return;
		}
		all->at = i;
		all->doing = UNIT_WAIT;
		return;
	}
}

void switch_units_tend(struct agent *a)
{
	struct switch_units *all = &a->at_switch.units;
	int rc = errand_poll(&all->errand);

	if (rc != -EAGAIN) {
		if (all->doing == UNIT_WAIT)
			take_shown(a, rc);
		else
			take_done(a, &all->list[all->at], all->doing, rc);
	}
	if (!all->errand.child)
		ask_next(a);
}

unsigned int switch_undo(const char *path, const char *boot_id)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000000L };
	struct at_switch s = { 0 };
	unsigned int undone = 0;

	if (switch_read(path, boot_id, &s))
		return 0;
	for (uint32_t i = 0; i < s.units.cnt; i++) {
		int rc = s.units.list[i].is_masked ? start(&s.units, i, UNIT_UNMASK) : -ENOENT;

		while (!rc && (rc = errand_poll(&s.units.errand)) == -EAGAIN) {
			nanosleep(&pause, NULL);
			rc = 0;
		}
		undone += !rc;
		s.units.list[i].is_masked &= rc != 0;
	}
	(void)switch_write(path, &s);
	switch_end(&s);
	return undone;
}
