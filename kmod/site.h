/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A site: one function of the kernel that a gate of ours stands before.
 *
 * ftrace calls us at the function's entry and lets us say where to go on. What
 * may pass goes on as if nobody had looked. What is refused goes to a stub that
 * returns -EPERM. What needs a file's content goes to a function of ours, which
 * may sleep, decides, and calls the original itself.
 *
 * That last call is an indirect one. Where the CPU enforces landing pads (IBT)
 * the kernel has sealed its security functions against those, so there nothing
 * is sent to a function of ours, and a gate decides by what can be looked up.
 *
 * PERMANENT: kernel.ftrace_enabled=0 is refused as long as we stand. IPMODIFY:
 * one owner per function; a live patch or another product may be it already,
 * then we say so and stay away.
 */
#ifndef WEIR_SITE_H
#define WEIR_SITE_H

#include "compat.h"

enum weir_turn {
	WEIR_PASS,   /* on into the function */
	WEIR_REFUSE, /* -EPERM instead of it */
	WEIR_DETOUR, /* to the site's own function, which may sleep */
};

/**
 * struct weir_site - one of them
 * @function:	the kernel's name for it
 * @hooks:	bit per enum weir_hook that it serves
 * @ask:	must not sleep
 * @detour:	takes the function's place; NULL: the site never needs it
 * @original:	where the function begins: ftrace is told by it, @detour calls it
 * @state:	enum weir_site_state
 * @error:	why it is not ours, a positive errno
 */
struct weir_site {
	const char *function;
	u32 hooks;
	enum weir_turn (*ask)(struct weir_regs *regs);
	void *detour;
	unsigned long original;
	u32 state;
	int error;
	/* private: */
	struct ftrace_ops ops; /* for itself, and for those that came with it */
	bool is_hooked;	       /* that is registered */
};

/* By the gates that own them; ends with NULL. */
extern struct weir_site *const weir_sites[];

/* May gates send a task on a detour on this host? */
bool weir_site_may_detour(void);

/*
 * Stands before the functions of @hooks, as far as they can be had; the module
 * stays loaded as long as one stands. Callers hold weir_state_lock().
 */
void weir_sites_attach(u32 hooks);

/*
 * Leaves all of them. Somebody may still be on a detour, for as long as a FUSE
 * server likes; so the module can be unloaded only after weir_sites_settle() has
 * found it empty. That is to be called now and then; it takes weir_state_lock()
 * itself, and not while it waits for every task of the host.
 */
void weir_sites_detach(void);
void weir_sites_settle(void);

/* Does a gate of ours stand anywhere? */
bool weir_sites_any(void);

/* At the end of every detour. */
void weir_site_leave(void);

#endif /* WEIR_SITE_H */
