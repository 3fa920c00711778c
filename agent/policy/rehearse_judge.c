// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judging: from what was recorded to the question that the kernel would be
 * asked under another policy, and to its answers over time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weir/ports.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "policy/rehearse.h"

/* --- the key --- */

static int compare_prefix(const void *key, const void *item)
{
	const struct prefix_key *k = item;
	struct prefix net = { .family = k->family, .len = k->len };

	memcpy(net.addr, k->addr, sizeof(net.addr));
	return prefix_compare(key, &net);
}

static void clear_bit(struct prefix *p, uint8_t bit)
{
	p->addr[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
}

/* The longest prefix that has the address, as the kernel's trie answers. */
static const struct prefix_key *prefix_of(const struct compiled *t, struct prefix net)
{
	const struct prefix_key *k;

	for (;;) {
		k = bsearch(&net, t->prefixes, t->prefix_cnt, sizeof(*t->prefixes), compare_prefix);
		if (k || !net.len)
			return k;
		clear_bit(&net, --net.len);
	}
}

static bool read_address(const char *text, struct prefix *ret)
{
	*ret = (struct prefix){ .family = AF_INET, .len = 32 };
	if (inet_pton(AF_INET, text, ret->addr) == 1)
		return true;
	*ret = (struct prefix){ .family = AF_INET6, .len = 128 };
	return inet_pton(AF_INET6, text, ret->addr) == 1;
}

static struct weir_key address_key(const struct rehearse_candidate *c,
				   const struct rehearse_record *r, uint32_t *doubts)
{
	struct weir_key found = { 0 };
	const struct prefix_key *k;
	struct prefix one;

	if (!r->ip || !read_address(r->ip, &one)) {
		*doubts |= DOUBT_ADDRESS;
		return found;
	}
	k = prefix_of(c->compiled, one);
	if (k)
		weir_ports_key(&k->ports, r->protocol, r->port, r->is_portless, &found);
	return found;
}

static const struct indicator *indicator_of(const struct rehearse_candidate *c,
					    const struct product *p,
					    const struct rehearse_record *r)
{
	for (uint32_t i = 0; r->kind && r->value && i < p->indicator_cnt; i++) {
		const struct indicator *ind = &c->catalog->indicators[p->first_indicator + i];

		if (!strcmp(indicator_kind_name(ind->kind), r->kind) &&
		    !strcmp(ind->value, r->value))
			return ind;
	}
	return NULL;
}

/* The kernel recognises it again by what it recognised it by then. */
static struct weir_key file_key(const struct rehearse_candidate *c,
				const struct rehearse_record *r, uint32_t *doubts)
{
	const struct product *p = r->product ? catalog_product(c->catalog, r->product) : NULL;
	const struct indicator *ind = p ? indicator_of(c, p, r) : NULL;
	struct weir_key key = { .kind = WEIR_KEY_FILE };

	if (!p) {
		*doubts |= DOUBT_PRODUCT;
		return (struct weir_key){ 0 };
	}
	key.rule = c->compiled->rules[p - c->catalog->products + 1].id;
	if (!key.rule)
		return (struct weir_key){ 0 };
	if (!ind) {
		*doubts |= DOUBT_EVIDENCE;
		return key;
	}
	key.evidence = (uint32_t)(ind - c->catalog->indicators);
	if (ind->sufficient && ind->confidence == CONFIDENCE_HIGH)
		key.flags = WEIR_KEY_ENFORCE;
	return key;
}

/* --- the question --- */

static bool is_covered(const struct rehearse_candidate *c, uint32_t i,
		       const struct rehearse_record *r)
{
	const struct exemption_key *e = &c->compiled->exemptions[i];
	size_t len = e->path ? strlen(e->path) : 0;

	if (c->host.is_void && c->host.is_void[i])
		return false;
	if (c->host.uids && c->host.uids[i] != WEIR_ANYBODY && c->host.uids[i] != r->uid)
		return false;
	if (!e->path)
		return true;
	/* A file's exemption does not go with its connections. */
	if (!r->path || r->hook == WEIR_HOOK_CONNECT)
		return false;
	return e->path[len - 1] == '/' ? !strncmp(r->path, e->path, len) :
					 !strcmp(r->path, e->path);
}

/* The lowest cap of those that hold. */
static const struct exemption_key *exemption_of(const struct rehearse_candidate *c,
						const struct rehearse_record *r, uint32_t rule,
						uint64_t boot_ns)
{
	const struct exemption_key *best = NULL;

	for (uint32_t i = 0; i < c->compiled->exemption_cnt; i++) {
		const struct exemption_key *e = &c->compiled->exemptions[i];

		if (e->rule == rule && e->until_ns > boot_ns && is_covered(c, i, r) &&
		    (!best || e->cap < best->cap))
			best = e;
	}
	return best;
}

/* What only a freeze asks for. */
static void ask_installed(const struct rehearse_candidate *c, const struct rehearse_record *r,
			  struct weir_question *q, uint32_t *doubts)
{
	if (!weir_asks_installed(q))
		return;
	if (!c->host.is_counted) {
		/* Of what is never enforced nothing hangs on it. */
		if (q->key.flags & WEIR_KEY_ENFORCE && q->rule_flags & WEIR_RULE_ENFORCE)
			*doubts |= DOUBT_FREEZE;
		q->rule_flags |= WEIR_RULE_UNCOUNTED;
	} else if (c->host.is_installed && c->host.is_installed(c->host.ctx, r, q->key.rule - 1)) {
		q->flags |= WEIR_Q_INSTALLED;
	}
}

static struct weir_question ask(const struct rehearse_candidate *c,
				const struct rehearse_record *r, const struct weir_key *key,
				uint64_t boot_ns, uint32_t *doubts,
				const struct exemption **ret_exemption)
{
	const struct weir_rule *rule = &c->compiled->rules[key->rule];
	const struct exemption_key *e;
	struct weir_question q = {
		.now_ns = boot_ns,
		.host = { .lapse_ns = WEIR_NEVER, .armed_ns = WEIR_NEVER, .enforce = 1 },
		.key = *key,
		.cap = WEIR_BLOCK,
		.strength = WEIR_CAN_DENY,
		.flags = r->is_guarded ? WEIR_Q_GUARD : 0,
	};

	*ret_exemption = NULL;
	if (!key->rule)
		return q;
	q.rule_flags = rule->flags;
	q.mode = weir_mode_at(rule, boot_ns);
	if (q.mode == WEIR_OBSERVE)
		return q;
	e = exemption_of(c, r, key->rule, boot_ns);
	if (e) {
		q.cap = e->cap;
		*ret_exemption = &c->policy->exemptions[e->index];
	}
	ask_installed(c, r, &q, doubts);
	return q;
}

static struct weir_key key_of(const struct rehearse_candidate *c, const struct rehearse_record *r,
			      uint32_t *doubts)
{
	return r->hook == WEIR_HOOK_CONNECT ? address_key(c, r, doubts) : file_key(c, r, doubts);
}

struct weir_question rehearse_ask(const struct rehearse_candidate *c,
				  const struct rehearse_record *r, uint64_t boot_ns,
				  uint32_t *ret_doubts, const struct exemption **ret_exemption)
{
	struct weir_key key;

	*ret_doubts = 0;
	key = key_of(c, r, ret_doubts);
	return ask(c, r, &key, boot_ns, ret_doubts, ret_exemption);
}

/* --- over time --- */

struct marks { /* on the rehearsal's clock, rising */
	uint64_t at[REHEARSE_MOMENTS_MAX];
	uint32_t cnt;
	bool is_cut;
};

/* The nearest are kept. */
static void add_mark(struct marks *m, uint64_t at)
{
	uint32_t i = m->cnt;

	if (at <= REHEARSE_BOOT_NS || at == WEIR_NEVER)
		return;
	while (i && m->at[i - 1] > at)
		i--;
	if (i && m->at[i - 1] == at)
		return;
	m->is_cut |= m->cnt == REHEARSE_MOMENTS_MAX;
	if (i == REHEARSE_MOMENTS_MAX)
		return;
	m->cnt -= m->cnt == REHEARSE_MOMENTS_MAX;
	memmove(&m->at[i + 1], &m->at[i], (m->cnt - i) * sizeof(m->at[0]));
	m->at[i] = at;
	m->cnt++;
}

static void add_marks(struct marks *m, const struct compiled *t, uint32_t rule)
{
	for (int i = 0; i < WEIR_STEPS_MAX; i++)
		add_mark(m, t->rules[rule].at_ns[i]);
	for (uint32_t i = 0; i < t->exemption_cnt; i++)
		if (t->exemptions[i].rule == rule)
			add_mark(m, t->exemptions[i].until_ns);
}

/* Only of what was seen: of other products nothing begins. */
static int find_marks(struct rehearsal *x, const struct rehearse_candidate *c, struct marks *m)
{
	CLEANUP(freep) bool *is_seen = calloc(c->compiled->rule_cnt, sizeof(*is_seen));

	if (!is_seen)
		return -ENOMEM;
	/* Steps of the past are 0: the moment itself comes ahead of all marks. */
	m->at[m->cnt++] = REHEARSE_BOOT_NS;
	for (uint32_t i = 0; i < x->cnt; i++) {
		uint32_t doubts = 0;
		struct weir_key key = key_of(c, &x->acts[i].first, &doubts);

		x->acts[i].rule = key.rule;
		if (key.rule && !is_seen[key.rule])
			add_marks(m, c->compiled, key.rule);
		is_seen[key.rule] = true;
	}
	return 0;
}

/* Whom each moment stops is counted once. */
struct tally {
	struct rehearsal *x;
	const struct rehearse_candidate *c;
	const struct marks *m;
	uint64_t *whos, *products; /* a bit each, one row a moment */
};

/* Sets it. False: it was set. */
static bool is_new(uint64_t *row, uint32_t bit)
{
	uint64_t mask = 1ULL << bit % 64;

	if (row[bit / 64] & mask)
		return false;
	row[bit / 64] |= mask;
	return true;
}

static void count_stopped(const struct tally *t, const struct rehearse_act *act, uint32_t k)
{
	struct rehearse_moment *moment = &t->x->moments[k];
	uint64_t *whos = t->whos + k * (size_t)(t->x->who_cnt / 64 + 1);
	uint64_t *products = t->products + k * (size_t)(t->c->compiled->rule_cnt / 64 + 1);

	moment->stopped[act->first.hook] += act->cnt;
	if (is_new(whos, act->who)) {
		moment->units += t->x->whos[act->who].unit != NULL;
		moment->users += !t->x->whos[act->who].unit;
	}
	moment->products += is_new(products, act->rule);
}

static void judge_at(const struct tally *t, struct rehearse_act *act, const struct weir_key *key,
		     uint32_t k)
{
	const struct exemption *exemption;
	struct weir_question q = ask(t->c, &act->first, key, t->m->at[k], &act->doubts,
				     &exemption);
	struct weir_answer answer = weir_decide(&q);

	if (!k) {
		act->now = answer;
		act->exemption = answer.reason == WEIR_BY_EXEMPTION ? exemption : NULL;
	}
	if (answer.verdict == WEIR_ALLOW)
		return;
	count_stopped(t, act, k);
	if (act->begins_s == INT64_MAX) {
		act->begins_s = t->x->moments[k].at_s;
		act->begins_mode = answer.mode;
	}
}

static void judge_act(const struct tally *t, struct rehearse_act *act)
{
	struct weir_key key;

	act->doubts = 0;
	act->begins_s = INT64_MAX;
	key = key_of(t->c, &act->first, &act->doubts);
	if (key.rule && !(act->doubts & DOUBT_EVIDENCE))
		act->indicator = &t->c->catalog->indicators[key.evidence];
	for (uint32_t k = 0; k < t->m->cnt; k++)
		judge_at(t, act, &key, k);
}

static int by_text(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int by_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* By product, whom it stops, where it came from and what it is. */
static int compare_acts(const void *a, const void *b, void *ctx)
{
	const struct rehearse_act *p = a, *q = b;
	const struct rehearsal *x = ctx;
	const struct rehearse_who *v = &x->whos[p->who], *w = &x->whos[q->who];
	int d = by_text(p->first.product, q->first.product);

	if (!d)
		d = -by_text(v->unit ? "" : NULL, w->unit ? "" : NULL);
	if (!d)
		d = by_text(v->unit, w->unit);
	if (!d)
		d = by_number(v->uid, w->uid);
	if (!d)
		d = by_text(p->first.by, q->first.by);
	if (!d)
		d = by_text(p->first.path, q->first.path);
	if (!d)
		d = by_text(p->first.ip, q->first.ip);
	if (!d)
		d = by_number(p->first.port, q->first.port);
	if (!d)
		d = by_number(p->first.hook, q->first.hook);
	if (!d)
		d = by_number((uint64_t)p->first_ms, (uint64_t)q->first_ms);
	return d ? d : by_number(p->order, q->order);
}

static int judge_all(struct rehearsal *x, const struct rehearse_candidate *c,
		     const struct marks *m)
{
	CLEANUP(freep) uint64_t *whos = calloc(m->cnt, (x->who_cnt / 64 + 1UL) * sizeof(*whos));
	CLEANUP(freep) uint64_t *products =
		calloc(m->cnt, (c->compiled->rule_cnt / 64 + 1UL) * sizeof(*products));
	const struct tally t = { x, c, m, whos, products };

	if (!whos || !products)
		return -ENOMEM;
	for (uint32_t i = 0; i < x->cnt; i++)
		judge_act(&t, &x->acts[i]);
	return 0;
}

int rehearse_judge(struct rehearsal *x, const struct rehearse_candidate *c)
{
	CLEANUP(freep) struct marks *m = calloc(1, sizeof(*m));
	int err = m ? find_marks(x, c, m) : -ENOMEM;

	if (err)
		return err;
	x->moments = calloc(m->cnt, sizeof(*x->moments));
	if (!x->moments)
		return -ENOMEM;
	x->moment_cnt = m->cnt;
	x->is_cut = m->is_cut;
	for (uint32_t i = 0; i < m->cnt; i++)
		x->moments[i].at_s = rehearse_time(c, m->at[i]);
	err = judge_all(x, c, m);
	if (!err && x->cnt)
		qsort_r(x->acts, x->cnt, sizeof(*x->acts), compare_acts, x);
	return err;
}
