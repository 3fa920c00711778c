// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/backoff.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "policy/compile.h"
#include "sense/pins.h"

#define ASK_EVERY_NS 5000000000ULL

/* How one gets into the host, and what that needs. */
static const char *const guarded[] = {
	"ssh.service", "sshd.service", "ssh@*.service", "sshd@*.service", "systemd-logind.service",
	"dbus.service", "dbus-broker.service", "getty@*.service", "serial-getty@*.service",
	"console-getty.service", "systemd-udevd.service", "systemd-journald.service",
	"user@*.service", "networking.service", "NetworkManager.service",
	"systemd-networkd.service", "systemd-resolved.service", "sssd.service", "nslcd.service",
	"winbind.service", "polkit.service", "multipathd.service", "iscsid.service",
};

bool backoff_is_guarded(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(guarded); i++)
		if (name_matches(guarded[i], name))
			return true;
	return false;
}

bool backoff_unit_of(const char *path, char *out, size_t size)
{
	static const char slice[] = "/system.slice/";
	const char *at = strncmp(path, slice, sizeof(slice) - 1) ? NULL :
								   path + sizeof(slice) - 1;

	/* Templates have a slice of their own below: /system.slice/system-x.slice/x@1.service. */
	for (const char *end; at && *at; at = *end ? end + 1 : end) {
		size_t len;

		end = strchrnul(at, '/');
		len = (size_t)(end - at);
		if (len < 9 || len >= size || memcmp(end - 8, ".service", 8) != 0)
			continue;
		memcpy(out, at, len);
		out[len] = '\0';
		return true;
	}
	return false;
}

/* The first word of a line. */
static void first_word(const char *line, char *out, size_t size)
{
	size_t len = strcspn(line, " \t\n");

	snprintf(out, size, "%.*s", (int)(len < size ? len : 0), line);
}

static bool has_line(const char *lines, const char *name)
{
	char word[BACKOFF_NAME_MAX];

	for (const char *at = lines; *at; at = strchrnul(at, '\n'), at += *at != '\0') {
		first_word(at, word, sizeof(word));
		if (!strcmp(word, name))
			return true;
	}
	return false;
}

const char *backoff_first_new(const char *before, const char *now, char *out, size_t size)
{
	for (const char *at = now; *at; at = strchrnul(at, '\n'), at += *at != '\0') {
		first_word(at, out, size);
		if (*out && backoff_is_guarded(out) && !has_line(before, out))
			return out;
	}
	return NULL;
}

/* A product that is armed by itself, and not confirmed. */
static bool waits_alone(const struct hold_seen *s)
{
	return s->state == HOLD_ARMED && s->hold.armed_ns != WEIR_NEVER;
}

static bool is_unconfirmed(const struct agent *a)
{
	for (uint32_t i = 0; a->armed == ARMED_NO && i < a->hold_cnt; i++)
		if (waits_alone(&a->holds[i]))
			return true;
	return a->armed == ARMED_UNTIL;
}

static bool disarm_host(struct agent *a, const char *why)
{
	struct weir_arm arm = { .since_ns = arming_now_ns(), .session = ~0u };

	if (gates_write_arm(a->gates, &arm))
		return false;
	arming_remember_disarmed(why, 0);
	a->armed = ARMED_NO;
	return true;
}

static bool disarm_product(struct agent *a, const struct hold_seen *s, const char *why)
{
	uint64_t number = product_number(s->product);
	struct weir_hold h = s->hold;

	h.armed_ns = 0;
	h.since_ns = arming_now_ns();
	h.session = ~0u;
	if (gates_write_hold(a->gates, number, &h))
		return false;
	(void)holds_remember(s->product, &h, why);
	return true;
}

static void disarm(struct agent *a, const char *why)
{
	bool is_done = false;
	char text[1024];

	snprintf(text, sizeof(text), "backed off before the arm was confirmed: %s", why);
	for (uint32_t i = 0; i < a->hold_cnt; i++)
		if (waits_alone(&a->holds[i]))
			is_done |= disarm_product(a, &a->holds[i], text);
	/* It may have been armed within the last second. */
	if (a->armed != ARMED_NO || !is_done)
		is_done |= disarm_host(a, text);
	if (!is_done)
		return;
	agent_note(a, EVENT_DISARM, NULL, text, NULL);
	fprintf(stderr, "weir: disarmed: %s\n", text);
}

/* Is it the listed product's own? That it stops is what was asked for. */
static bool is_listed(struct agent *a, const char *unit)
{
	const struct fact fact = { .kind = IND_UNIT, .value = unit };
	const struct facts facts = { .others = &fact, .other_cnt = 1 };

	return !match_facts(a->now->index, &facts, &a->match) && a->match.hit_cnt;
}

static bool is_counted(const struct backoff *b, const char *unit)
{
	for (unsigned int i = 0; i < b->unit_cnt; i++)
		if (!strcmp(b->units[i], unit))
			return true;
	return false;
}

/* An arm may wait for its confirmation for a second before we see that it does. */
static bool is_watched(const struct agent *a, const struct event *ev)
{
	struct weir_arm arm = {};
	uint32_t zero = 0;

	return a->backoff.is_watching ||
	       (!gates_map_get(gates_map(a->gates, "weir_arm"), &zero, &arm) &&
		arming_state(&arm, arming_now_ns()) == ARMED_UNTIL &&
		ev->rec.time_ns >= arm.since_ns);
}

void backoff_refused(struct agent *a, const struct event *ev)
{
	struct backoff *b = &a->backoff;
	char path[1024], unit[BACKOFF_NAME_MAX], why[BACKOFF_UNITS * BACKOFF_NAME_MAX + 64];

	if (ev->rec.answer.verdict == WEIR_ALLOW || ev->rec.flags & WEIR_REC_CANARY ||
	    b->unit_cnt == BACKOFF_UNITS || !is_watched(a, ev) ||
	    !units_path(&a->units, ev->rec.who.cgroup, path, sizeof(path)) ||
	    !backoff_unit_of(path, unit, sizeof(unit)) || is_counted(b, unit) ||
	    is_listed(a, unit))
		return;
	snprintf(b->units[b->unit_cnt++], BACKOFF_NAME_MAX, "%s", unit);
	if (b->unit_cnt < BACKOFF_UNITS)
		return;
	snprintf(why, sizeof(why), "%d units of the system were refused something: %s, %s, %s",
		 BACKOFF_UNITS, b->units[0], b->units[1], b->units[2]);
	disarm(a, why);
}

static void take_failed(struct agent *a, struct backoff *b)
{
	char unit[BACKOFF_NAME_MAX], why[512];
	const char *now = buf_str(&b->ask.answer);

	/* The first answer is how things were: not our doing. */
	if (!b->failed) {
		b->failed = strdup(now ? now : "");
		return;
	}
	if (!now || !backoff_first_new(b->failed, now, unit, sizeof(unit)))
		return;
	snprintf(why, sizeof(why), "%s has failed since the arm", unit);
	disarm(a, why);
}

static void stop_watching(struct backoff *b)
{
	free(b->failed);
	b->failed = NULL;
	b->unit_cnt = 0;
	b->is_watching = false;
}

void backoff_tend(struct agent *a)
{
	static const char *const ask[] = { "systemctl", "list-units", "--state=failed", "--plain",
					   "--no-legend", "--no-pager", "--full", NULL };
	struct backoff *b = &a->backoff;
	uint64_t now = arming_now_ns();

	if (!errand_poll(&b->ask) && b->is_watching)
		take_failed(a, b);
	if (!is_unconfirmed(a)) {
		if (b->is_watching)
			stop_watching(b);
		return;
	}
	b->is_watching = true;
	if (now < b->next_ns)
		return;
	b->next_ns = now + ASK_EVERY_NS;
	errand_start(&b->ask, ask);
}

void backoff_end(struct backoff *b)
{
	errand_end(&b->ask);
	stop_watching(b);
}
