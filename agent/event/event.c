// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: notes, names and the end of life; see event.h. Records become
 * events in decode.c.
 */
#include "event/event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const event_names[] = {
	[EVENT_EXEC] = "exec",
	[EVENT_LOAD] = "load",
	[EVENT_MODULE] = "module",
	[EVENT_CONNECT] = "connect",
	[EVENT_NEW] = "new",
	[EVENT_START] = "start",
	[EVENT_STOP] = "stop",
	[EVENT_ARM] = "arm",
	[EVENT_CONFIRM] = "confirm",
	[EVENT_DISARM] = "disarm",
	[EVENT_POLICY_LOADED] = "policy-loaded",
	[EVENT_POLICY_REFUSED] = "policy-refused",
	[EVENT_GATE_PROVEN] = "gate-proven",
	[EVENT_GATE_LOST] = "gate-lost",
	[EVENT_TABLE_SWAPPED] = "table-swapped",
	[EVENT_RECORDS_LOST] = "records-lost",
	[EVENT_JOURNAL_GAP] = "journal-gap",
	[EVENT_IDENTIFIED] = "identified",
	[EVENT_INVENTORY] = "inventory",
	[EVENT_PARSER_FAILED] = "parser-failed",
	[EVENT_HOLD] = "hold",
	[EVENT_PHASE] = "phase",
	[EVENT_PHASE_AHEAD] = "phase-ahead",
	[EVENT_EXEMPTION] = "exemption",
	[EVENT_REQUEST] = "request",
	[EVENT_RUNNING] = "running",
	[EVENT_UNIT] = "unit",
	[EVENT_STEP_HELD] = "step-held",
	[EVENT_UNPROTECTED] = "unprotected",
};
_Static_assert(ARRAY_SIZE(event_names) == EVENT_KIND_MAX, "every kind has a name");

static const char *const hook_names[] = {
	[WEIR_HOOK_EXEC] = "exec",
	[WEIR_HOOK_LOAD] = "load",
	[WEIR_HOOK_MODULE] = "module",
	[WEIR_HOOK_CONNECT] = "connect",
};
_Static_assert(ARRAY_SIZE(hook_names) == WEIR_HOOK_MAX, "every hook has a name");

static const char *const mechanism_names[] = {
	[WEIR_VIA_NONE] = "none",
	[WEIR_VIA_LSM] = "lsm",
	[WEIR_VIA_FMOD_RET] = "fmod_ret",
	[WEIR_VIA_CGROUP] = "cgroup",
	[WEIR_VIA_TRACEPOINT] = "tracepoint",
	[WEIR_VIA_MODULE] = "module",
};
_Static_assert(ARRAY_SIZE(mechanism_names) == WEIR_VIA_MAX, "every mechanism has a name");

static const char *const strength_names[] = {
	[WEIR_BLIND] = "blind",
	[WEIR_WATCH] = "watch",
	[WEIR_CAN_KILL] = "kill",
	[WEIR_CAN_DENY] = "deny",
};
_Static_assert(ARRAY_SIZE(strength_names) == WEIR_STRENGTH_MAX, "every strength has a name");

static const char *const mode_names[] = {
	[WEIR_OBSERVE] = "observe",
	[WEIR_FREEZE] = "freeze",
	[WEIR_OFFLINE] = "offline",
	[WEIR_BLOCK] = "block",
};
_Static_assert(ARRAY_SIZE(mode_names) == WEIR_MODE_MAX, "every mode has a name");

/* Borrowed from nobody: literals, so a caller may keep them. */
#define NAME_IN(table, i) ((size_t)(i) < ARRAY_SIZE(table) ? (table)[i] : "unknown")

const char *event_name(enum event_kind kind)
{
	return NAME_IN(event_names, kind);
}

const char *hook_name(enum weir_hook hook)
{
	return NAME_IN(hook_names, hook);
}

const char *mechanism_name(enum weir_mechanism mechanism)
{
	return NAME_IN(mechanism_names, mechanism);
}

const char *strength_name(enum weir_strength strength)
{
	return NAME_IN(strength_names, strength);
}

const char *mode_name(enum weir_mode mode)
{
	return NAME_IN(mode_names, mode);
}

int event_note(enum event_kind kind, const struct event_note *note,
	       const char *text, const char *path, struct event **ret)
{
	size_t text_size = text ? strlen(text) + 1 : 0;
	size_t path_size = path ? strlen(path) + 1 : 0;
	struct event *ev;

	if (kind <= EVENT_NEW || kind >= EVENT_KIND_MAX)
		return -EINVAL;
	ev = calloc(1, sizeof(*ev) + text_size + path_size);
	if (!ev)
		return -ENOMEM;
	ev->kind = kind;
	ev->note = *note;
	if (text)
		ev->text = memcpy(ev->strings, text, text_size);
	if (path)
		ev->path = memcpy(ev->strings + text_size, path, path_size);
	*ret = ev;
	return 0;
}

struct event *event_free(struct event *ev)
{
	free(ev);
	return NULL;
}

void event_freep(struct event **ev)
{
	*ev = event_free(*ev);
}
