// SPDX-License-Identifier: GPL-2.0-only
/*
 * What runs of the products that a switch is about: by the executable of each
 * process, its name and its unit, and by what the inventory knows of the file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/at_switch.h"
#include "cmd/backoff.h"
#include "collect/task.h"

struct look {
	struct agent *a;
	struct survey survey;
	struct match match;
	uint32_t *cnt; /* by product: told so far, and 1; 0: not asked about */
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

/* The product that is asked about; -ENOENT: it is none's. */
static int product_of(struct look *l, const struct task *t, uint32_t *ret)
{
	const struct catalog *c = l->a->now->sources.catalog;
	struct fact words[TASK_WORDS_MAX];
	struct facts f = { .path = t->exe, .others = words, .other_cnt = task_words(t, words) };
	const struct known_file *k = t->exe ? known_find(&l->a->known, t->exe) : NULL;
	const struct product *p = k && k->product ? catalog_product(c, k->product) : NULL;
	int err = match_facts(l->a->now->index, &f, &l->match);

	if (err)
		return err;
	if (p && l->cnt[p - c->products]) {
		*ret = (uint32_t)(p - c->products);
		return 0;
	}
	for (uint32_t i = 0; i < l->match.product_cnt; i++) {
		*ret = l->match.products[i].product;
		if (l->match.products[i].is_finding && l->cnt[*ret])
			return 0;
	}
	return -ENOENT;
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

static int keep(struct look *l, const struct task *t, uint32_t product)
{
	struct at_switch *s = &l->a->at_switch;
	char user[64];
	struct switch_process *more = reallocarray(s->processes, s->process_cnt + 1UL,
						   sizeof(*more));

	if (!more)
		return -ENOMEM;
	s->processes = more;
	more += s->process_cnt;
	*more = (struct switch_process){ .product = product, .pid = t->pid, .uid = t->uid };
	more->path = t->exe ? strdup(t->exe) : NULL;
	more->user = strdup(task_user(&l->survey, t, user, sizeof(user)));
	s->process_cnt++;
	if (!more->user || (t->exe && !more->path))
		return -ENOMEM;
	find_unit(t, more);
	return 0;
}

static int take_task(void *ctx, const struct task *t)
{
	struct look *l = ctx;
	uint32_t product;
	int err;

	if (t->is_kernel || t->pid == (uint32_t)getpid())
		return 0;
	err = product_of(l, t, &product);
	if (err)
		return err == -ENOENT ? 0 : err;
	if (l->cnt[product]++ > SWITCH_PROCESSES_MAX)
		return 0;
	return keep(l, t, product);
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
