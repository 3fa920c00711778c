/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Units: whose process it was, in systemd's names, by the number of its
 * control group. A group keeps its number and its path for life, so what was
 * found once is remembered, and so is that nothing was. A process may be gone
 * with its group before its record is read: then the kernel has kept the names.
 */
#ifndef WEIR_CMD_UNITS_H
#define WEIR_CMD_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/table.h>

/* Of a unit, as systemd has it, with its NUL. */
#define UNIT_NAME_MAX 256

/* Groups remembered at a time; some 130 KiB. A power of two. */
#define UNITS_KEPT 256

struct unit_names {
	char *unit;	 /* "ssh.service", "session-4.scope", "user@1000.service" */
	char *user_unit; /* of the user's own manager; NULL: none */
};

/* Zeroed, it is empty. */
struct units {
	int groups_fd; /* of the map in which the kernel names groups; 0: none */
	uint64_t id[UNITS_KEPT]; /* 0: free */
	struct unit_names names[UNITS_KEPT];
};

/* Borrowed until the next call; both NULL when it is in no unit, or gone. */
const struct unit_names *units_of(struct units *u, uint64_t cgroup);
void units_exit(struct units *u);

/*
 * The path of a control group below the root of the hierarchy: as it is, or as
 * the kernel saw it with a record of listed software. False: nobody knows it.
 */
bool units_path(const struct units *u, uint64_t cgroup, char *out, size_t size);

/* The path that @g names; false: it goes deeper, or a name does not fit. */
bool units_join(const struct weir_group *g, char *out, size_t size);

/* "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service"; 0 or -ENOMEM. */
int units_read(const char *path, struct unit_names *ret);

#endif /* WEIR_CMD_UNITS_H */
