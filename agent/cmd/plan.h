/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plan: catalogue and policy brought together with this host. Names become
 * files and files become keys; the guard is resolved; what would meet the
 * guard is refused here, before anything reaches the kernel.
 */
#ifndef WEIR_CMD_PLAN_H
#define WEIR_CMD_PLAN_H

#include "cmd/exempt.h"
#include "cmd/freeze.h"
#include "inventory/guard.h"
#include "inventory/known.h"
#include "sense/gates.h"
#include "sense/table.h"

struct plan {
	int64_t offset_ns; /* of the clocks when its dates were worked out */
	struct compiled *compiled;
	struct guard *guard;
	struct file_entry *files, *dirs;
	struct module_entry *modules;
	struct weir_file *guard_keys;
	size_t file_cnt, dir_cnt, module_cnt, guard_cnt;
	struct installed installed; /* the sets, as they are under this table */
	struct freeze freeze;
	struct exempt exempt;
	char kept[600]; /* the first thing that is in force and that the guard lets run; "" */
	bool wants_connect; /* some key or record is about addresses */
};

/*
 * Builds the plan of @p over @c on the host below @root_fd; @own are further
 * files of ours to guard, NULL-terminated; @known is what the inventory has
 * found, of which those files get keys that are still the same; @installed what
 * freezes let run so far. @is_agreed: it was in force on this host before, so files
 * that have become vital since are no reason to refuse it: the guard keeps them in the
 * kernel, and @ret->kept says so. -EINVAL with @d: the policy is refused and why. Other
 * -errno: it could not be worked out.
 */
int plan_new(struct gates *g, const struct catalog *c, const struct policy *p, int root_fd,
	     const char *const *own, const struct known *known,
	     const struct installed *installed, bool is_agreed, struct plan **ret, struct diag *d);
struct plan *plan_free(struct plan *p); /* returns NULL; takes NULL */

/*
 * Builds the guard of @p anew, as the host is now; @canary is ours, too. 0 or -errno,
 * then it is as it was.
 */
int plan_renew_guard(struct gates *g, struct plan *p, int root_fd, const char *canary);
void plan_freep(struct plan **p);

/*
 * The key of what is known of @f, whose file's stat(2) is @st. False: no rule
 * means its product, the catalogue has dropped it, or the guard has the file.
 */
bool plan_key(const struct plan *p, const struct catalog *c, const struct policy *pol,
	      const struct known_file *f, const struct stat *st, struct weir_key *ret);

/* Borrowed view of @p for table_load(). */
struct table_plan plan_table(const struct plan *p);

#endif /* WEIR_CMD_PLAN_H */
