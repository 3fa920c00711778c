// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/guard_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "inventory/drivers.h"
#include "inventory/names.h"
#include "inventory/pattern.h"
#include "inventory/root.h"

/* Some 6,000 modules and what each needs. */
#define DEP_BYTES_MAX (16U << 20)

static int compare_modules(const void *a, const void *b)
{
	const struct guard_module *x = a, *y = b;

	return strcmp(x->name, y->name);
}

const struct guard_module *guard_find_module(const struct guard *g, const char *name)
{
	const struct guard_module key = { .name = (char *)(uintptr_t)name };

	return g->module_cnt ? bsearch(&key, g->modules, g->module_cnt, sizeof(key),
				       compare_modules) : NULL;
}

static int add_module(void *ctx, const char *name, const char *why)
{
	struct guard *g = ctx;
	struct guard_module *grown;
	struct guard_module m;

	grown = reallocarray(g->modules, g->module_cnt + 1UL, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	g->modules = grown;
	m = (struct guard_module){ strdup(name), strdup(why) };
	grown[g->module_cnt++] = m; /* from here on guard_free() has both */
	return m.name && m.why ? 0 : -ENOMEM;
}

static int add_address(void *ctx, const struct reach *r)
{
	struct guard *g = ctx;
	struct guard_address *a = &g->addresses[g->address_cnt];

	for (uint32_t i = 0; i < g->address_cnt; i++)
		if (!prefix_compare(&g->addresses[i].reach.at, &r->at) &&
		    g->addresses[i].reach.is_resolver == r->is_resolver)
			return 0;
	if (g->address_cnt == GUARD_ADDRESSES_MAX)
		return 0;
	a->reach = *r;
	prefix_format(&r->at, a->text);
	g->address_cnt++;
	return 0;
}

int guard_take_needs(struct guard *g)
{
	int err = add_module(g, "weir", "weir");

	if (!err)
		err = drivers_each(g->root_fd, add_module, g);
	if (!err)
		err = reach_each(g->root_fd, add_address, g);
	if (!err)
		qsort(g->modules, g->module_cnt, sizeof(*g->modules), compare_modules);
	return err;
}

/* --- their files --- */

struct files {
	const struct guard *g;
	guard_file_fn fn;
	void *ctx;
};

static const struct guard_module *module_of(const struct guard *g, const char *path)
{
	char name[WEIR_NAME_MAX];

	return names_module_of(strrchr(path, '/') ? strrchr(path, '/') + 1 : path, name,
			       sizeof(name)) ? guard_find_module(g, name) : NULL;
}

/* "kernel/a.ko: kernel/b.ko kernel/c.ko", all below the directory of @dep. */
static int take_line(const struct files *f, const char *dep, char *line)
{
	char path[WEIR_PATH_MAX], *save = NULL;
	char *file = strtok_r(line, ": ", &save);
	const struct guard_module *m = file ? module_of(f->g, file) : NULL;
	int err = 0;

	for (; m && file && !err; file = strtok_r(NULL, " ", &save)) {
		int dir_len = (int)(strrchr(dep, '/') - dep);

		if (snprintf(path, sizeof(path), "%.*s/%s", dir_len, dep, file) >=
		    (int)sizeof(path))
			continue;
		err = f->fn(f->ctx, path, m->why);
	}
	return err;
}

static int take_dep(void *ctx, const char *dep)
{
	CLEANUP(freep) char *text = NULL;
	const struct files *f = ctx;
	char *save = NULL, *line;
	int err = root_text(f->g->root_fd, dep, DEP_BYTES_MAX, &text);

	if (err)
		return err == -ENOMEM ? err : 0;
	for (line = strtok_r(text, "\n", &save); line && !err; line = strtok_r(NULL, "\n", &save))
		err = take_line(f, dep, line);
	return err;
}

int guard_module_files(const struct guard *g, guard_file_fn fn, void *ctx)
{
	struct files f = { .g = g, .fn = fn, .ctx = ctx };
	int err = pattern_each(g->root_fd, "/lib/modules/*/modules.dep", take_dep, &f);

	return err == -E2BIG || err == -EINVAL ? 0 : err;
}
