// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/keying.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/guarding.h"
#include "inventory/root.h"

static bool is_told_already(const struct known_file *old, const struct known_file *k,
			    const struct stat *st)
{
	return old && known_is_unchanged(old, st) && old->kind == k->kind &&
	       !strcmp(old->product, k->product) && !strcmp(old->value, k->value);
}

/* What is known of the file open at @fd becomes a key, if a rule wants one. */
static void adopt(struct agent *a, struct known_file *k, int fd, const struct stat *st)
{
	const struct sources *s = &a->now->sources;
	struct known_file *old = known_find(&a->known, k->path);
	struct file_entry e = {};

	if (!plan_key(a->now->plan, s->catalog, s->policy, k, st, &e.key)) {
		a->feeder.guarded +=
			guard_find(a->now->plan->guard, st->st_dev, st->st_ino) != NULL;
		return;
	}
	k->pass = a->feeder.pass;
	if (is_told_already(old, k, st)) {
		/* It has its key since the table was made. */
		old->pass = k->pass;
		a->feeder.keys++;
		return;
	}
	if (gates_keys(a->gates, &fd, &e.file, 1) || !e.file.ino)
		return;
	if (known_add(&a->known, k) || table_add_file(a->now->table, &e.file, &e.key)) {
		a->count.keys_refused++;
		return;
	}
	arrivals_watch(&a->feeder.arrivals, k->path);
	a->feeder.keys++;
	a->count.keys_added++;
}

int keying_take(void *ctx, const struct known_file *told)
{
	struct agent *a = ctx;
	CLEANUP(close_fdp) int fd = -1;
	struct known_file k = *told;
	struct stat st;

	a->feeder.files++;
	k.by_scan = true;
	fd = root_open(a->root_fd, k.path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	/* Changed since it was looked at: the next pass, or its next run, tells. */
	if (fd >= 0 && !fstat(fd, &st) && known_is_unchanged(&k, &st))
		adopt(a, &k, fd, &st);
	return 0;
}

void keying_arrival(void *ctx, const char *path)
{
	struct agent *a = ctx;
	const struct catalog *c = a->now->sources.catalog;
	CLEANUP(close_fdp) int fd = root_open(a->root_fd, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	const struct known_file *old = known_find(&a->known, path);
	const struct facts facts = { .path = path };
	struct known_file k = { .path = (char *)path, .by_scan = true };
	const struct evidence *best = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return;
	if (guarding_take(a, path, fd)) {
		feeder_wake(&a->feeder, false);
		return;
	}
	if (!match_facts(a->now->index, &facts, &a->match))
		best = match_best(&a->match);
	if (!best && !old)
		return;
	k.product = best ? (char *)c->products[best->product].id : old->product;
	k.value = best ? (char *)c->indicators[best->indicator].value : old->value;
	k.kind = best ? c->indicators[best->indicator].kind : old->kind;
	known_stamp(&k, &st);
	adopt(a, &k, fd, &st);
}

void keying_watch(struct agent *a)
{
	const struct compiled *t = a->now->plan->compiled;

	for (uint32_t i = 0; i < t->name_cnt; i++)
		if (t->names[i].kind == IND_PATH && !strchr(t->names[i].pattern, '*'))
			arrivals_watch(&a->feeder.arrivals, t->names[i].pattern);
	guarding_watch(a);
	for (uint32_t i = 0; i < a->known.cnt; i++)
		if (a->known.list[i].product)
			arrivals_watch(&a->feeder.arrivals, a->known.list[i].path);
}

void keying_forget_gone(struct agent *a)
{
	struct known_file *k;
	struct weir_file key;
	struct stat st;

	for (uint32_t i = 0; i < a->known.cnt; i++) {
		CLEANUP(close_fdp) int fd = -1;

		k = &a->known.list[i];
		if (!k->product || !k->by_scan || k->pass == a->feeder.pass)
			continue;
		fd = root_open(a->root_fd, k->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && !fstat(fd, &st) && known_is_same(k, &st) &&
		    !gates_keys(a->gates, &fd, &key, 1) && key.ino)
			table_drop_file(a->now->table, &key);
		known_drop(&a->known, i);
	}
}

void keying_ask_again(struct agent *a)
{
	const struct known_file *k;
	struct stat st;

	for (uint32_t i = 0; a->identify && i < a->known.cnt; i++) {
		CLEANUP(close_fdp) int fd = -1;

		k = &a->known.list[i];
		if (!k->product)
			continue;
		fd = root_open(a->root_fd, k->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && !fstat(fd, &st) && !known_is_unchanged(k, &st))
			identify_ask(a->identify, 0, k->path, 0, 0);
	}
}
