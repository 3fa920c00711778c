/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What owners.c and owners_explain.c share.
 */
#ifndef WEIR_COLLECT_OWNERS_PRIVATE_H
#define WEIR_COLLECT_OWNERS_PRIVATE_H

#include "base/arena.h"
#include "collect/aliases.h"
#include "collect/diversions.h"
#include "collect/owners.h"

struct owners {
	struct survey *survey;
	struct arena arena; /* names of packages that were found */
	struct aliases aliases;
	struct diversions diversions;
	bool is_whole; /* the diversions were read */
};

#endif /* WEIR_COLLECT_OWNERS_PRIVATE_H */
