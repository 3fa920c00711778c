/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `systemctl show` says of units, one block of KEY=VALUE lines each, in
 * the order in which they were asked for, with an empty line between two.
 */
#ifndef WEIR_CMD_UNIT_SHOW_H
#define WEIR_CMD_UNIT_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unit_show {
	bool is_loaded; /* there is such a unit, masked or not */
	bool is_masked;
	bool is_active; /* active or reloading; not on its way up or down */
	bool is_ended;	/* inactive or failed */
	uint32_t main_pid; /* 0: none */
	uint64_t active_us; /* CLOCK_MONOTONIC of when it became active; 0: never */
	char cgroup[512];   /* "": none */
	char starts[512];   /* the file that its first ExecStart= names; "": none */
	char user[64];	    /* as its User= says; "": root */
};

/* The question, with its NULL: units go from UNIT_SHOW_WORDS on. */
#define UNIT_SHOW_WORDS 5
extern const char *const unit_show_words[UNIT_SHOW_WORDS + 1];

/* The @n-th block. False: the answer has no such block. */
bool unit_show_nth(const char *text, unsigned int n, struct unit_show *ret);

/* Is it a name that a unit may have, so that nothing else can be read into it? */
bool unit_show_may_ask(const char *name);

#endif /* WEIR_CMD_UNIT_SHOW_H */
