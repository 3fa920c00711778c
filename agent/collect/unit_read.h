/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading units: what a unit's file and its drop-ins say together.
 *
 * Each file is parsed once, in the cell, and of its paths only those are kept
 * that an indicator means, and the program of each command. Drop-ins come in
 * the order of their names; an empty assignment takes back what came before.
 */
#ifndef WEIR_COLLECT_UNIT_READ_H
#define WEIR_COLLECT_UNIT_READ_H

#include "collect/survey.h"
#include "collect/unit_set.h"
#include "parse/unit.h"

/* Assignments kept of one file, paths of one assignment, files of one unit. */
#define UNIT_ASSIGNMENTS_MAX 1024
#define UNIT_PATHS_KEPT_MAX 16
#define UNIT_FILES_MAX 64

struct unit_assignment {
	enum unit_key key;
	bool is_taken_back; /* an empty one: what came before does not count */
	const char *program; /* of a key that runs one, as written; NULL: unknown */
	struct arena_list paths; /* const char *: those that an indicator means */
	struct arena_list words; /* const char * */
};

struct unit_file {
	struct arena_list assignments; /* struct unit_assignment */
};

/* What holds for one unit, in order. A zeroed one is empty; reused, freed once. */
struct unit_settings {
	const struct unit_assignment **list;
	uint32_t cnt, cap;
};

/* 0, or -ENOMEM. */
int unit_read(struct survey *s, struct unit_set *set, const struct unit *u,
	      struct unit_settings *ret);
void unit_settings_exit(struct unit_settings *settings);

/* The first word of the last @key; NULL: it has none. */
const char *unit_setting(const struct unit_settings *settings, enum unit_key key);

#endif /* WEIR_COLLECT_UNIT_READ_H */
