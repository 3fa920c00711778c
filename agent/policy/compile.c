// SPDX-License-Identifier: GPL-2.0-only
/*
 * From indicators and rules to rows of tables.
 *
 * Rules come first: a product that none watches has id 0 and gets no keys.
 * Then one pass counts, one fills and one sort per kind brings equal keys
 * together, so a million indicators cost a million steps and a sort.
 */
#include "policy/compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "policy/calendar.h"
#include "policy/keys.h"
#include "policy/protection.h"

#define NS_PER_S 1000000000ll

struct clock_pair { /* one instant on both clocks */
	int64_t now_s;
	uint64_t boot_ns;
};

/* The boot-time mark of a wall-clock second; 0 for what is past. */
static uint64_t mark_of(const struct clock_pair *clock, int64_t at_s)
{
	int64_t ahead_s;

	/* INT64_MIN, "from the start", would not survive the difference. */
	if (at_s <= clock->now_s)
		return 0;
	ahead_s = at_s - clock->now_s;
	/* Years end at 2199; a clock before 1970 is none. */
	if (ahead_s > (int64_t)(INT64_MAX / NS_PER_S))
		return WEIR_NEVER;
	return clock->boot_ns + (uint64_t)(ahead_s * NS_PER_S);
}

uint64_t product_number(const char *id)
{
	uint64_t h = 0xcbf29ce484222325ULL; /* FNV-1a */

	for (; *id; id++)
		h = (h ^ (unsigned char)*id) * 0x100000001b3ULL;
	return h;
}

uint64_t rule_begins(const struct weir_rule *rule, enum weir_mode mode)
{
	for (int i = 0; i < WEIR_STEPS_MAX; i++)
		if (rule->at_ns[i] != WEIR_NEVER && rule->mode[i] >= mode)
			return rule->at_ns[i];
	return WEIR_NEVER;
}

/* A rule's steps, and the mode that each leaves to a product that is withheld. */
struct steps {
	struct weir_rule rule;
	uint8_t below[WEIR_STEPS_MAX];
};

static void set_steps(const struct compilation *x, struct steps *of,
		      const struct rule *rule, const struct clock_pair *clock)
{
	struct weir_rule *out = &of->rule;
	/* The last of a rule's is the search's sentinel. */
	struct change steps[WEIR_STEPS_MAX - 1];
	int64_t reach = INT64_MAX;
	uint32_t n, cnt = calendar_steps(x->p, rule, clock->now_s, steps, ARRAY_SIZE(steps),
					 &reach);

	for (uint32_t i = 0; i < WEIR_STEPS_MAX; i++)
		out->at_ns[i] = WEIR_NEVER;
	/* Before the first step nothing is stopped, so "nothing yet" is none. */
	for (uint32_t i = n = 0; i < cnt; i++) {
		if (!steps[i].phase)
			continue;
		out->at_ns[n] = mark_of(clock, steps[i].at);
		of->below[n] = protection_below(rule, steps[i].phase);
		out->mode[n++] = steps[i].to;
	}
	if (reach < x->t->reach_s)
		x->t->reach_s = reach;
}

/* From @from_ns on a step goes no higher than what was in force then. */
static void hold_steps(struct weir_rule *out, uint8_t cap, uint64_t from_ns)
{
	for (int i = 0; i < WEIR_STEPS_MAX && out->at_ns[i] != WEIR_NEVER; i++)
		if (out->at_ns[i] >= from_ns && out->mode[i] > cap)
			out->mode[i] = cap;
}

/*
 * What was in force is the phase that had begun, with its hours if it has some:
 * by its date, not by what this table says, since hosts may have booted since.
 */
static void hold_rule(const struct compilation *x, struct weir_rule *out,
		      const struct rule *rule, const struct clock_pair *clock)
{
	const struct phase *phase = calendar_phase(rule, x->p->held_s);

	if (x->p->held_s)
		hold_steps(out, phase ? phase->mode : WEIR_OBSERVE, mark_of(clock, x->p->held_s));
}

/* A step to offline or beyond is not taken by a product that is withheld. */
static void withhold(const struct steps *of, struct weir_rule *out)
{
	for (int i = 0; i < WEIR_STEPS_MAX && out->at_ns[i] != WEIR_NEVER; i++)
		if (out->mode[i] >= WEIR_OFFLINE)
			out->mode[i] = of->below[i];
}

static int compile_exemptions(const struct compilation *x, const struct clock_pair *clock)
{
	const struct policy *p = x->p;
	struct compiled *t = x->t;

	t->exemptions = calloc(p->exemption_cnt + 1UL, sizeof(*t->exemptions));
	if (!t->exemptions)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->exemption_cnt; i++) {
		const struct exemption *e = &p->exemptions[i];
		uint64_t until = mark_of(clock, e->until);

		if (e->here && until > clock->boot_ns)
			t->exemptions[t->exemption_cnt++] = (struct exemption_key){
				.rule = e->product_at + 1,
				.index = i,
				.until_ns = until,
				.path = e->path,
				.user = e->user,
				.cap = e->cap,
			};
	}
	return 0;
}

static int compile_rules(const struct compilation *x,
			 const struct clock_pair *clock)
{
	struct compiled *t = x->t;
	const struct rule *last = NULL;
	struct steps steps = { 0 };
	uint32_t i;

	t->rules = calloc(x->c->product_cnt + 1ul, sizeof(*t->rules));
	if (!t->rules)
		return -ENOMEM;
	t->rule_cnt = x->c->product_cnt + 1;
	t->reach_s = INT64_MAX;
	for (i = 0; i < x->c->product_cnt; i++) {
		const struct rule *rule = policy_rule_for(x->p, x->c, i);
		struct weir_rule *out = &t->rules[i + 1];

		if (!rule)
			continue;
		/* A vendor's products stand together: the calendar is asked once. */
		if (rule != last) {
			set_steps(x, &steps, rule, clock);
			hold_rule(x, &steps.rule, rule, clock);
		}
		last = rule;
		*out = steps.rule;
		if (x->p->withheld && x->p->withheld[i])
			withhold(&steps, out);
		out->flags = 0;
		out->id = i + 1;
		if (policy_class_enforced(rule, x->c->products[i].class))
			out->flags = WEIR_RULE_ENFORCE;
		out->product = product_number(x->c->products[i].id);
	}
	return compile_exemptions(x, clock);
}

bool key_of(const struct compilation *x, uint32_t indicator,
	    struct weir_key *ret)
{
	static const uint8_t kinds[IND_KIND_MAX] = {
		[IND_DIR] = WEIR_KEY_DIR,	[IND_PATH] = WEIR_KEY_FILE,
		[IND_MODULE] = WEIR_KEY_FILE,	[IND_SHA256] = WEIR_KEY_SHA256,
		[IND_BUILD_ID] = WEIR_KEY_BUILD_ID, [IND_CIDR] = WEIR_KEY_PREFIX,
	};
	const struct indicator *ind = &x->c->indicators[indicator];
	uint32_t rule = x->t->rules[ind->product + 1].id;

	if (!rule || !kinds[ind->kind] || !ind->sufficient)
		return false;
	/* The kernel hashes only files of a size that it knows. */
	if (ind->kind == IND_SHA256 && !ind->size)
		return false;
	*ret = (struct weir_key){ .rule = rule,
				  .kind = kinds[ind->kind],
				  .evidence = indicator };
	if (ind->confidence == CONFIDENCE_HIGH)
		ret->flags = WEIR_KEY_ENFORCE;
	return true;
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int key_compare(const struct compilation *x, const struct weir_key *a,
		const struct weir_key *b)
{
	const struct weir_rule *ra = &x->t->rules[a->rule];
	const struct weir_rule *rb = &x->t->rules[b->rule];
	int d = compare_u64(b->flags, a->flags), m;

	if (!d)
		d = compare_u64(rb->flags, ra->flags);
	for (m = WEIR_BLOCK; !d && m >= 0; m--)
		d = compare_u64(rule_begins(ra, m), rule_begins(rb, m));
	if (!d)
		d = compare_u64(a->rule, b->rule);
	return d ? d : compare_u64(a->evidence, b->evidence);
}

/* --- the three kinds of rows --- */

static int compare_hashes(const void *a, const void *b, void *x)
{
	const struct hash_key *p = a, *q = b;
	int d = memcmp(p->sha256, q->sha256, sizeof(p->sha256));

	if (!d)
		d = compare_u64(p->size, q->size);
	return d || !x ? d : key_compare(x, &p->key, &q->key);
}

static int compare_build_ids(const void *a, const void *b, void *x)
{
	const struct build_id_key *p = a, *q = b;
	int d = memcmp(&p->id, &q->id, sizeof(p->id));

	return d || !x ? d : key_compare(x, &p->key, &q->key);
}

static int compare_names(const void *a, const void *b, void *x)
{
	const struct name_key *p = a, *q = b;
	int d = compare_u64(p->kind, q->kind);

	if (!d)
		d = strcmp(p->pattern, q->pattern);
	return d || !x ? d : key_compare(x, &p->key, &q->key);
}

/* Sorts rows and keeps the first of equal ones. Returns how many are left. */
static uint32_t sort_unique(const struct compilation *x, void *rows,
			    uint32_t cnt, size_t size,
			    int (*compare)(const void *, const void *, void *))
{
	char *base = rows, *last = base;
	uint32_t i, kept = 1;

	if (!cnt)
		return 0;
	qsort_r(rows, cnt, size, compare, (void *)(uintptr_t)x);
	for (i = 1; i < cnt; i++) {
		char *row = base + i * size;

		if (!compare(last, row, NULL))
			continue;
		last += size;
		if (last != row)
			memcpy(last, row, size);
		kept++;
	}
	return kept;
}

static int add_hash(struct compiled *t, const struct indicator *ind,
		    const struct weir_key *key)
{
	struct hash_key *out = &t->hashes[t->hash_cnt];
	int err = hex_decode(ind->value, 2 * WEIR_SHA256_LEN, out->sha256);

	if (err)
		return err;
	out->size = ind->size;
	out->key = *key;
	t->hash_cnt++;
	return 0;
}

static int add_build_id(struct compiled *t, const struct indicator *ind,
			const struct weir_key *key)
{
	struct build_id_key *out = &t->build_ids[t->build_id_cnt];
	size_t digits = strlen(ind->value);
	int err;

	if (digits > 2 * WEIR_BUILD_ID_MAX)
		return -EINVAL;
	err = hex_decode(ind->value, digits, out->id.id);
	if (err)
		return err;
	out->id.len = (uint32_t)digits / 2;
	out->key = *key;
	t->build_id_cnt++;
	return 0;
}

static void add_name(struct compiled *t, const struct indicator *ind,
		     const struct weir_key *key)
{
	t->names[t->name_cnt++] = (struct name_key){ .pattern = ind->value,
						     .kind = ind->kind,
						     .key = *key };
}

static int make_room(const struct compilation *x)
{
	uint32_t cnt[IND_KIND_MAX] = { 0 };
	struct compiled *t = x->t;
	struct weir_key key;
	uint32_t i;

	for (i = 0; i < x->c->indicator_cnt; i++)
		cnt[x->c->indicators[i].kind] += key_of(x, i, &key);
	/* One more than needed: an empty array is not a failed one. */
	t->hashes = calloc(cnt[IND_SHA256] + 1ul, sizeof(*t->hashes));
	t->build_ids = calloc(cnt[IND_BUILD_ID] + 1ul, sizeof(*t->build_ids));
	t->names = calloc(cnt[IND_PATH] + cnt[IND_DIR] + cnt[IND_MODULE] + 1ul,
			  sizeof(*t->names));
	return t->hashes && t->build_ids && t->names ? 0 : -ENOMEM;
}

static int add_key(const struct compilation *x, uint32_t i)
{
	const struct indicator *ind = &x->c->indicators[i];
	struct weir_key key;
	int err = 0;

	if (!key_of(x, i, &key))
		return 0;
	if (ind->kind == IND_SHA256)
		err = add_hash(x->t, ind, &key);
	else if (ind->kind == IND_BUILD_ID)
		err = add_build_id(x->t, ind, &key);
	else if (ind->kind != IND_CIDR)
		add_name(x->t, ind, &key);
	/* The reader has let only hex through: this is a catalogue by hand. */
	if (err)
		return diag_set(x->diag, indicator_file(x->c, ind), ind->line, ind->col,
				"\"%.128s\" is not hexadecimal", ind->value);
	return 0;
}

static int compile_keys(const struct compilation *x)
{
	struct compiled *t = x->t;
	int err = make_room(x);
	uint32_t i;

	for (i = 0; !err && i < x->c->indicator_cnt; i++)
		err = add_key(x, i);
	if (err)
		return err;
	t->hash_cnt = sort_unique(x, t->hashes, t->hash_cnt,
				  sizeof(*t->hashes), compare_hashes);
	t->build_id_cnt = sort_unique(x, t->build_ids, t->build_id_cnt,
				      sizeof(*t->build_ids), compare_build_ids);
	t->name_cnt = sort_unique(x, t->names, t->name_cnt, sizeof(*t->names),
				  compare_names);
	return 0;
}

int compile(const struct catalog *c, const struct policy *p, int64_t now_s,
	    uint64_t boot_ns, struct compiled **ret, struct diag *d)
{
	CLEANUP(compiled_freep) struct compiled *t = calloc(1, sizeof(*t));
	const struct clock_pair clock = { now_s, boot_ns };
	const struct compilation x = { c, p, t, d };
	int err;

	if (!t)
		return -ENOMEM;
	err = compile_rules(&x, &clock);
	if (!err)
		err = compile_keys(&x);
	if (!err)
		err = prefixes_compile(&x);
	if (err)
		return err;
	*ret = take_ptr(t);
	return 0;
}

struct compiled *compiled_free(struct compiled *t)
{
	if (!t)
		return NULL;
	free(t->rules);
	free(t->exemptions);
	free(t->hashes);
	free(t->build_ids);
	free(t->prefixes);
	free(t->names);
	free(t);
	return NULL;
}

void compiled_freep(struct compiled **t)
{
	compiled_free(*t);
}
