/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * At the switch: when a product's mode becomes block, or what blocks it comes
 * into force, whatever runs of it is told, with its unit and its user, and its
 * units are dealt with as the rule's `on-switch` says.
 */
#ifndef WEIR_CMD_AT_SWITCH_H
#define WEIR_CMD_AT_SWITCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "cmd/switch_units.h"
#include "cmd/units.h"

#define SWITCH_FILE "/var/lib/weir/switch.json"

/* Processes of one product that are told one by one. */
#define SWITCH_PROCESSES_MAX 64

enum switch_level { SWITCH_NONE, SWITCH_MEANT, SWITCH_IN_FORCE, SWITCH_LEVEL_MAX };

struct switch_process {
	uint32_t product; /* index in the catalogue */
	uint32_t pid, uid;
	char *path; /* NULL: not for us to see */
	char *user;
	char unit[UNIT_NAME_MAX]; /* of the system; "": none */
	const char *where;	  /* why none that is dealt with, a clause; NULL: it has one */
	bool is_spared;		  /* the gate would let it start again, as @where says */
};

struct switch_seen { /* a product that a rule blocks at some time */
	char *id;
	uint32_t product, line;
	uint8_t on_switch; /* enum on_switch */
	uint8_t level;	   /* as last told */
	bool is_new;	   /* its level has just gone up */
	bool is_asked;	   /* about the units that are listed as its */
	bool is_watched;   /* by the policy in force */
};

struct at_switch {
	struct switch_seen *list;
	uint32_t cnt;
	struct switch_process *processes;
	uint32_t process_cnt;
	struct switch_units units;
	uint64_t look_ns;
	char boot_id[37];
	const char *path; /* of what is remembered; a test has its own */
	bool is_read, is_dirty, is_without_systemd;
};

struct agent;

void agent_take_switch(struct agent *a); /* a policy is in force */
void agent_watch_switch(struct agent *a); /* every second */
void switch_status(const struct agent *a, struct jout *j);
void switch_end(struct at_switch *s);

/*
 * switch_memory.c: 0, -ENOENT, -EINVAL: damaged. Of another boot only what is
 * still true is kept.
 */
int switch_read(const char *path, const char *boot_id, struct at_switch *ret);
int switch_write(const char *path, const struct at_switch *s);

/* That of product @id, made when there is none; NULL: no memory. */
struct switch_seen *switch_seen_of(struct at_switch *s, const char *id);

/* switch_list.c: what runs of the products whose level is not SWITCH_NONE. 0 or -ENOMEM. */
int switch_list(struct agent *a);
void switch_forget_processes(struct at_switch *s);

#endif /* WEIR_CMD_AT_SWITCH_H */
