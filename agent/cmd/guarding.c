// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/guarding.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "inventory/upgrade.h"

/* Packages come one after another; building the guard costs half a second. */
#define SETTLE_NS (5 * 1000000000ULL)

void guarding_suspect(struct agent *a)
{
	a->feeder.guard_due_ns = arming_now_ns() + SETTLE_NS;
	a->feeder.guard_changed = true;
}

static void breathe(void *ctx)
{
	struct agent *a = ctx;

	if (a->now && a->feeder.arrivals.fd >= 0)
		feeder_take(a, a->feeder.arrivals.fd);
}

void guarding_open(struct agent *a)
{
	guard_set_breath(breathe, a);
}

void guarding_close(void)
{
	guard_set_breath(NULL, NULL);
}

static void tell_fault(const char *what, int err)
{
	fprintf(stderr, "weir: guard: %s: %s: what an upgrade brought may be unguarded until the "
			"policy is loaded again\n", what, strerror(-err));
}

/* What is written under one name and renamed arrives twice. */
static void remember(struct feeder *f, const struct weir_file *file)
{
	for (uint32_t i = 0; i < f->guard_fresh_cnt && i < FEEDER_FRESH; i++)
		if (!memcmp(&f->guard_fresh[i], file, sizeof(*file)))
			return;
	f->guard_fresh[f->guard_fresh_cnt++ % FEEDER_FRESH] = *file;
}

bool guarding_take(struct agent *a, const char *path, int fd)
{
	struct weir_file file = {};
	int err;

	if (upgrade_is_login_file(path)) {
		guarding_suspect(a);
		return true;
	}
	if (!upgrade_is_expected(a->now->plan->guard, path))
		return false;
	err = gates_keys(a->gates, &fd, &file, 1);
	if (!err && file.ino) {
		remember(&a->feeder, &file);
		err = table_add_guard(a->now->table, &file);
	}
	if (err)
		tell_fault(path, err);
	guarding_suspect(a);
	return true;
}

void guarding_tend(struct agent *a)
{
	struct plan *p = a->now->plan;
	int err;

	if (!a->feeder.guard_due_ns || arming_now_ns() < a->feeder.guard_due_ns)
		return;
	a->feeder.guard_due_ns = 0;
	err = plan_renew_guard(a->gates, p, a->root_fd, a->opts->canary);
	for (size_t i = 0; i < p->guard_cnt && !err; i++)
		err = table_add_guard(a->now->table, &p->guard_keys[i]);
	if (err)
		tell_fault("after an upgrade", err);
	guarding_watch(a);
}

void guarding_leave(struct agent *a)
{
	const uint64_t in_force = a->gates->control.generation;
	CLEANUP(plan_freep) struct plan *p = calloc(1, sizeof(*p));
	int err = p ? 0 : -ENOMEM;

	if (!in_force)
		return;
	if (!err)
		err = plan_renew_guard(a->gates, p, a->root_fd, a->opts->canary);
	if (!err)
		err = table_guard_left(a->gates, in_force, p->guard_keys, p->guard_cnt);
	if (err)
		tell_fault("the table that stays in force", err);
}

static void watch(void *ctx, const char *path)
{
	arrivals_watch(ctx, path);
}

void guarding_watch(struct agent *a)
{
	const struct guard *g = a->now->plan->guard;
	const struct feeder *f = &a->feeder;

	/* While the table was made they may have been on their way to their places. */
	for (uint32_t i = 0; i < f->guard_fresh_cnt && i < FEEDER_FRESH; i++)
		table_add_guard(a->now->table, &f->guard_fresh[i]);
	for (uint32_t i = 0; i < g->cnt; i++)
		arrivals_watch(&a->feeder.arrivals, g->entries[i].path);
	upgrade_login_places(watch, &a->feeder.arrivals);
}
