// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/meeting.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "inventory/digest.h"
#include "inventory/names.h"
#include "inventory/pattern.h"
#include "inventory/root.h"
#include "policy/rehearse.h"

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

static int note(struct question *q, const char *what, const char *why, const struct weir_key *key)
{
	struct meetings *m = q->m;
	struct meeting *grown;

	if (m->cnt == MEETINGS_MAX)
		return 0;
	/* A file may be met on several ways; each indicator says it once. */
	for (uint32_t i = 0; i < m->cnt; i++) {
		if (m->list[i].what == what && m->list[i].key.evidence == key->evidence)
			return 0;
	}
	grown = reallocarray(m->list, m->cnt + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	m->list = grown;
	m->list[m->cnt++] = (struct meeting){ what, why, *key };
	return 0;
}

static int note_entry(struct question *q, const struct guard_entry *entry,
		      const struct weir_key *key)
{
	return note(q, entry->path, entry->why, key);
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
		if (enforces(t, &t->names[i].key))
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
	return entry ? note_entry(q, entry, &name->key) : 0;
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
			err = note_entry(q, entry, &(*hit)->key);
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
		err = note_entry(q, entry, &(*hit)->key);
	return err;
}

/* Its files are entries; this is for what is loaded from elsewhere, or was not found. */
static int meet_module(struct question *q, const struct name_key *name)
{
	size_t len = strlen(name->pattern);
	int err = 0;

	for (uint32_t i = 0; i < q->g->module_cnt && !err; i++) {
		const struct guard_module *m = &q->g->modules[i];

		if (pattern_matches(name->pattern, len, m->name))
			err = note(q, m->name, m->why, &name->key);
	}
	return err;
}

static int meet_modules(struct question *q)
{
	int err = 0;

	for (uint32_t i = 0; i < q->name_cnt && !err; i++)
		if (q->names[i].kind == IND_MODULE)
			err = meet_module(q, &q->names[i]);
	return err;
}

/* What would be asked of the kernel, whoever is exempt for a while. */
static int meet_address(struct question *q, const struct guard_address *a, uint8_t protocol,
			uint16_t port)
{
	struct compiled bare = *q->t;
	struct rehearse_candidate c = { .compiled = &bare };
	struct rehearse_record r = { .hook = WEIR_HOOK_CONNECT,
				     .protocol = protocol, .port = port };
	const struct exemption *exemption;
	char ip[PREFIX_TEXT_MAX];
	struct weir_key key;
	uint32_t doubts;

	snprintf(ip, sizeof(ip), "%.*s", (int)strcspn(a->text, "/"), a->text);
	r.ip = ip;
	bare.exemption_cnt = 0;
	key = rehearse_ask(&c, &r, REHEARSE_BOOT_NS, &doubts, &exemption).key;
	if (!enforces(q->t, &key) ||
	    rule_begins(&q->t->rules[key.rule], WEIR_OFFLINE) == WEIR_NEVER)
		return 0;
	return note(q, a->text, a->reach.why, &key);
}

/* Names from the one, an address and often names from the other. */
static int meet_addresses(struct question *q)
{
	static const struct {
		uint16_t port;
		uint8_t protocol;
		bool is_gateway;
	} uses[] = {
		{ 53, IPPROTO_UDP, false }, { 53, IPPROTO_TCP, false }, { 853, IPPROTO_TCP, false },
		{ 67, IPPROTO_UDP, true },  { 547, IPPROTO_UDP, true },
	};
	int err = 0;

	for (uint32_t i = 0; q->t->prefix_cnt && i < q->g->address_cnt; i++)
		for (size_t k = 0; k < ARRAY_SIZE(uses) && !err; k++)
			if (!uses[k].is_gateway || !q->g->addresses[i].reach.is_resolver)
				err = meet_address(q, &q->g->addresses[i], uses[k].protocol,
						   uses[k].port);
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
	if (!err)
		err = meet_modules(&q);
	if (!err)
		err = meet_addresses(&q);
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
		 "indicator %s %s (%s:%u)",
		 rule ? rule->line : 0, product->id, m->what, m->why,
		 indicator_kind_name(ind->kind), ind->value, file, ind->line);
}

void meetings_format(const struct meetings *m, const struct catalog *c,
		     const struct policy *p, char *out, size_t size)
{
	size_t len;

	meeting_format(&m->list[0], c, p, out, size);
	len = strlen(out);
	if (m->cnt > 1)
		snprintf(out + len, size - len, " (and %u more)", m->cnt - 1);
}
