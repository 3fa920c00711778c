/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Units of a product that is blocked: stopped in their own orderly way, by
 * systemd and with their own time for it, and masked at run time once they have
 * ended, so that no watchdog starts them over and over. Never a kill, and none
 * that a host cannot do without. What was masked is remembered, and unmasked
 * when the product is no longer blocked; nothing is ever started.
 *
 * systemctl is asked as a child and not waited for, one question at a time.
 */
#ifndef WEIR_CMD_SWITCH_UNITS_H
#define WEIR_CMD_SWITCH_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/errand.h"
#include "cmd/unit_show.h"

#define SWITCH_UNITS_MAX 256

/* A unit that has not stopped by then is systemd's to deal with. */
#define SWITCH_STOPS_MAX 3

/* A mask that has no effect by then has none. */
#define SWITCH_MASKS_MAX 2

enum unit_deed {
	UNIT_FORGET, /* it is not here, or nothing of it is ours any more */
	UNIT_LEAVE,  /* it is not the product's own */
	UNIT_WAIT,
	UNIT_STOP,
	UNIT_MASK,
	UNIT_UNMASK,
	UNIT_KEEP, /* masked, as it should be */
	UNIT_DEED_MAX,
};

/* The link that masks a unit at run time, whoever made it. */
enum mask_seen {
	MASK_NONE,
	MASK_THERE,
	MASK_OUTRANKED, /* by a unit file in /etc */
};

struct switch_unit {
	char *name, *product;
	char *path;   /* what its start runs; NULL: not known */
	uint32_t uid; /* as whom */
	bool is_wanted; /* the product is blocked, and its rule says so */
	bool wants_stop;
	bool is_listed; /* the catalogue names it as the product's */
	bool is_exempt;	/* what it starts is */
	bool is_own;	/* what it starts is the product's, and would be refused */
	bool is_masked; /* by us, on this boot, for all that we know */
	bool is_settled; /* nothing to do until is_wanted changes */
	const char *spared; /* why it is left although it is listed; NULL: it is not */
	const char *told;   /* of that, what was said last */
	uint8_t stops, masks, failures;
	uint64_t next_ns, stopped_ns;
};

struct switch_units {
	struct switch_unit *list;
	uint32_t cnt;
	struct errand errand;
	uint32_t at; /* the unit that the errand is about */
	uint8_t doing; /* enum unit_deed; UNIT_WAIT: it is being asked about */
	bool is_dirty;
};

/* One that a host cannot do without, whoever's processes are in it. */
bool switch_is_vital(const char *unit);

/*
 * What to do about @u, being as @show says (NULL: nobody could say) and its
 * link as @mask.
 */
enum unit_deed switch_next(const struct switch_unit *u, const struct unit_show *show,
			   enum mask_seen mask, uint64_t now_ns);

/* One that is to be stopped or masked, or both; NULL: no room, or no such name. */
struct switch_unit *switch_unit_of(struct switch_units *all, const char *name,
				   const char *product);

struct agent;

/* Every second: the next step of some unit. */
void switch_units_tend(struct agent *a);
void switch_units_end(struct switch_units *all);

/*
 * Unmasks what @path, the memory of an agent, says was masked on this boot because
 * of @product (NULL: of any), and waits for it: where no agent is there to do so.
 * How many were; *ret_left: how many could not be.
 */
unsigned int switch_undo(const char *path, const char *boot_id, const char *product,
			 unsigned int *ret_left);

#endif /* WEIR_CMD_SWITCH_UNITS_H */
