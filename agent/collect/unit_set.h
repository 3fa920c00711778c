/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit set: the units that one manager of systemd (the system's, or a user's)
 * would find in its directories, by name.
 *
 * Filled from directories in their order of precedence (unit_directory.c): the
 * first file of a name is the unit's, a link to another name is an alias, one
 * to /dev/null a mask. Nothing is parsed here. All text is the set's own; it is
 * bounded in number and bytes, and unit_set.is_cut says when something was left
 * out.
 */
#ifndef WEIR_COLLECT_UNIT_SET_H
#define WEIR_COLLECT_UNIT_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/index.h"

#define UNITS_MAX 65536
#define UNIT_SET_BYTES_MAX (64u << 20)

/* Names of one unit, drop-ins of one name, starters of one unit. */
#define UNIT_NAMES_MAX 64
#define UNIT_DROP_INS_MAX 256
#define UNIT_STARTERS_MAX 32

struct unit_starter {
	const char *by; /* "multi-user.target", "x.timer" */
	bool is_again;	/* and starts it anew when it has ended */
};

/* What one file says, as far as it is of interest; see unit_read.h. */
struct unit_file;

struct unit {
	const char *name;
	const char *fragment; /* the file; of a mask what it hides; NULL: there is none */
	const char *mask;     /* the link or empty file that masks it */
	const char *alias_of; /* the name it is a link to */
	bool is_local;	      /* something of it is in a directory of the first group */
	bool is_pulled;	      /* a .wants or .requires directory names it */
	uint32_t flags;	      /* enum trace_flag */
	struct arena_list names; /* const char *: aliases, its template */
	struct arena_list starters; /* struct unit_starter */
	/* Of a running manager; NULL and 0 without one. */
	const char *active, *sub, *user;
	uint32_t pid;
	uint64_t restarts;
};

struct drop_in {
	const char *file; /* "10-local.conf": one of a name counts */
	const char *path; /* NULL: masked */
};

struct unit_set {
	struct arena arena;
	struct index index; /* names, to places in list */
	struct unit **list;
	uint32_t cnt, cap;
	struct index drop_in_index; /* "x.service" of x.service.d, to places in drop_ins */
	struct arena_list *drop_ins; /* struct drop_in */
	uint32_t drop_in_cnt, drop_in_cap;
	struct index file_index; /* paths, to places in files */
	struct unit_file **files;
	uint32_t file_cnt, file_cap;
	uint64_t bytes, entries;
	bool is_cut;
	int unread; /* why some directory within a directory was left out; 0: none was */
};

void unit_set_exit(struct unit_set *set);

/* The set's own copy, at most @max bytes of it. NULL: no memory, or it is full. */
const char *unit_set_text(struct unit_set *set, const char *text);

/* "x.service", "x@.mount": a name that systemd would take. */
bool unit_name_is_valid(const char *name);

/* "x@.service" of "x@1.service" into @out, of the size of a file name; false: no instance. */
bool unit_template_of(const char *name, char out[256]);

/* NULL: not found. */
struct unit *unit_set_find(const struct unit_set *set, const char *name);

/* The unit of that name, a new one if need be. NULL: no memory, or the set is full. */
struct unit *unit_set_add(struct unit_set *set, const char *name);

/* The unit that @u is an alias of, through any number of them; itself if of none. */
struct unit *unit_set_real(const struct unit_set *set, struct unit *u);

/* @by starts @u. 0 or -ENOMEM. */
int unit_add_starter(struct unit_set *set, struct unit *u, const char *by, bool is_again);
int unit_add_name(struct unit_set *set, struct unit *u, const char *name);

/*
 * What the directory @path below @root_fd holds, after those that were added
 * before it. @is_local marks what it adds. One that is absent holds nothing.
 * 0, -ENOMEM, or why it cannot be read.
 */
int unit_set_add_directory(struct unit_set *set, int root_fd, const char *path, bool is_local);

#endif /* WEIR_COLLECT_UNIT_SET_H */
