/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Since when this host has had an indicator in its catalogue.
 *
 * What is in the catalogue that the policy pins is old from the start. What a
 * later one adds, or makes stronger, is of the moment it was first seen here;
 * what is dropped and comes back is new again. Only indicators that could
 * enforce are kept, and only those of the catalogue in force: so the file is
 * bounded by the catalogue.
 */
#ifndef WEIR_CMD_TRUSTED_INDICATORS_H
#define WEIR_CMD_TRUSTED_INDICATORS_H

#include <stdbool.h>

#include "catalog/catalog.h"

struct indicator_age {
	uint64_t id; /* hash of all that is said of it */
	int64_t at_s; /* 0: from the start */
};

struct indicator_ages {
	struct indicator_age *list; /* by id */
	uint32_t cnt;
	uint32_t young;	/* too new to enforce */
	int64_t due_s;	/* when the first of them is old enough; INT64_MAX: never */
	bool is_changed; /* not yet on disk */
};

/*
 * The ages under @c: of what @old knows as it says, of the rest @now_s, or 0
 * when the catalogue @is_pinned. 0 and *ret for ages_exit(), or -ENOMEM.
 */
int ages_make(const struct indicator_ages *old, const struct catalog *c, bool is_pinned,
	      int64_t now_s, struct indicator_ages *ret);

/* Every confidence is again as the catalogue has it. */
void ages_take_back(struct catalog *c);

/*
 * Lowers the confidence of what was first seen less than @observe_s ago (0: at
 * any time but the start), which so cannot enforce, wherever it is found.
 */
void ages_apply(struct indicator_ages *ages, struct catalog *c, int64_t observe_s, int64_t now_s);
void ages_exit(struct indicator_ages *ages);

/* 0, -ENOENT, -EINVAL: damaged, or another -errno. */
int ages_read(const char *path, struct indicator_ages *ret);
int ages_write(const char *path, const struct indicator_ages *ages);

#endif /* WEIR_CMD_TRUSTED_INDICATORS_H */
