// SPDX-License-Identifier: GPL-2.0-only
/*
 * Folding records into acts; see rehearse.h. Judging is in rehearse_judge.c.
 */
#include "policy/rehearse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* With its length ahead: no two lists of texts make one key. */
static void add_text(struct buf *key, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	buf_add_u64(key, text ? len + 1 : 0);
	buf_add_char(key, ':');
	buf_add(key, text, len);
}

static void add_number(struct buf *key, uint64_t n)
{
	buf_add_u64(key, n);
	buf_add_char(key, ':');
}

/* All but the time and the count. */
static const char *key_of(struct buf *key, const struct rehearse_record *r)
{
	const char *const texts[] = { r->product, r->kind, r->value, r->path, r->file,
				      r->sha256, r->ip, r->by, r->unit, r->user_unit };

	buf_clear(key);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		add_text(key, texts[i]);
	add_number(key, r->size);
	add_number(key, r->ctime_ns);
	add_number(key, r->uid);
	add_number(key, r->port);
	add_number(key, r->protocol);
	add_number(key, r->hook);
	add_number(key, r->is_portless);
	add_number(key, r->is_guarded);
	return buf_str(key);
}

/* Makes room for one more in @array. */
static int grow(void **array, uint32_t cnt, uint32_t *cap, size_t size)
{
	uint32_t wanted = *cap ? *cap * 2 : 64;
	void *more;

	if (cnt < *cap)
		return 0;
	more = reallocarray(*array, wanted, size);
	if (!more)
		return -ENOMEM;
	*array = more;
	*cap = wanted;
	return 0;
}

static int keep(struct rehearsal *x, const char **text)
{
	size_t len = *text ? strlen(*text) : 0;

	if (!*text)
		return 0;
	*text = arena_strndup(&x->arena, *text, len);
	x->bytes += len + 1;
	return *text ? 0 : -ENOMEM;
}

static int keep_texts(struct rehearsal *x, struct rehearse_record *r)
{
	const char **const texts[] = { &r->product, &r->kind, &r->value, &r->path, &r->file,
				       &r->sha256, &r->ip, &r->by, &r->unit, &r->user_unit };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(texts) && !err; i++)
		err = keep(x, texts[i]);
	return err;
}

static bool has_head(const char *text, const char *head)
{
	return !strncmp(text, head, strlen(head));
}

/* A login session and a user's own manager are units, too, but of a user. */
static bool is_unit(const char *unit)
{
	return unit && !has_head(unit, "session-") && !has_head(unit, "user@");
}

static int find_who(struct rehearsal *x, const struct rehearse_record *r, uint32_t *ret)
{
	bool by_unit = is_unit(r->unit);
	const char *key = by_unit ? r->unit : "";
	uint32_t tag = by_unit ? 0 : r->uid, old;
	int err;

	/* Nobody has an empty name, so a user does not meet a unit. */
	old = index_get(&x->who_index, key, tag);
	if (old != INDEX_NONE) {
		*ret = old;
		return 0;
	}
	err = grow((void **)&x->whos, x->who_cnt, &x->who_cap, sizeof(*x->whos));
	if (!err)
		err = index_put(&x->who_index, key, tag, x->who_cnt, NULL);
	if (err)
		return err;
	x->whos[x->who_cnt] = (struct rehearse_who){ by_unit ? r->unit : NULL,
						     by_unit ? 0 : r->uid };
	*ret = x->who_cnt++;
	return 0;
}

static int add_act(struct rehearsal *x, const struct rehearse_record *r)
{
	struct rehearse_act act = { .first = *r, .cnt = r->cnt, .first_ms = r->time_ms,
				    .last_ms = r->time_ms, .order = x->cnt };
	char *key = arena_strndup(&x->arena, x->key.data, x->key.len);
	int err = key ? keep_texts(x, &act.first) : -ENOMEM;

	x->bytes += x->key.len + 1;
	if (!err)
		err = find_who(x, &act.first, &act.who);
	if (!err)
		err = grow((void **)&x->acts, x->cnt, &x->cap, sizeof(*x->acts));
	if (!err)
		err = index_put(&x->index, key, 0, x->cnt, NULL);
	if (err)
		return err;
	x->acts[x->cnt++] = act;
	return 0;
}

int rehearse_add(struct rehearsal *x, const struct rehearse_record *r)
{
	const char *key = key_of(&x->key, r);
	struct rehearse_act *act;
	uint32_t at;

	if (x->key.err)
		return x->key.err;
	at = index_get(&x->index, key, 0);
	if (at == INDEX_NONE) {
		if (x->cnt < REHEARSE_ACTS_MAX && x->bytes < REHEARSE_BYTES_MAX)
			return add_act(x, r);
		x->uncounted += r->cnt;
		return 0;
	}
	act = &x->acts[at];
	act->cnt += r->cnt;
	if (r->time_ms < act->first_ms)
		act->first_ms = r->time_ms;
	if (r->time_ms > act->last_ms)
		act->last_ms = r->time_ms;
	return 0;
}

void rehearse_exit(struct rehearsal *x)
{
	index_exit(&x->index);
	index_exit(&x->who_index);
	arena_exit(&x->arena);
	buf_free(&x->key);
	free(x->acts);
	free(x->whos);
	free(x->moments);
	*x = (struct rehearsal){ 0 };
}
