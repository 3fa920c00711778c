// SPDX-License-Identifier: GPL-2.0-only
/*
 * Things: what was seen, each once; see finding.h.
 */
#include "match/finding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "match/combine.h"

/* Of one thing: more say nothing new, and a file may carry any number. */
#define HITS_MAX 512
#define STARTED_BY_MAX 16

/* Texts of others. A place may be longer than a path: a socket has two ends. */
#define WHERE_LEN_MAX 8192
#define TEXT_LEN_MAX 1024

static const char *const state_names[] = {
	[STATE_RESIDUE] = "residue",	   [STATE_INSTALLER] = "installer",
	[STATE_UNVERIFIED] = "unverified", [STATE_INSTALLED] = "installed",
	[STATE_LOADED] = "loaded",	   [STATE_RUNNING] = "running",
};
_Static_assert(ARRAY_SIZE(state_names) == STATE_MAX, "every state has a name");

static const char *const flag_names[] = {
	"running", "enabled", "masked", "failed",  "deleted", "setuid",
	"unverified", "unowned", "source", "removed", "restarts",
	"early",
};
_Static_assert(ARRAY_SIZE(flag_names) == FINDING_FLAG_CNT, "every flag has a name");
_Static_assert(TRACE_EARLY == 1u << (FINDING_FLAG_CNT - 1), "flags are named in order");

const char *finding_state_name(enum finding_state state)
{
	return state_names[state];
}

const char *finding_flag_name(unsigned int bit)
{
	return flag_names[bit];
}

int findings_new(const struct match_index *x, struct findings **ret)
{
	CLEANUP(findings_freep) struct findings *f = calloc(1, sizeof(*f));
	struct findings_store *s;
	size_t cnt;

	if (!f)
		return -ENOMEM;
	f->store = s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->index = x;
	s->catalog = match_catalog(x);
	cnt = s->catalog->product_cnt ? s->catalog->product_cnt : 1;
	s->kept = calloc(cnt, TRACE_KIND_MAX * sizeof(*s->kept));
	s->more = calloc(cnt, sizeof(*s->more));
	if (!s->kept || !s->more)
		return -ENOMEM;
	*ret = take_ptr(f);
	return 0;
}

struct findings *findings_free(struct findings *f)
{
	struct findings_store *s = f ? f->store : NULL;

	if (s) {
		match_free(&s->scratch);
		index_exit(&s->keys);
		arena_exit(&s->arena);
		free(s->things);
		free(s->kept);
		free(s->more);
		free(s);
	}
	free(f);
	return NULL;
}

void findings_freep(struct findings **f)
{
	*f = findings_free(*f);
}

static const char *copy(struct findings_store *s, const char *text, size_t max)
{
	return text && *text ? arena_strndup(&s->arena, text, strnlen(text, max)) : NULL;
}

/* "CONTAINER\1PLACE": no place outside of a container begins so by chance. */
static const char *key_of(struct findings_store *s, const struct trace *t)
{
	size_t len = strnlen(t->where, WHERE_LEN_MAX), head;
	char *key;

	if (!t->container)
		return arena_strndup(&s->arena, t->where, len);
	head = strnlen(t->container, TEXT_LEN_MAX);
	key = arena_alloc(&s->arena, head + 1 + len + 1);
	if (!key)
		return NULL;
	memcpy(key, t->container, head);
	key[head] = '\1';
	memcpy(key + head + 1, t->where, len);
	return key;
}

/* Is there room for one more of what hit something? Counts it either way. */
static bool has_room(struct findings_store *s, enum trace_kind kind)
{
	const struct match *m = &s->scratch;
	bool is_kept = false;

	for (uint32_t i = 0; i < m->product_cnt; i++)
		is_kept |= s->kept[m->products[i].product * TRACE_KIND_MAX + kind] <
			   FINDING_THINGS_MAX;
	for (uint32_t i = 0; i < m->product_cnt; i++) {
		uint32_t product = m->products[i].product;

		if (is_kept)
			s->kept[product * TRACE_KIND_MAX + kind]++;
		else
			s->more[product]++;
	}
	return is_kept;
}

static int make_thing(struct findings_store *s, const char *key, const struct trace *t,
		      struct thing **ret)
{
	struct thing *thing = arena_alloc(&s->arena, sizeof(*thing));
	int err;

	if (!thing)
		return -ENOMEM;
	if (s->thing_cnt == s->thing_cap) {
		uint32_t cap = s->thing_cap ? s->thing_cap * 2 : 64;
		void *p = reallocarray(s->things, cap, sizeof(*s->things));

		if (!p)
			return -ENOMEM;
		s->things = p;
		s->thing_cap = cap;
	}
	thing->kind = t->kind;
	thing->where = t->container ? copy(s, t->where, WHERE_LEN_MAX) : key;
	if (!thing->where)
		return *t->where ? -ENOMEM : -EINVAL;
	err = index_put(&s->keys, key, t->kind, s->thing_cnt, NULL);
	if (err)
		return err;
	s->things[s->thing_cnt++] = thing;
	*ret = thing;
	return 0;
}

static int merge_text(struct findings_store *s, const char **into, const char *text, size_t max)
{
	if (*into || !text || !*text)
		return 0;
	*into = copy(s, text, max);
	return *into ? 0 : -ENOMEM;
}

static int merge_starter(struct findings_store *s, struct thing *thing, const char *text)
{
	const char **list = thing->started_by.item, **slot;

	if (!text || !*text || thing->started_by.cnt == STARTED_BY_MAX)
		return 0;
	for (uint32_t i = 0; i < thing->started_by.cnt; i++)
		if (!strcmp(list[i], text))
			return 0;
	slot = arena_list_add(&s->arena, &thing->started_by, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = copy(s, text, TEXT_LEN_MAX);
	return *slot ? 0 : -ENOMEM;
}

static int merge_circumstances(struct findings_store *s, struct thing *thing,
			       const struct trace *t)
{
	const char *path = t->facts ? t->facts->path : NULL;
	int err;

	thing->flags |= t->flags;
	thing->pid = thing->pid ? thing->pid : t->pid;
	thing->changed = thing->changed ? thing->changed : t->changed;
	err = merge_text(s, &thing->container, t->container, TEXT_LEN_MAX);
	if (!err && path && strcmp(path, t->where) != 0)
		err = merge_text(s, &thing->path, path, WHERE_LEN_MAX);
	if (!err)
		err = merge_text(s, &thing->version, t->version, TEXT_LEN_MAX);
	if (!err)
		err = merge_text(s, &thing->package, t->package, TEXT_LEN_MAX);
	if (!err)
		err = merge_text(s, &thing->user, t->user, TEXT_LEN_MAX);
	if (!err)
		err = merge_text(s, &thing->detail, t->detail, TEXT_LEN_MAX);
	return err ? err : merge_starter(s, thing, t->started_by);
}

static bool has_hit(const struct thing *thing, uint32_t hit)
{
	for (uint32_t i = 0; i < thing->hit_cnt; i++)
		if (thing->hits[i] == hit)
			return true;
	return false;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int merge_hits(struct findings_store *s, struct thing *thing)
{
	const struct match *m = &s->scratch;
	uint32_t fresh = 0, *all;

	for (uint32_t i = 0; i < m->hit_cnt; i++)
		fresh += !has_hit(thing, m->hits[i]);
	if (fresh > HITS_MAX - thing->hit_cnt)
		fresh = HITS_MAX - thing->hit_cnt;
	if (!fresh)
		return 0;
	all = arena_alloc(&s->arena, (thing->hit_cnt + fresh) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	if (thing->hit_cnt)
		memcpy(all, thing->hits, thing->hit_cnt * sizeof(*all));
	fresh += thing->hit_cnt;
	for (uint32_t i = 0, at = thing->hit_cnt; i < m->hit_cnt && at < fresh; i++)
		if (!has_hit(thing, m->hits[i]))
			all[at++] = m->hits[i];
	qsort(all, fresh, sizeof(*all), by_number);
	thing->hits = all;
	thing->hit_cnt = fresh;
	return 0;
}

int findings_add(struct findings *f, const struct trace *t)
{
	static const struct facts nothing;
	struct findings_store *s = f->store;
	struct arena_mark mark = arena_mark(&s->arena);
	struct thing *thing = NULL;
	const char *key;
	uint32_t at;
	int err;

	f->seen++;
	if (!t->where || !*t->where)
		return 0;
	err = match_facts(s->index, t->facts ? t->facts : &nothing, &s->scratch);
	if (err)
		return err;
	key = key_of(s, t);
	if (!key)
		return -ENOMEM;
	at = index_get(&s->keys, key, t->kind);
	if (at != INDEX_NONE) {
		/* It has its key already, and is given nothing that lies behind this one. */
		arena_rewind(&s->arena, mark);
		thing = s->things[at];
	} else if (!s->scratch.hit_cnt || !has_room(s, t->kind)) {
		arena_rewind(&s->arena, mark);
		return 0;
	} else {
		err = make_thing(s, key, t, &thing);
	}
	if (!err)
		err = merge_circumstances(s, thing, t);
	return err ? err : merge_hits(s, thing);
}

struct thing *findings_thing(const struct findings *f, enum trace_kind kind, const char *where)
{
	uint32_t at = index_get(&f->store->keys, where, kind);

	return at == INDEX_NONE ? NULL : f->store->things[at];
}

struct thing **findings_things(const struct findings *f, uint32_t *ret_cnt)
{
	*ret_cnt = f->store->thing_cnt;
	return f->store->things;
}

int findings_set_owner(struct findings *f, struct thing *t, const char *package)
{
	if (package)
		return merge_text(f->store, &t->package, package, TEXT_LEN_MAX);
	if (!t->package)
		t->flags |= TRACE_UNOWNED;
	return 0;
}

/* What a unit or a job starts knows who starts it. */
static int link_starters(struct findings_store *s)
{
	for (uint32_t i = 0; i < s->thing_cnt; i++) {
		const struct thing *from = s->things[i];
		uint32_t at;
		int err;

		if ((from->kind != TRACE_UNIT && from->kind != TRACE_JOB) || !from->path ||
		    from->container)
			continue;
		at = index_get(&s->keys, from->path, TRACE_FILE);
		if (at == INDEX_NONE)
			continue;
		err = merge_starter(s, s->things[at], from->where);
		if (err)
			return err;
		s->things[at]->flags |= from->flags & TRACE_RESTARTS;
	}
	return 0;
}

int findings_conclude(struct findings *f)
{
	int err = link_starters(f->store);

	return err ? err : combine(f);
}

uint32_t thing_hits_of(const struct thing *t, const struct catalog *c, uint32_t product,
		       uint32_t *ret, uint32_t max)
{
	uint32_t cnt = 0;

	for (uint32_t i = 0; i < t->hit_cnt && cnt < max; i++)
		if (c->indicators[t->hits[i]].product == product)
			ret[cnt++] = t->hits[i];
	return cnt;
}
