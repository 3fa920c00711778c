/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps that one generation of a table consists of: a kind each, made of a plan.
 */
#ifndef WEIR_SENSE_TABLE_MAP_H
#define WEIR_SENSE_TABLE_MAP_H

#include <stdint.h>

#include "sense/table.h"

enum table_kind {
	KIND_RULES,
	KIND_GUARD,
	KIND_FILES,
	KIND_DIRS,
	KIND_MODULES,
	KIND_SIZES,
	KIND_HASHES,
	KIND_BUILD_IDS,
	KIND_PREFIX4,
	KIND_PREFIX6,
	KIND_EXEMPTIONS,
	KIND_INSTALLED,
	KIND_CONTENTS,
	KIND_MAX,
};

/* The map of maps, by generation, that holds those of @kind. */
const char *table_map_outer(enum table_kind kind);

struct module_gate;

/*
 * A map with all that @p has of @kind, and room for what comes while it is in
 * force: the caller's descriptor, or -errno. WEIR_HAS_* of what is in it are added
 * to *@has. @module, unless NULL, is told the same, into the table begun there.
 */
int table_map_new(const struct table_plan *p, enum table_kind kind, struct module_gate *module,
		  uint32_t *has);

#endif /* WEIR_SENSE_TABLE_MAP_H */
