// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/switch_units.h"

#include <errno.h>
#include <fcntl.h>
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
#include "cmd/force.h"
#include "inventory/root.h"

#define NS_PER_S 1000000000ULL
#define POLL_NS (2 * NS_PER_S)
#define IDLE_NS (10 * NS_PER_S)

/* Its own time to stop, as systemd has it by default, and the signal after that. */
#define STOP_AGAIN_NS (180 * NS_PER_S)
#define FAILURES_MAX 3
#define RETRY_NS (30 * NS_PER_S)

/* To mask is to load all units anew, which takes a large host, or a slow one, its time. */
#define DEED_NS (90 * NS_PER_S)

#define UNDO_NS (30 * NS_PER_S)

/* A systemd that does not answer may do so later. */
#define RETRY_LATE_NS (300 * NS_PER_S)

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

/* It is not masked, and is to be left alone no longer. */
static enum unit_deed next_stop(const struct switch_unit *u, const struct unit_show *show,
				uint64_t now_ns)
{
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

enum unit_deed switch_next(const struct switch_unit *u, const struct unit_show *show,
			   enum mask_seen mask, uint64_t now_ns)
{
	if (!u->is_wanted && u->is_masked)
		return UNIT_UNMASK;
	/* An exemption ends: then it is to be dealt with again. */
	if (!u->is_wanted)
		return u->is_exempt ? UNIT_KEEP : UNIT_FORGET;
	if (!show)
		return UNIT_WAIT;
	if (!show->is_loaded)
		return UNIT_FORGET;
	/* Masked by somebody else, it is not ours to unmask later. */
	if (show->is_masked)
		return u->is_masked ? UNIT_KEEP : UNIT_LEAVE;
	/* Else whoever was to mask it was cut short, or systemd has not looked yet. */
	if (u->is_masked && (mask == MASK_OUTRANKED || u->masks >= SWITCH_MASKS_MAX))
		return UNIT_KEEP;
	if (!u->is_own && !u->stops && !u->is_masked)
		return UNIT_LEAVE;
	return next_stop(u, show, now_ns);
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
	free(all->list[i].path);
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

/* It is looked at again and again; only another reason is another word. */
static void tell_spared(struct agent *a, struct switch_unit *u)
{
	if (u->told && !strcmp(u->told, u->spared))
		return;
	u->told = u->spared;
	tell(a, u, "left: %s", u->spared);
	a->at_switch.is_dirty = true;
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

	if (err)
		return err;
	all->errand.limit_ns = DEED_NS;
	all->at = i;
	all->doing = (uint8_t)deed;
	return 0;
}

/* Nobody knows what became of it: it was given up, and may be done all the same. */
static bool is_open(int rc)
{
	return rc == -ETIME || rc == -EIO || rc == -ECANCELED;
}

static void fail(struct agent *a, struct switch_unit *u, enum unit_deed deed, int rc)
{
	static const char *const verbs[UNIT_DEED_MAX] = {
		[UNIT_STOP] = "stopped", [UNIT_MASK] = "masked", [UNIT_UNMASK] = "unmasked",
	};

	if (deed == UNIT_MASK && !is_open(rc))
		u->is_masked = false;
	u->next_ns = arming_now_ns() + RETRY_NS;
	if (u->failures >= FAILURES_MAX)
		u->next_ns = arming_now_ns() + RETRY_LATE_NS;
	else if (++u->failures == FAILURES_MAX)
		tell(a, u, "could not be %s%s: systemctl %s",
		     verbs[deed] ? verbs[deed] : "asked about", is_open(rc) ? " so far" : "",
		     rc < 0 ? strerror(-rc) : "refused");
	if (u->failures >= FAILURES_MAX && !is_open(rc))
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
		else if (u->spared)
			tell_spared(a, u);
		else if (!u->is_listed)
			tell(a, u, "is not the product's own unit: left");
		a->at_switch.is_dirty |= !u->spared;
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
		u->masks++;
		all->is_dirty = true;
		break;
	case UNIT_STOP:
		u->stopped_ns = now;
		u->stops++;
		all->is_dirty = true;
		break;
	default:
		break;
	}
	a->at_switch.is_dirty |= all->is_dirty;
	u->next_ns = now;
	if (all->is_dirty)
		(void)switch_write(a->at_switch.path, &a->at_switch);
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
		/* What ran in it is to be listed no longer. */
		a->at_switch.look_ns = 0;
	} else {
		tell(a, u, "unmasked; it is not started");
		u->is_masked = false;
	}
	a->at_switch.is_dirty = true;
	u->next_ns = arming_now_ns() + (deed == UNIT_STOP ? NS_PER_S : 0);
}

static const struct switch_process *process_of(const struct agent *a, uint32_t pid)
{
	const struct at_switch *s = &a->at_switch;

	for (uint32_t i = 0; pid && i < s->process_cnt; i++)
		if (s->processes[i].pid == pid)
			return &s->processes[i];
	return NULL;
}

static void note_start(struct switch_unit *u, const char *path, uint32_t uid)
{
	if (!path || (u->path && !strcmp(u->path, path) && u->uid == uid))
		return;
	free(u->path);
	u->path = strdup(path);
	u->uid = uid;
}

/*
 * Whose it is: by its main process, when that is one that was found; by what
 * systemd would start, when the catalogue names the unit.
 */
static bool is_own(const struct agent *a, struct switch_unit *u, const struct unit_show *show)
{
	const struct catalog *c = a->now->sources.catalog;
	const struct switch_process *p = process_of(a, show->main_pid);
	const struct product *product = catalog_product(c, u->product);
	uint32_t uid = 0;

	if (p) {
		note_start(u, p->path, p->uid);
		u->spared = p->where;
		return !p->where && product == &c->products[p->product];
	}
	if (!u->is_listed || !product)
		return !show->main_pid && u->is_own;
	if (*show->user)
		uid = exempt_user_named(a, show->user);
	u->spared = "systemd does not say what it starts";
	if (*show->starts == '/') {
		note_start(u, show->starts, uid);
		u->spared = force_spares(a, (uint32_t)(product - c->products), show->starts, uid);
	}
	return !u->spared;
}

static enum mask_seen mask_of(const struct agent *a, const char *unit)
{
	CLEANUP(close_fdp) int run = root_open(a->root_fd, "/run/systemd/system",
					       O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_fdp) int etc = root_open(a->root_fd, "/etc/systemd/system",
					       O_PATH | O_DIRECTORY | O_CLOEXEC);
	char to[sizeof("/dev/null")];

	if (run < 0 || readlinkat(run, unit, to, sizeof(to)) != sizeof(to) - 1 ||
	    memcmp(to, "/dev/null", sizeof(to) - 1) != 0)
		return MASK_NONE;
	return etc >= 0 && !faccessat(etc, unit, F_OK, AT_SYMLINK_NOFOLLOW) ? MASK_OUTRANKED :
									      MASK_THERE;
}

static void take_shown(struct agent *a, int rc)
{
	struct switch_units *all = &a->at_switch.units;
	struct switch_unit *u = &all->list[all->at];
	const char *text = buf_str(&all->errand.answer);
	struct unit_show show;
	bool is_shown = !rc && text && unit_show_nth(text, 0, &show);
	bool was_own = u->is_own;
	enum unit_deed deed;

	if (rc < 0 || rc > 4) {
		fail(a, u, UNIT_WAIT, rc);
		return;
	}
	if (is_shown && show.is_loaded && !show.is_masked)
		u->is_own = is_own(a, u, &show);
	a->at_switch.is_dirty |= u->is_own != was_own;
	deed = switch_next(u, is_shown ? &show : NULL, mask_of(a, u->name), arming_now_ns());
	if (deed == UNIT_KEEP && !show.is_masked)
		tell(a, u, "its mask has no effect%s; the gate refuses what it starts",
		     mask_of(a, u->name) == MASK_OUTRANKED ?
			     ", as a unit file in /etc is stronger" : "");
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
			act(a, i, switch_next(u, NULL, MASK_NONE, now));
			return;
		}
		argv[UNIT_SHOW_WORDS] = u->name;
		if (errand_start(&all->errand, argv)) {
			fail(a, u, UNIT_WAIT, -ENOENT);
			return;
		}
		all->errand.limit_ns = ERRAND_NS;
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

/* Waits for it. */
static int undo(struct switch_units *all, uint32_t i)
{
	int rc = start(all, i, UNIT_UNMASK);

	if (rc)
		return rc;
	/* Somebody waits for it, and perhaps an agent for the lock. */
	all->errand.limit_ns = UNDO_NS;
	return errand_wait(&all->errand);
}

unsigned int switch_undo(const char *path, const char *boot_id, const char *product,
			 unsigned int *ret_left)
{
	struct at_switch s = { 0 };
	unsigned int undone = 0;

	*ret_left = 0;
	if (switch_read(path, boot_id, &s))
		return 0;
	for (uint32_t i = 0; i < s.units.cnt;) {
		struct switch_unit *u = &s.units.list[i];
		bool is_meant = !product || !strcmp(u->product, product);

		if (is_meant && u->is_masked && undo(&s.units, i)) {
			++*ret_left;
			is_meant = false;
		}
		undone += is_meant && u->is_masked;
		if (is_meant)
			drop(&s.units, i);
		else
			i++;
	}
	(void)switch_write(path, &s);
	switch_end(&s);
	return undone;
}
