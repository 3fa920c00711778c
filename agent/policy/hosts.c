// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which hosts a rule is about, and which of them belong together: groups of
 * patterns, labels of hosts.
 *
 * Labels stand in the policy and nowhere else: the hosts of a cluster can only
 * take turns when each of them knows the others. Whether two rules are about
 * one host is asked of the patterns, never of the host at hand: a policy that
 * one host takes and another refuses would be found out too late.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "base/nearest.h"
#include "policy/draft.h"

/* The longest host name in the DNS; the kernel's has 64. */
#define HOST_LEN_MAX 253

/* Names and patterns of one rule, with its groups'. More belongs into the labels. */
#define PATTERNS_MAX 1024

#define GROUP_PREFIX "group:"

static bool is_host(const struct scalar *s, bool is_pattern)
{
	static const char set[] = "*?abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

	return s->len <= HOST_LEN_MAX && strspn(s->text, is_pattern ? set : set + 2) == s->len;
}

/* --- groups --- */

static struct group *last_group(const struct reader *r)
{
	struct policy_draft *d = draft_of(r);

	return (struct group *)d->groups.item + d->groups.cnt - 1;
}

static const struct group *group_named(const struct policy_draft *d, const char *name)
{
	const struct group *g = d->groups.item;

	for (uint32_t i = 0; i < d->groups.cnt; i++)
		if (!strcmp(g[i].name, name))
			return &g[i];
	return NULL;
}

static int open_group(struct reader *r, const struct scalar *key, void *obj)
{
	struct policy_draft *d = obj;
	const struct group *old = group_named(d, key->text);
	struct group *g;

	if (!name_is_valid(key->text, key->len))
		return schema_fail(r, key->at, "\"%.64s\" must be a name: up to 64 of a-z, 0-9, "
				   "\".\", \"_\", \"-\", the first a letter or digit", key->text);
	if (old)
		return schema_fail(r, key->at, "group \"%s\" again; it stands on line %u too",
				   key->text, old->at.line);
	g = arena_list_add(&d->scratch, &d->groups, sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->name = schema_key(r);
	g->at = key->at;
	return 0;
}

static int read_group_host(struct reader *r, const struct scalar *s, void *into)
{
	(void)into;
	if (!is_host(s, true))
		return schema_fail(r, s->at, "\"%s\" must be host names, where * and ? are "
				   "wildcards", schema_key(r));
	return scalar_texts(r, s, &last_group(r)->patterns);
}

static int end_group(struct reader *r, void *into)
{
	const struct group *g = last_group(r);

	(void)into;
	return g->patterns.cnt ? 0 : schema_fail(r, g->at, "group \"%s\" is empty", g->name);
}

static const struct field group_field = {
	.shape = FIELD_SCALARS, .scalar = read_group_host, .end = end_group,
};

const struct schema group_schema = { .any = &group_field, .open = open_group };

/* --- labels --- */

static int open_labelled(struct reader *r, const struct scalar *key, void *obj)
{
	struct policy_draft *d = obj;
	uint32_t old;
	int err;

	if (!is_host(key, false))
		return schema_fail(r, key->at, "\"%.64s\" is not the name of a host", key->text);
	d->labelled = schema_key(r);
	err = index_put(&d->hosts, d->labelled, 0, key->at.line, &old);
	if (err || old == INDEX_NONE)
		return err;
	return schema_fail(r, key->at, "host \"%.253s\" again; it stands on line %u too",
			   key->text, old);
}

static int open_label(struct reader *r, const struct scalar *key, void *obj)
{
	struct policy_draft *d = obj;
	struct label *l = d->labels.item;

	if (!name_is_valid(key->text, key->len))
		return schema_fail(r, key->at, "\"%.64s\" must be a name: up to 64 of a-z, 0-9, "
				   "\".\", \"_\", \"-\", the first a letter or digit", key->text);
	for (uint32_t i = d->labels.cnt; i && l[i - 1].host == d->labelled; i--)
		if (!strcmp(l[i - 1].name, key->text))
			return schema_fail(r, key->at, "label \"%s\" again", key->text);
	l = arena_list_add(&d->scratch, &d->labels, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->host = d->labelled;
	l->name = schema_key(r);
	return 0;
}

static int read_label(struct reader *r, const struct scalar *s, void *into)
{
	struct policy_draft *d = into;
	struct label *l = d->labels.item;

	return scalar_text(r, s, &l[d->labels.cnt - 1].value);
}

static const struct field label_field = { .shape = FIELD_SCALAR, .scalar = read_label };
static const struct schema host_schema = { .any = &label_field, .open = open_label };
static const struct field host_field = { .shape = FIELD_MAP, .map = &host_schema };
const struct schema label_schema = { .any = &host_field, .open = open_labelled };

/* --- hosts of a rule --- */

int read_rule_host(struct reader *r, const struct scalar *s, void *into)
{
	static const size_t prefix = sizeof(GROUP_PREFIX) - 1;
	bool is_group = !strncmp(s->text, GROUP_PREFIX, prefix);
	struct arena_list *list = into;
	struct named *host;

	if (is_group ? !name_is_valid(s->text + prefix, s->len - prefix) : !is_host(s, true))
		return schema_fail(r, s->at, "\"%s\" must be host names, where * and ? are "
				   "wildcards, or group:NAME", schema_key(r));
	if (list->cnt == PATTERNS_MAX)
		return schema_fail(r, s->at, "\"%s\" has more than %d items", schema_key(r),
				   PATTERNS_MAX);
	host = arena_list_add(&draft_of(r)->scratch, list, sizeof(*host));
	if (!host)
		return -ENOMEM;
	host->at = s->at;
	return scalar_text(r, s, &host->id);
}

static int unknown_group(struct reader *r, const struct named *host, const char *name)
{
	const struct policy_draft *d = draft_of(r);
	const struct group *g = d->groups.item;
	struct nearest near = { .word = name };

	for (uint32_t i = 0; i < d->groups.cnt; i++)
		nearest_offer(&near, g[i].name);
	if (near.best)
		return schema_fail(r, host->at, "unknown group \"%s\"; did you mean \"%s\"?", name,
				   near.best);
	return schema_fail(r, host->at, "unknown group \"%s\"", name);
}

static int add_patterns(struct reader *r, struct rule_draft *rule, const struct named *host)
{
	const struct group *g = NULL;
	const char *const *from = &host->id;
	uint32_t cnt = 1;

	if (!strncmp(host->id, GROUP_PREFIX, sizeof(GROUP_PREFIX) - 1)) {
		const char *name = host->id + sizeof(GROUP_PREFIX) - 1;

		g = group_named(draft_of(r), name);
		if (!g)
			return unknown_group(r, host, name);
		from = g->patterns.item;
		cnt = g->patterns.cnt;
	}
	if (rule->patterns.cnt + cnt > PATTERNS_MAX)
		return schema_fail(r, host->at, "\"hosts\" has more than %d names with those of "
				   "its groups", PATTERNS_MAX);
	for (uint32_t i = 0; i < cnt; i++) {
		const char **p = arena_list_add(&draft_of(r)->scratch, &rule->patterns,
						sizeof(*p));

		if (!p)
			return -ENOMEM;
		*p = from[i];
	}
	return 0;
}

static bool is_here(const char *host, const struct rule_draft *rule)
{
	const char *const *p = rule->patterns.item;

	if (!rule->hosts.cnt)
		return true;
	for (uint32_t i = 0; host && i < rule->patterns.cnt; i++)
		if (name_matches(p[i], host))
			return true;
	return false;
}

static int keep_hosts(struct reader *r, struct rule_draft *rule)
{
	const struct named *host = rule->hosts.item;
	const char **kept;
	int err = 0;

	if (!rule->hosts.cnt)
		return 0;
	kept = arena_alloc(r->arena, (rule->hosts.cnt + 1) * sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	for (uint32_t i = 0; i < rule->hosts.cnt && !err; i++) {
		kept[i] = host[i].id;
		err = add_patterns(r, rule, &host[i]);
	}
	rule->r.hosts = kept;
	return err;
}

/* --- who goes first --- */

static int unknown_label(struct reader *r, const struct rule_draft *rule)
{
	const struct policy_draft *d = draft_of(r);
	const struct label *l = d->labels.item;
	struct nearest near = { .word = rule->r.spread_by };

	for (uint32_t i = 0; i < d->labels.cnt; i++)
		nearest_offer(&near, l[i].name);
	if (near.best)
		return schema_fail(r, rule->spread_at, "no host has a label \"%s\"; did you mean "
				   "\"%s\"?", rule->r.spread_by, near.best);
	return schema_fail(r, rule->spread_at, "no host has a label \"%s\"; see \"labels\"",
			   rule->r.spread_by);
}

/* In the order of their names, whatever the order of the lines. */
static int take_turns(struct reader *r, struct rule_draft *rule)
{
	const struct policy_draft *d = draft_of(r);
	const struct label *l = d->labels.item;
	const char *host = d->ctx->host, *by = rule->r.spread_by;
	bool is_known = false;

	for (uint32_t i = 0; i < d->labels.cnt; i++) {
		if (strcmp(l[i].name, by) != 0)
			continue;
		is_known = true;
		if (host && !strcmp(l[i].host, host))
			rule->r.cluster = l[i].value;
	}
	if (!is_known)
		return unknown_label(r, rule);
	for (uint32_t i = 0; rule->r.cluster && i < d->labels.cnt; i++) {
		if (strcmp(l[i].name, by) != 0 || strcmp(l[i].value, rule->r.cluster) != 0)
			continue;
		rule->r.cluster_cnt++;
		rule->slot += strcmp(l[i].host, host) < 0;
	}
	return 0;
}

int hosts_settle(struct reader *r)
{
	struct policy_draft *d = draft_of(r);
	struct rule_draft *rule = d->rules.item;
	int err = 0;

	for (uint32_t i = 0; i < d->rules.cnt && !err; i++) {
		err = keep_hosts(r, &rule[i]);
		rule[i].r.here = is_here(d->ctx->host, &rule[i]);
		if (!err && rule[i].r.spread_by)
			err = take_turns(r, &rule[i]);
	}
	return err;
}

/* --- two lists --- */

/* Is there a name that both patterns match? By their ends, from the last to the first. */
static bool patterns_meet(const char *p, const char *q)
{
	bool row[2][HOST_LEN_MAX + 2];
	size_t plen = strlen(p), qlen = strlen(q);

	for (size_t i = plen + 1; i-- > 0;) {
		bool *now = row[i & 1];
		const bool *next = row[~i & 1];

		for (size_t j = qlen + 1; j-- > 0;) {
			bool skip_p = i < plen && next[j], skip_q = j < qlen && now[j + 1];

			if (i == plen && j == qlen)
				now[j] = true;
			else if (i < plen && p[i] == '*')
				now[j] = skip_p || skip_q;
			else if (j < qlen && q[j] == '*')
				now[j] = skip_q || skip_p;
			else
				now[j] = i < plen && j < qlen && next[j + 1] &&
					 (p[i] == q[j] || p[i] == '?' || q[j] == '?');
		}
	}
	return row[0][0];
}

bool hosts_overlap(const struct rule_draft *a, const struct rule_draft *b, const char *ret[2])
{
	const char *const *p = a->patterns.item, *const *q = b->patterns.item;

	for (uint32_t i = 0; i < a->patterns.cnt; i++)
		for (uint32_t j = 0; j < b->patterns.cnt; j++) {
			if (!patterns_meet(p[i], q[j]))
				continue;
			ret[0] = p[i];
			ret[1] = q[j];
			return true;
		}
	return false;
}
