// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pins while the agent runs: what is ours stays where it was put.
 *
 * One that vanishes is told and put back at the next look: not at once, since
 * `rm -r /sys/fs/bpf/weir`, the last resort of whoever owns the host, takes them
 * one after the other. When the directory is gone, too, that is what is wanted:
 * it is told, and nothing comes back. The gates then end with the agent.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/arming.h"

#define LOOK_EVERY_NS 250000000ULL

static void tell(struct agent *a, enum event_kind kind, const char *text)
{
	const struct gate_state *exec = &a->gates->hook[WEIR_HOOK_EXEC];
	struct event_note note = { .gate = { .hook = WEIR_HOOK_EXEC,
					     .mechanism = exec->mechanism,
					     .strength = exec->strength } };

	agent_note(a, kind, &note, text, NULL);
	fprintf(stderr, "weir: %s\n", text);
}

static void put_back(struct agent *a)
{
	int err = gates_pin_again(a->gates);
	char text[160];

	if (!err) {
		/* As of now: one that vanishes before the next look is told, too. */
		a->pins.state = PINS_THERE;
		tell(a, EVENT_GATE_PROVEN, "pins were put back");
		return;
	}
	snprintf(text, sizeof(text), "pins cannot be put back: %s: the gates end with this agent",
		 strerror(-err));
	tell(a, EVENT_GATE_LOST, text);
	a->pins.gave_up = true;
}

void agent_watch_pins(struct agent *a)
{
	uint64_t now_ns = arming_now_ns();
	enum pins_state was = a->pins.state, is;
	char what[200] = "", text[256];

	if (now_ns - a->pins.looked_ns < LOOK_EVERY_NS)
		return;
	a->pins.looked_ns = now_ns;
	is = gates_pins(a->gates, what, sizeof(what));
	a->pins.state = is;
	if (is == PINS_MISSING && was != PINS_THERE) {
		if (!a->pins.gave_up)
			put_back(a);
		return;
	}
	if (is == was || is == PINS_THERE)
		return;
	snprintf(text, sizeof(text), is == PINS_GONE ?
			 "%s was removed: the gates end with this agent" :
			 "%s was removed", what);
	tell(a, EVENT_GATE_LOST, text);
}

void agent_settle(struct agent *a)
{
	struct regime *before = a->before;

	gates_settle(a->gates);
	table_tend(a->gates);
	if (!before || !before->table ||
	    retired_has(&a->gates->retired, table_generation(before->table)))
		return;
	/* The last look at it; from here on there is one table in memory. */
	exempt_count(a);
	before->table = table_drop(a->gates, before->table);
}
