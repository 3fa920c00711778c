/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table in the kernel: one generation of everything that can be looked up.
 *
 * Built aside, switched to by one store, dropped when nobody can be reading
 * it any more. A failed load leaves the current generation untouched.
 */
#ifndef WEIR_SENSE_TABLE_H
#define WEIR_SENSE_TABLE_H

#include <stddef.h>

#include "policy/compile.h"
#include "sense/gates.h"

struct file_entry {
	struct weir_file file;
	struct weir_key key;
};

struct module_entry {
	struct weir_module_name name;
	struct weir_key key;
};

struct exemption_row {
	struct weir_scope scope;
	struct weir_exemptions of;
};

/* What becomes a generation; all borrowed. */
struct table_plan {
	const struct compiled *compiled;
	const struct file_entry *files, *dirs;
	const struct module_entry *modules;
	const struct weir_file *guard;
	const struct weir_installed *installed; /* what a freeze lets run */
	const struct exemption_row *exemptions;
	const struct weir_sha256 *contents;	/* the same by content */
	size_t file_cnt, dir_cnt, module_cnt, guard_cnt, installed_cnt, content_cnt;
	size_t exemption_cnt;
};

struct table;

/* 0 and *ret the caller's, not yet in force; -errno and nothing has changed. */
int table_load(struct gates *g, const struct table_plan *plan, struct table **ret);

/*
 * Puts @t in force together with what else is in @g->control (enforce, flags
 * other than WEIR_HAS_*, ...). From the return on no hook begins with the old.
 */
int table_switch(struct gates *g, struct table *t);

/*
 * Frees @t, and takes it out of the kernel if it was never in force; else that is
 * for table_tend(). Returns NULL; takes NULL.
 */
struct table *table_drop(const struct gates *g, struct table *t);

/*
 * One more known file in the current generation, as the inventory found it or
 * as it was identified after its first run. A key that does not enforce never
 * takes the place of another. -E2BIG: no room left until the next table.
 */
int table_add_file(struct table *t, const struct weir_file *file, const struct weir_key *key);

/*
 * One more guarded file in the current generation: an upgrade has put it in the
 * place of one that was. 0 or -errno, -E2BIG when there is no room.
 */
int table_add_guard(struct table *t, const struct weir_file *file);

/* It was identified again, and is not what its key says. 0 or -errno. */
int table_drop_file(struct table *t, const struct weir_file *file);

/* The same for @cnt files in a table that an agent before us left. -ENOENT: none such. */
int table_guard_left(const struct gates *g, uint64_t generation, const struct weir_file *files,
		     size_t cnt);

/*
 * How often each exemption was used under @t: @used[i] grows by the uses of the
 * policy's exemption i, below @cnt. 0 or -errno.
 */
int table_count_exemptions(const struct table *t, uint64_t *used, uint32_t cnt);

/* The same of a table that an agent before us left. -ENOENT: none such. */
int table_count_left(const struct gates *g, uint64_t generation, uint64_t *used, uint32_t cnt);

uint64_t table_generation(const struct table *t);

/*
 * On a timer: tables that nobody can be reading any more leave the kernel, ours
 * and those that earlier agents left.
 */
void table_tend(struct gates *g);

#endif /* WEIR_SENSE_TABLE_H */
