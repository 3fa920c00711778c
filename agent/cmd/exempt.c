// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/exempt.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "cmd/state_file.h"
#include "inventory/root.h"

#define ROWS_MAX 65536

/* More than any policy has; of a file that lies. */
#define EXEMPTIONS_MAX 1000000

struct making {
	struct gates *gates;
	const struct policy *policy;
	struct exempt x;
	size_t cap;
	int root_fd;
	struct diag *diag;
};

void exempt_exit(struct exempt *x)
{
	free(x->rows);
	free(x->users);
	*x = (struct exempt){ 0 };
}

static int new_row(struct making *m, const struct weir_scope *scope, struct exemption_row **ret)
{
	struct exemption_row *more;

	if (m->x.cnt == ROWS_MAX)
		return -E2BIG;
	if (m->x.cnt == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 16;
		more = reallocarray(m->x.rows, m->cap, sizeof(*more));
		if (!more)
			return -ENOMEM;
		m->x.rows = more;
	}
	*ret = &m->x.rows[m->x.cnt++];
	**ret = (struct exemption_row){ .scope = *scope };
	return 0;
}

static int find_row(struct making *m, const struct weir_scope *scope, struct exemption_row **ret)
{
	for (size_t i = 0; i < m->x.cnt; i++)
		if (!memcmp(&m->x.rows[i].scope, scope, sizeof(*scope))) {
			*ret = &m->x.rows[i];
			return 0;
		}
	return new_row(m, scope, ret);
}

static int add(struct making *m, const struct exemption_key *k, const struct weir_scope *scope)
{
	const struct exemption *e = &m->policy->exemptions[k->index];
	struct exemption_row *row;
	int err = find_row(m, scope, &row), n = 0;

	if (err)
		return err;
	while (n < WEIR_EXEMPT_MAX && row->of.of[n].until_ns)
		n++;
	if (n == WEIR_EXEMPT_MAX)
		return diag_set(m->diag, m->policy->file, e->line, 1,
				"exemption \"%.64s\" is the fifth that covers the same; join "
				"some of them", e->id);
	row->of.of[n] = (struct weir_exemption){ .until_ns = k->until_ns,
						 .index = k->index,
						 .cap = k->cap };
	return 0;
}

/* The file at @path, if there is one, under the kernel's name for it. */
static int add_file(struct making *m, const struct exemption_key *k, struct weir_scope scope,
		    const char *path)
{
	CLEANUP(close_fdp) int fd = root_open(m->root_fd, path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    gates_keys(m->gates, &fd, &scope.file, 1) || !scope.file.ino)
		return 0;
	return add(m, k, &scope);
}

static int add_below(struct making *m, const struct exemption_key *k,
		     const struct weir_scope *scope, const struct known *known)
{
	size_t len = strlen(k->path);
	int err = 0;

	for (uint32_t i = 0; i < known->cnt && !err; i++)
		if (known->list[i].product && !strncmp(known->list[i].path, k->path, len))
			err = add_file(m, k, *scope, known->list[i].path);
	return err;
}

static bool is_number(const char *user, uint32_t *ret)
{
	char *end;
	unsigned long n = strtoul(user, &end, 10);

	if (end == user || *end || n >= WEIR_ANYBODY)
		return false;
	*ret = (uint32_t)n;
	return true;
}

bool exempt_find_user(const char *user, uint32_t *ret)
{
	const struct passwd *pw;

	if (is_number(user, ret))
		return true;
	pw = getpwnam(user);
	if (pw)
		*ret = pw->pw_uid;
	return pw;
}

uint32_t exempt_user_of(const struct exempt *x, const struct policy *p, uint32_t index)
{
	const char *user = p->exemptions[index].user;
	uint32_t uid;

	if (!user)
		return WEIR_ANYBODY;
	if (is_number(user, &uid))
		return uid;
	return x->users ? x->users[index] : WEIR_ANYBODY;
}

static uint32_t user_in_file(int root_fd, const char *user)
{
	CLEANUP(close_fdp) int fd = root_open_file(root_fd, "/etc/passwd", NULL);
	CLEANUP(fclosep) FILE *f = fd < 0 ? NULL : fdopen(fd, "re");
	struct passwd entry, *got = NULL;
	char line[1024];

	if (f)
		(void)take_fd(fd);
	while (f && !fgetpwent_r(f, &entry, line, sizeof(line), &got))
		if (!strcmp(entry.pw_name, user))
			return entry.pw_uid;
	return WEIR_ANYBODY;
}

uint32_t exempt_user_named(const struct agent *a, const char *user)
{
	const struct policy *p = a->now->sources.policy;
	uint32_t uid;

	if (is_number(user, &uid))
		return uid;
	for (uint32_t i = 0; i < p->exemption_cnt; i++)
		if (p->exemptions[i].user && !strcmp(p->exemptions[i].user, user))
			return exempt_user_of(&a->now->plan->exempt, p, i);
	return user_in_file(a->root_fd, user);
}

static int resolve(struct making *m, const struct exemption_key *k, const struct known *known)
{
	struct weir_scope scope = { .rule = k->rule, .uid = WEIR_ANYBODY };

	if (k->user && !exempt_find_user(k->user, &scope.uid)) {
		fprintf(stderr, "weir: exemption %s: no user \"%s\" on this host: it covers "
				"nobody\n", m->policy->exemptions[k->index].id, k->user);
		return 0;
	}
	m->x.users[k->index] = scope.uid;
	if (!k->path)
		return add(m, k, &scope);
	if (k->path[strlen(k->path) - 1] == '/')
		return add_below(m, k, &scope, known);
	return add_file(m, k, scope, k->path);
}

int exempt_make(struct gates *g, const struct policy *p, const struct compiled *t,
		const struct known *known, int root_fd, struct exempt *ret, struct diag *d)
{
	struct making m = { .gates = g, .policy = p, .root_fd = root_fd, .diag = d };
	int err = 0;

	m.x.users = malloc((p->exemption_cnt + 1UL) * sizeof(*m.x.users));
	if (!m.x.users)
		return -ENOMEM;
	memset(m.x.users, 0xff, (p->exemption_cnt + 1UL) * sizeof(*m.x.users));
	for (uint32_t i = 0; i < t->exemption_cnt && !err; i++)
		err = resolve(&m, &t->exemptions[i], known);
	if (err) {
		exempt_exit(&m.x);
		return err;
	}
	*ret = m.x;
	return 0;
}

/* --- how often --- */

void exempt_free_uses(struct exempt_uses *u)
{
	while (u->cnt)
		free(u->list[--u->cnt].id);
	free(u->list);
	*u = (struct exempt_uses){ 0 };
}

static struct exempt_use *use_of(struct exempt_uses *u, const char *id)
{
	struct exempt_use *more;

	for (uint32_t i = 0; i < u->cnt; i++)
		if (!strcmp(u->list[i].id, id))
			return &u->list[i];
	more = reallocarray(u->list, u->cnt + 1UL, sizeof(*more));
	if (!more)
		return NULL;
	u->list = more;
	more[u->cnt] = (struct exempt_use){ .id = strdup(id) };
	return more[u->cnt].id ? &more[u->cnt++] : NULL;
}

const struct exempt_use *exempt_use_of(const struct exempt_uses *u, const char *id)
{
	for (uint32_t i = 0; i < u->cnt; i++)
		if (!strcmp(u->list[i].id, id))
			return &u->list[i];
	return NULL;
}

void exempt_read_uses(const char *path, struct exempt_uses *ret)
{
	json_auto_t *all = NULL;
	json_t *one;
	struct exempt_use *use;
	const char *id, *boot;
	int err;

	*ret = (struct exempt_uses){ 0 };
	err = state_read(path, &all);
	if (err && err != -ENOENT)
		fprintf(stderr, "weir: %s: %s: uses of exemptions are counted anew\n", path,
			strerror(-err));
	if (err)
		return;
	json_object_foreach(all, id, one) {
		use = use_of(ret, id);
		if (!use)
			break;
		use->used = (uint64_t)json_integer_value(json_object_get(one, "used"));
		use->last_s = json_integer_value(json_object_get(one, "last"));
		use->seen = (uint64_t)json_integer_value(json_object_get(one, "seen"));
		use->generation = (uint64_t)json_integer_value(json_object_get(one, "generation"));
		use->index = (uint32_t)json_integer_value(json_object_get(one, "index"));
		boot = json_string_value(json_object_get(one, "boot"));
		snprintf(use->boot, sizeof(use->boot), "%s", boot ? boot : "");
	}
}

static void write_uses(struct exempt_uses *u)
{
	CLEANUP(buf_free) struct buf text = {};
	struct jout j = jout_to(&text);

	jout_object(&j);
	for (uint32_t i = 0; i < u->cnt; i++) {
		/* Ids are the policy's: short texts without control characters. */
		jout_add_object(&j, u->list[i].id);
		jout_add_u64(&j, "used", u->list[i].used);
		jout_key(&j, "last");
		jout_i64(&j, u->list[i].last_s);
		jout_add_u64(&j, "seen", u->list[i].seen);
		jout_add_u64(&j, "generation", u->list[i].generation);
		jout_add_u64(&j, "index", u->list[i].index);
		jout_add_str(&j, "boot", u->list[i].boot);
		jout_end(&j);
	}
	jout_end(&j);
	jout_close(&j);
	if (text.err || state_write(EXEMPT_USES, text.data, text.len))
		fprintf(stderr, "weir: %s could not be written: uses of exemptions are forgotten "
				"with the agent\n", EXEMPT_USES);
	else
		u->is_dirty = false;
}

/* What grew since the last look at this table is new. */
static void count_regime(struct agent *a, struct regime *r)
{
	const struct policy *p = r->sources.policy;
	CLEANUP(freep) uint64_t *used = calloc(p->exemption_cnt + 1UL, sizeof(*used));
	struct exempt_use *use;

	if (!r->exempt_seen)
		r->exempt_seen = calloc(p->exemption_cnt + 1UL, sizeof(*used));
	if (!used || !r->exempt_seen || !r->table ||
	    table_count_exemptions(r->table, used, p->exemption_cnt))
		return;
	for (uint32_t i = 0; i < p->exemption_cnt; i++) {
		if (used[i] <= r->exempt_seen[i])
			continue;
		use = use_of(&a->uses, p->exemptions[i].id);
		if (!use)
			return;
		use->used += used[i] - r->exempt_seen[i];
		use->last_s = time(NULL);
		r->exempt_seen[i] = used[i];
		a->uses.is_dirty = true;
	}
}

/* For whoever comes next: up to where the kernel's count is in ours. */
static void note_place(struct agent *a, const struct regime *r)
{
	const struct policy *p = r->sources.policy;
	struct exempt_use *use;

	for (uint32_t i = 0; i < p->exemption_cnt && r->exempt_seen && r->table; i++) {
		use = use_of(&a->uses, p->exemptions[i].id);
		if (!use)
			return;
		a->uses.is_dirty |= use->seen != r->exempt_seen[i] || use->index != i ||
				    use->generation != table_generation(r->table);
		use->seen = r->exempt_seen[i];
		use->index = i;
		use->generation = table_generation(r->table);
		snprintf(use->boot, sizeof(use->boot), "%s", a->host.boot_id);
	}
}

static uint32_t indices(const struct exempt_uses *u)
{
	uint32_t cnt = 0;

	for (uint32_t i = 0; i < u->cnt; i++)
		if (u->list[i].index >= cnt && u->list[i].index < EXEMPTIONS_MAX)
			cnt = u->list[i].index + 1;
	return cnt;
}

void exempt_count_left(struct agent *a, uint64_t generation)
{
	uint32_t cnt = indices(&a->uses);
	CLEANUP(freep) uint64_t *used = calloc(cnt + 1UL, sizeof(*used));

	if (!used || !cnt || table_count_left(a->gates, generation, used, cnt))
		return;
	for (uint32_t i = 0; i < a->uses.cnt; i++) {
		struct exempt_use *use = &a->uses.list[i];

		if (use->generation != generation || strcmp(use->boot, a->host.boot_id) ||
		    use->index >= cnt || used[use->index] <= use->seen)
			continue;
		use->used += used[use->index] - use->seen;
		use->seen = used[use->index];
		use->last_s = time(NULL);
		a->uses.is_dirty = true;
	}
}

void exempt_count(struct agent *a)
{
	if (a->before && a->before->sources.policy)
		count_regime(a, a->before);
	if (a->now) {
		count_regime(a, a->now);
		note_place(a, a->now);
	}
	if (a->uses.is_dirty)
		write_uses(&a->uses);
}

void exempt_watch(struct agent *a)
{
	const struct policy *p = a->now->sources.policy;
	int64_t now_s = time(NULL);
	char text[256];

	for (uint32_t i = 0; a->exempt_looked_s && i < p->exemption_cnt; i++) {
		const struct exemption *e = &p->exemptions[i];

		if (!e->here || e->until > now_s || e->until <= a->exempt_looked_s)
			continue;
		snprintf(text, sizeof(text), "exemption %s of %s has ended", e->id, e->product);
		agent_note(a, EVENT_EXEMPTION, NULL, text, NULL);
	}
	/* A clock that was set back must not tell the same twice. */
	if (now_s > a->exempt_looked_s)
		a->exempt_looked_s = now_s;
}
