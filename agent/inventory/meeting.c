// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/meeting.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "inventory/digest.h"
#include "inventory/names.h"
#include "inventory/root.h"

struct question {
	const struct guard *g;
	const struct compiled *t;
	struct meetings *m;
	/* Copies or pointers of the keys that enforce, sorted for bsearch. */
	struct name_key *names;
	uint32_t name_cnt;
	const struct hash_key **hashes;
	uint32_t hash_cnt;
	const struct build_id_key **build_ids;
	uint32_t build_id_cnt;
};

struct meetings *meetings_free(struct meetings *m)
{
	if (!m)
		return NULL;
	free(m->list);
	free(m);
	return NULL;
}

void meetings_freep(struct meetings **m)
{
	*m = meetings_free(*m);
}

static void question_exit(struct question *q)
{
	free(q->names);
	free(q->hashes);
	free(q->build_ids);
	meetings_free(q->m);
}

static bool enforces(const struct compiled *t, const struct weir_key *key)
{
	const struct weir_rule *rule;

	if (!(key->flags & WEIR_KEY_ENFORCE) || !key->rule || key->rule >= t->rule_cnt)
		return false;
	rule = &t->rules[key->rule];
	if (!(rule->flags & WEIR_RULE_ENFORCE))
		return false;
	return rule_begins(rule, WEIR_FREEZE) != WEIR_NEVER;
}

static int note(struct question *q, const struct guard_entry *entry,
		const struct weir_key *key)
{
	struct meetings *m = q->m;
	struct meeting *grown;

	if (m->cnt == MEETINGS_MAX)
		return 0;
	/* A file may be met on several ways; each indicator says it once. */
	for (uint32_t i = 0; i < m->cnt; i++) {
		if (m->list[i].entry == entry && m->list[i].key.evidence == key->evidence)
			return 0;
	}
	grown = reallocarray(m->list, m->cnt + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	m->list = grown;
	m->list[m->cnt++] = (struct meeting){ entry, *key };
	return 0;
}

static int compare_sizes(const void *a, const void *b)
{
	const struct hash_key *const *x = a, *const *y = b;

	return ((*x)->size > (*y)->size) - ((*x)->size < (*y)->size);
}

static int compare_build_ids(const void *a, const void *b)
{
	const struct build_id_key *const *x = a, *const *y = b;

	return memcmp(&(*x)->id, &(*y)->id, sizeof((*x)->id));
}

/* Sets aside the keys that enforce. */
static int select_keys(struct question *q)
{
	const struct compiled *t = q->t;

	q->names = calloc(t->name_cnt + 1UL, sizeof(*q->names));
	q->hashes = calloc(t->hash_cnt + 1UL, sizeof(*q->hashes));
	q->build_ids = calloc(t->build_id_cnt + 1UL, sizeof(*q->build_ids));
	if (!q->names || !q->hashes || !q->build_ids)
		return -ENOMEM;
	for (uint32_t i = 0; i < t->name_cnt; i++) {
		if (t->names[i].kind != IND_MODULE && enforces(t, &t->names[i].key))
			q->names[q->name_cnt++] = t->names[i];
	}
	for (uint32_t i = 0; i < t->hash_cnt; i++) {
		if (enforces(t, &t->hashes[i].key))
			q->hashes[q->hash_cnt++] = &t->hashes[i];
	}
	for (uint32_t i = 0; i < t->build_id_cnt; i++) {
		if (enforces(t, &t->build_ids[i].key))
			q->build_ids[q->build_id_cnt++] = &t->build_ids[i];
	}
	qsort(q->hashes, q->hash_cnt, sizeof(*q->hashes), compare_sizes);
	qsort(q->build_ids, q->build_id_cnt, sizeof(*q->build_ids), compare_build_ids);
	return 0;
}

static int meet_name(void *ctx, struct resolved *r)
{
	struct question *q = ctx;
	const struct name_key *name = &q->names[r->name];
	const struct guard_entry *entry;

	entry = name->kind == IND_DIR ? guard_below(q->g, r->st.st_dev, r->st.st_ino) :
					guard_find(q->g, r->st.st_dev, r->st.st_ino);
	return entry ? note(q, entry, &name->key) : 0;
}

static int meet_hash(struct question *q, const struct guard_entry *entry)
{
	struct hash_key same_size = { .size = entry->size }, *key = &same_size;
	const struct hash_key **end = q->hashes + q->hash_cnt, **hit;
	CLEANUP(close_fdp) int fd = -1;
	uint8_t sum[WEIR_SHA256_LEN];
	int err = 0;

	hit = bsearch(&key, q->hashes, q->hash_cnt, sizeof(*q->hashes), compare_sizes);
	if (!hit)
		return 0;
	fd = root_open_file(q->g->root_fd, entry->path, NULL);
	if (fd < 0)
		return 0; /* gone since */
	err = digest_file(fd, entry->size, sum, NULL);
	if (err)
		return err == -ESTALE || err == -EFBIG ? 0 : err;
	while (hit > q->hashes && hit[-1]->size == entry->size)
		hit--;
	for (; !err && hit < end && (*hit)->size == entry->size; hit++) {
		if (!memcmp((*hit)->sha256, sum, sizeof(sum)))
			err = note(q, entry, &(*hit)->key);
	}
	return err;
}

static int meet_build_id(struct question *q, const struct guard_entry *entry)
{
	struct build_id_key same = { .id = entry->build_id }, *key = &same;
	const struct build_id_key **end = q->build_ids + q->build_id_cnt, **hit;
	int err = 0;

	if (!entry->build_id.len)
		return 0;
	hit = bsearch(&key, q->build_ids, q->build_id_cnt, sizeof(*q->build_ids),
		      compare_build_ids);
	if (!hit)
		return 0;
	while (hit > q->build_ids && !compare_build_ids(hit - 1, &key))
		hit--;
	for (; !err && hit < end && !compare_build_ids(hit, &key); hit++)
		err = note(q, entry, &(*hit)->key);
	return err;
}

int guard_meets(const struct guard *g, const struct compiled *t, struct meetings **ret)
{
	CLEANUP(question_exit) struct question q = { .g = g, .t = t };
	int err;

	q.m = calloc(1, sizeof(*q.m));
	if (!q.m)
		return -ENOMEM;
	err = select_keys(&q);
	if (!err)
		err = names_resolve(q.names, q.name_cnt, g->root_fd, meet_name, &q);
	for (uint32_t i = 0; !err && i < g->cnt; i++) {
		err = meet_hash(&q, &g->entries[i]);
		if (!err)
			err = meet_build_id(&q, &g->entries[i]);
	}
	if (err)
		return err;
	*ret = take_ptr(q.m);
	return 0;
}

void meeting_format(const struct meeting *m, const struct catalog *c,
		    const struct policy *p, char *out, size_t size)
{
	const struct indicator *ind = &c->indicators[m->key.evidence];
	const struct product *product = &c->products[ind->product];
	const struct vendor *vendor = &c->vendors[product->vendor];
	const struct rule *rule = policy_rule_for(p, c, ind->product);
	const char *file = vendor->file ? vendor->file : vendor->id;

	snprintf(out, size,
		 "rule at policy line %u (product %s) would block %s (guard: %s): "
		 "indicator %s %s (%s:%u); the policy is refused",
		 rule ? rule->line : 0, product->id, m->entry->path, m->entry->why,
		 indicator_kind_name(ind->kind), ind->value, file, ind->line);
}
