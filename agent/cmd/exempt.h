/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exemptions on this host: whom each covers, in numbers that the kernel can
 * compare, and how often each was needed, over tables, agents and boots.
 */
#ifndef WEIR_CMD_EXEMPT_H
#define WEIR_CMD_EXEMPT_H

#include "inventory/known.h"
#include "sense/table.h"

struct agent;

#define EXEMPT_USES "/var/lib/weir/exemptions.json"

struct exempt {
	struct exemption_row *rows;
	size_t cnt;
	uint32_t *users; /* by the policy's exemption; WEIR_ANYBODY: none, or not here */
};

/*
 * A path becomes the files that are there now, a directory those that are
 * @known below it; a user's name its number. What this host does not have is
 * covered by nothing. -EINVAL with @d: more at a time on one thing than the
 * kernel keeps.
 */
int exempt_make(struct gates *g, const struct policy *p, const struct compiled *t,
		const struct known *known, int root_fd, struct exempt *ret, struct diag *d);
void exempt_exit(struct exempt *x);

/*
 * The user of @p's exemption @index, as he was when the table was made; WEIR_ANYBODY:
 * it names none, or none of this host.
 */
uint32_t exempt_user_of(const struct exempt *x, const struct policy *p, uint32_t index);

/*
 * The number of a user by name or number. False: this host has none such. It asks
 * the name service, which may be slow: where a table is made, not in the loop.
 */
bool exempt_find_user(const char *user, uint32_t *ret);

/*
 * For the loop: a user by name or number: what exemptions have of him, else
 * /etc/passwd alone, since the name service may ask another host. WEIR_ANYBODY:
 * not known.
 */
uint32_t exempt_user_named(const struct agent *a, const char *user);

/* Uses as they are written down, by the exemption's id. */
struct exempt_use {
	char *id;
	uint64_t used;
	int64_t last_s; /* 0: never */
	/*
	 * Up to where: this many of the kernel's count in that table of that boot, in
	 * which it has this index. An agent that is killed folds no more.
	 */
	uint64_t seen, generation;
	uint32_t index;
	char boot[40];
};

struct exempt_uses {
	struct exempt_use *list;
	uint32_t cnt;
	bool is_dirty;
};

/* A file that is not there, or damaged, is none. */
void exempt_read_uses(const char *path, struct exempt_uses *ret);
void exempt_free_uses(struct exempt_uses *u);
const struct exempt_use *exempt_use_of(const struct exempt_uses *u, const char *id);

/* Every minute, and before a table goes: folds what the kernel has counted. */
void exempt_count(struct agent *a);

/* The uses under the table before, of which no agent is left to tell. */
void exempt_count_left(struct agent *a, uint64_t generation);

/* Notes what has ended since the last look. */
void exempt_watch(struct agent *a);

#endif /* WEIR_CMD_EXEMPT_H */
