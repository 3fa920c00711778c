// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "event/event.h"
#include "inventory/host.h"
#include "inventory/meeting.h"
#include "inventory/names.h"
#include "inventory/root.h"
#include "parse/cell.h"
#include "sense/boot_clock.h"

/* Descriptors held at once while their keys are asked of the kernel. */
#define HANDFUL 256

#define NS_PER_S 1000000000LL

struct plan *plan_free(struct plan *p)
{
	if (!p)
		return NULL;
	compiled_free(p->compiled);
	guard_free(p->guard);
	free(p->files);
	free(p->dirs);
	free(p->modules);
	free(p->guard_keys);
	installed_exit(&p->installed);
	freeze_exit(&p->freeze);
	exempt_exit(&p->exempt);
	free(p);
	return NULL;
}

void plan_freep(struct plan **p)
{
	plan_free(*p);
}

struct table_plan plan_table(const struct plan *p)
{
	return (struct table_plan){
		.compiled = p->compiled,
		.files = p->files,
		.dirs = p->dirs,
		.modules = p->modules,
		.guard = p->guard_keys,
		.file_cnt = p->file_cnt,
		.dir_cnt = p->dir_cnt,
		.module_cnt = p->module_cnt,
		.guard_cnt = p->guard_cnt,
		.exemptions = p->exempt.rows,
		.exemption_cnt = p->exempt.cnt,
		.installed = p->freeze.files,
		.installed_cnt = p->freeze.file_cnt,
		.contents = p->freeze.hashes,
		.content_cnt = p->freeze.hash_cnt,
	};
}

/* Makes room for one more element of @size; grows by half. */
static int grow(void **array, size_t cnt, size_t size)
{
	void *more;

	/* A power of two, or empty: full. */
	if (cnt & (cnt - 1))
		return 0;
	more = reallocarray(*array, cnt ? cnt * 2 : 1, size);
	if (!more)
		return -ENOMEM;
	*array = more;
	return 0;
}

/* Files whose keys are still to be asked. */
struct handful {
	struct gates *gates;
	struct plan *plan;
	int fd[HANDFUL];
	struct weir_key key[HANDFUL];
	bool is_dir[HANDFUL];
	unsigned int cnt;
};

static void handful_free(struct handful *h)
{
	while (h->cnt)
		close(h->fd[--h->cnt]);
}

static int add_entry(struct plan *p, const struct weir_file *file, const struct weir_key *key,
		     bool is_dir)
{
	struct file_entry **list = is_dir ? &p->dirs : &p->files;
	size_t *cnt = is_dir ? &p->dir_cnt : &p->file_cnt;
	int err;

	if (!file->ino)
		return 0; /* gone since it was opened */
	err = grow((void **)list, *cnt, sizeof(**list));
	if (err)
		return err;
	(*list)[(*cnt)++] = (struct file_entry){ .file = *file, .key = *key };
	return 0;
}

static int handful_flush(struct handful *h)
{
	struct weir_file file[HANDFUL];
	unsigned int i;
	int err;

	if (!h->cnt)
		return 0;
	err = gates_keys(h->gates, h->fd, file, h->cnt);
	for (i = 0; i < h->cnt && !err; i++)
		err = add_entry(h->plan, &file[i], &h->key[i], h->is_dir[i]);
	handful_free(h);
	return err;
}

struct resolving {
	struct handful *hand;
	const struct name_key *names;
};

static int add_module(struct plan *p, const struct name_key *name)
{
	struct module_entry *m;
	int err = grow((void **)&p->modules, p->module_cnt, sizeof(*p->modules));

	if (err)
		return err;
	m = &p->modules[p->module_cnt++];
	*m = (struct module_entry){ .key = name->key };
	strncpy(m->name.name, name->pattern, sizeof(m->name.name) - 1);
	return 0;
}

static int take_resolved(void *ctx, struct resolved *r)
{
	struct resolving *s = ctx;
	struct handful *h = s->hand;
	const struct name_key *name = &s->names[r->name];

	if (!S_ISREG(r->st.st_mode) && !S_ISDIR(r->st.st_mode))
		return 0;
	h->fd[h->cnt] = take_fd(r->fd);
	h->key[h->cnt] = name->key;
	h->key[h->cnt].kind = name->kind == IND_DIR ? WEIR_KEY_DIR : WEIR_KEY_FILE;
	/* A link's target may be shared with others: told, never enforced. */
	if (r->is_link)
		h->key[h->cnt].flags &= ~WEIR_KEY_ENFORCE;
	h->is_dir[h->cnt] = S_ISDIR(r->st.st_mode);
	return ++h->cnt == HANDFUL ? handful_flush(h) : 0;
}

static int compare_entries(const void *a, const void *b)
{
	const struct file_entry *x = a, *y = b;
	int order = memcmp(&x->file, &y->file, sizeof(x->file));

	/* The strongest key last: of equal files it is the one that stays. */
	return order ? order : (int)x->key.flags - (int)y->key.flags;
}

bool plan_key(const struct plan *p, const struct catalog *c, const struct policy *pol,
	      const struct known_file *f, const struct stat *st, struct weir_key *ret)
{
	const struct indicator *ind = known_indicator(f, c);

	if (!ind || !policy_rule_for(pol, c, ind->product) ||
	    guard_find(p->guard, st->st_dev, st->st_ino))
		return false;
	*ret = (struct weir_key){
		.rule = ind->product + 1,
		.kind = WEIR_KEY_FILE,
		.evidence = (uint32_t)(ind - c->indicators),
	};
	if (ind->sufficient && ind->confidence == CONFIDENCE_HIGH)
		ret->flags |= WEIR_KEY_ENFORCE;
	return true;
}

/* What is known and still the same file; the others are asked about later. */
static int add_known(struct handful *h, const struct catalog *c, const struct policy *pol,
		     const struct known_file *f, int root_fd)
{
	CLEANUP(close_fdp) int fd = root_open(root_fd, f->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct weir_key key;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || !known_is_same(f, &st) ||
	    !plan_key(h->plan, c, pol, f, &st, &key))
		return 0;
	h->fd[h->cnt] = take_fd(fd);
	h->key[h->cnt] = key;
	h->is_dir[h->cnt] = false;
	return ++h->cnt == HANDFUL ? handful_flush(h) : 0;
}

static void sort_entries(struct plan *p)
{
	if (p->file_cnt)
		qsort(p->files, p->file_cnt, sizeof(*p->files), compare_entries);
	if (p->dir_cnt)
		qsort(p->dirs, p->dir_cnt, sizeof(*p->dirs), compare_entries);
}

static int resolve_files(struct handful *h, const struct catalog *c, const struct policy *pol,
			 const struct known *known, int root_fd)
{
	const struct compiled *t = h->plan->compiled;
	struct resolving s = { .hand = h, .names = t->names };
	int err = 0;

	for (uint32_t i = 0; i < t->name_cnt && !err; i++)
		if (t->names[i].kind == IND_MODULE && !strchr(t->names[i].pattern, '*'))
			err = add_module(h->plan, &t->names[i]);
	if (!err)
		err = names_resolve(t->names, t->name_cnt, root_fd, take_resolved, &s);
	for (uint32_t i = 0; i < known->cnt && !err; i++)
		if (known->list[i].product)
			err = add_known(h, c, pol, &known->list[i], root_fd);
	return err ? err : handful_flush(h);
}

static int resolve(struct gates *g, struct plan *p, const struct catalog *c,
		   const struct policy *pol, const struct known *known, int root_fd)
{
	CLEANUP(freep) struct handful *h = calloc(1, sizeof(*h));
	int err;

	if (!h)
		return -ENOMEM;
	h->gates = g;
	h->plan = p;
	err = resolve_files(h, c, pol, known, root_fd);
	handful_free(h);
	sort_entries(p);
	return err;
}

static int guard_keys(struct gates *g, struct plan *p, int root_fd)
{
	struct weir_file file[HANDFUL];
	int fd[HANDFUL];
	uint32_t i = 0;
	unsigned int cnt, k;
	int err = 0;

	p->guard_keys = calloc(p->guard->cnt + 1, sizeof(*p->guard_keys));
	if (!p->guard_keys)
		return -ENOMEM;
	while (i < p->guard->cnt && !err) {
		for (cnt = 0; i < p->guard->cnt && cnt < HANDFUL; i++) {
			fd[cnt] = root_open(root_fd, p->guard->entries[i].path, O_PATH | O_CLOEXEC);
			cnt += fd[cnt] >= 0;
		}
		err = gates_keys(g, fd, file, cnt);
		for (k = 0; k < cnt; k++) {
			close(fd[k]);
			if (!err && file[k].ino)
				p->guard_keys[p->guard_cnt++] = file[k];
		}
	}
	return err;
}

int plan_renew_guard(struct gates *g, struct plan *p, int root_fd, const char *canary)
{
	const char *const own[] = { canary, NULL };
	CLEANUP(plan_freep) struct plan *fresh = calloc(1, sizeof(*fresh));
	int err = fresh ? guard_new(root_fd, own, &fresh->guard) : -ENOMEM;

	if (!err)
		err = guard_keys(g, fresh, root_fd);
	if (err)
		return err;
	guard_free(p->guard);
	free(p->guard_keys);
	p->guard = take_ptr(fresh->guard);
	p->guard_keys = take_ptr(fresh->guard_keys);
	p->guard_cnt = fresh->guard_cnt;
	return 0;
}

/* In the kernel a guarded file comes before any rule. Modules and addresses do not. */
static bool is_kept_by_kernel(const struct meetings *m, const struct catalog *c)
{
	if (m->cnt >= MEETINGS_MAX)
		return false;
	for (uint32_t i = 0; i < m->cnt; i++)
		if (m->list[i].key.kind == WEIR_KEY_PREFIX ||
		    c->indicators[m->list[i].key.evidence].kind == IND_MODULE)
			return false;
	return true;
}

/* Refuses what meets the guard, or, of a policy that is agreed to, notes it in @p. */
static int ask_guard(struct plan *p, const struct catalog *c, const struct policy *pol,
		     bool is_agreed, struct diag *d)
{
	CLEANUP(meetings_freep) struct meetings *m = NULL;
	const struct rule *rule;
	char text[460];
	int err = guard_meets(p->guard, p->compiled, &m);

	if (err || !m->cnt)
		return err;
	meetings_format(m, c, pol, text, sizeof(text));
	if (is_agreed && is_kept_by_kernel(m, c)) {
		snprintf(p->kept, sizeof(p->kept), "%s: %s", pol->file, text);
		return 0;
	}
	rule = policy_rule_for(pol, c, m->list[0].key.rule - 1);
	return diag_set(d, pol->file, rule ? rule->line : 0, 1, "%s; the policy is refused", text);
}

/*
 * As long as nobody has looked through the host a freeze would stop what has
 * been there for years: until then it lets every file run, and says so.
 */
static int plan_freeze(struct gates *g, struct plan *p, const struct catalog *c,
		       const struct known *known, const struct installed *installed, int root_fd)
{
	struct compiled *t = p->compiled;
	int err = installed_make(installed, known, t, c, boot_clock_ns(), &p->installed);

	for (uint32_t i = 1; i < t->rule_cnt && !installed->is_counted; i++)
		t->rules[i].flags |= WEIR_RULE_UNCOUNTED;
	return err ? err : freeze_make(g, &p->installed, t, c, root_fd, &p->freeze);
}

/*
 * Both clocks at one instant, on a whole second of the wall's: what is read one
 * after the other may be seconds apart on a busy host, and steps as late.
 */
static int compile_now(const struct catalog *c, const struct policy *pol, struct plan *p,
		       struct diag *d)
{
	int64_t boot = (int64_t)boot_clock_ns(), past, wall;

	p->offset_ns = host_boot_offset_ns();
	wall = boot + p->offset_ns;
	past = wall > 0 ? wall % NS_PER_S : 0;
	if (past > boot)
		past = boot;
	return compile(c, pol, wall / NS_PER_S, (uint64_t)(boot - past), &p->compiled, d);
}

int plan_new(struct gates *g, const struct catalog *c, const struct policy *pol, int root_fd,
	     const char *const *own, const struct known *known,
	     const struct installed *installed, bool is_agreed, struct plan **ret, struct diag *d)
{
	CLEANUP(plan_freep) struct plan *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	err = compile_now(c, pol, p, d);
	if (!err)
		err = guard_new(root_fd, own, &p->guard);
	if (err == -ECHILD)
		fprintf(stderr, "weir: guard: %s\n", cell_walls());
	if (!err)
		err = ask_guard(p, c, pol, is_agreed, d);
	if (!err)
		err = guard_keys(g, p, root_fd);
	if (!err)
		err = resolve(g, p, c, pol, known, root_fd);
	if (!err)
		err = plan_freeze(g, p, c, known, installed, root_fd);
	if (!err)
		err = exempt_make(g, pol, p->compiled, known, root_fd, &p->exempt, d);
	/* A table that lacks some of what is listed must not pass for whole. */
	if (err == -E2BIG)
		return diag_set(d, pol->file, 0, 0,
				"a pattern of the catalogue matches too much on this host");
	if (err)
		return err;
	p->wants_connect = p->compiled->prefix_cnt || pol->record_all;
	*ret = take_ptr(p);
	return 0;
}
