// SPDX-License-Identifier: GPL-2.0-only
/*
 * What runs of the products that a switch is about: by the executable of each
 * process, its name and its unit, and by what the inventory knows of the file.
 * All of it is told; dealt with is only what the gate would refuse to start.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/at_switch.h"
#include "cmd/backoff.h"
#include "cmd/force.h"
#include "collect/task.h"
#include "inventory/root.h"

struct look {
	struct agent *a;
	struct survey survey;
	struct match match;
	uint32_t *cnt; /* by product: told so far, and 1; 0: not asked about */
};

struct found {
	uint32_t product;
	const char *spared; /* why the gate would let it start again; NULL: it would not */
	bool is_found;
};

static void free_process(struct switch_process *p)
{
	free(p->path);
	free(p->user);
}

void switch_forget_processes(struct at_switch *s)
{
	while (s->process_cnt)
		free_process(&s->processes[--s->process_cnt]);
	free(s->processes);
	s->processes = NULL;
}

static void ignore_unread(void *ctx, const char *what, int err)
{
	(void)ctx;
	(void)what;
	(void)err;
}

/* What is behind its path on this host: what runs, or what has come into its place? */
static bool is_of_host(const struct look *l, const struct task *t)
{
	CLEANUP(close_fdp) int runs = -1, at = -1;
	struct stat st, st_at;

	if (t->root && strcmp(t->root, "/") != 0)
		return false;
	if (t->is_deleted)
		return true;
	runs = openat(t->dir_fd, "exe", O_PATH | O_CLOEXEC);
	at = root_open(l->a->root_fd, t->exe, O_PATH | O_CLOEXEC);
	return runs >= 0 && at >= 0 && !fstat(runs, &st) && !fstat(at, &st_at) &&
	       st.st_dev == st_at.st_dev && st.st_ino == st_at.st_ino;
}

/* Why the gate would let it start again; NULL: it would not. */
static const char *why_spared(const struct look *l, const struct task *t, uint32_t product)
{
	if (!t->exe)
		return "its executable cannot be seen";
	if (!is_of_host(l, t))
		return "its executable is not a file of this host";
	return force_spares(l->a, product, t->exe, t->uid);
}

/* One that it may be of, when it is asked about. True: and the gate refuses it. */
static bool consider(const struct look *l, const struct task *t, uint32_t product,
		     struct found *f)
{
	const char *why;

	if (!l->cnt[product])
		return false;
	why = why_spared(l, t, product);
	if (!f->is_found || !why)
		*f = (struct found){ product, why, true };
	return !why;
}

/* The product that is asked about, of several one that is refused. 0 or -ENOMEM. */
static int product_of(struct look *l, const struct task *t, struct found *f)
{
	const struct catalog *c = l->a->now->sources.catalog;
	struct fact words[TASK_WORDS_MAX];
	struct facts facts = { .path = t->exe, .others = words, .other_cnt = task_words(t, words) };
	const struct known_file *k = t->exe ? known_find(&l->a->known, t->exe) : NULL;
	const struct product *p = k && k->product ? catalog_product(c, k->product) : NULL;
	int err = match_facts(l->a->now->index, &facts, &l->match);

	if (err)
		return err;
	if (p && consider(l, t, (uint32_t)(p - c->products), f))
		return 0;
	for (uint32_t i = 0; i < l->match.product_cnt; i++)
		if (l->match.products[i].is_finding &&
		    consider(l, t, l->match.products[i].product, f))
			return 0;
	return 0;
}

/* Its unit of the system, or why it has none that could be stopped. */
static void find_unit(const struct task *t, struct switch_process *p)
{
	char text[8192], *path;

	p->where = "it is in no unit of the system";
	if (task_text(t, "cgroup", text, sizeof(text) - 1) <= 0)
		return;
	for (path = strstr(text, ":/"); path; path = strstr(path + 1, ":/")) {
		path[1 + strcspn(path + 1, "\n")] = '\0';
		if (backoff_unit_of(path + 1, p->unit, sizeof(p->unit)))
			break;
		if (strstr(path, "/user.slice/") || strstr(path, ":/user.slice"))
			p->where = "it is a user's";
		path += strlen(path);
		if (!path[1])
			break;
	}
	if (!unit_show_may_ask(p->unit))
		p->unit[0] = '\0';
	else
		p->where = t->container ? "it is in a container" : NULL;
}

static int keep(struct look *l, const struct task *t, const struct found *f)
{
	struct at_switch *s = &l->a->at_switch;
	char user[64];
	struct switch_process *more = reallocarray(s->processes, s->process_cnt + 1UL,
						   sizeof(*more));

	if (!more)
		return -ENOMEM;
	s->processes = more;
	more += s->process_cnt;
	*more = (struct switch_process){ .product = f->product, .pid = t->pid, .uid = t->uid };
	more->path = t->exe ? strdup(t->exe) : NULL;
	more->user = strdup(task_user(&l->survey, t, user, sizeof(user)));
	s->process_cnt++;
	if (!more->user || (t->exe && !more->path))
		return -ENOMEM;
	find_unit(t, more);
	if (!more->where)
		more->where = f->spared;
	more->is_spared = f->spared;
	return 0;
}

static int take_task(void *ctx, const struct task *t)
{
	struct look *l = ctx;
	struct found found = { 0 };
	int err;

	if (t->is_kernel || t->pid == (uint32_t)getpid())
		return 0;
	err = product_of(l, t, &found);
	if (err || !found.is_found || l->cnt[found.product]++ > SWITCH_PROCESSES_MAX)
		return err;
	return keep(l, t, &found);
}

int switch_list(struct agent *a)
{
	const struct at_switch *s = &a->at_switch;
	CLEANUP(freep) uint32_t *cnt = calloc(a->now->sources.catalog->product_cnt + 1UL,
					      sizeof(*cnt));
	struct look l = { .a = a, .cnt = cnt,
			  .survey = { .root_fd = a->root_fd, .unread = ignore_unread } };
	int err;

	if (!cnt)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->cnt; i++)
		if (s->list[i].is_watched && s->list[i].level != SWITCH_NONE)
			cnt[s->list[i].product] = 1;
	switch_forget_processes(&a->at_switch);
	err = tasks_each(&l.survey, take_task, &l);
	match_free(&l.match);
	return err;
}
