// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protection while the agent runs: units are asked about, routes are looked at,
 * what is withheld and what is missing is told.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "cmd/connected.h"
#include "cmd/force.h"
#include "cmd/protection.h"
#include "cmd/protection_tell.h"
#include "cmd/state_file.h"
#include "cmd/unit_show.h"
#include "policy/calendar.h"
#include "policy/decide.h"

#define NS_PER_S 1000000000ULL

/* A question to systemd costs it a few milliseconds. */
#define ASK_EVERY_NS (5 * NS_PER_S)
#define LOOK_EVERY_NS (10 * NS_PER_S)

/* A table that could not be made is not tried all the time. */
#define RETRY_NS (30 * NS_PER_S)
#define WRITE_EVERY_NS (60 * NS_PER_S)
#define REMIND_S 3600

/* Units in one question. */
#define UNITS_MAX 64

static int64_t boot_s(void)
{
	return (int64_t)(arming_now_ns() / NS_PER_S);
}

/* --- which --- */

static int add_stake(struct protection *p, struct stakes *s, const struct rule *rule,
		     const struct product *product, uint32_t index)
{
	struct stake k = { .product = index, .rule = rule, .succession = UINT32_MAX,
			   .may_cut = protection_may_cut(rule, product),
			   .cuts = product->fails_closed == 1 };
	struct succession *of = NULL;
	char name[RULE_NAME_MAX];

	if (product->security_product && protection_is_at_stake(rule, product)) {
		rule_name(rule, name, sizeof(name));
		of = protection_of(p, name);
		if (!of)
			return -ENOMEM;
		k.succession = (uint32_t)(of - p->list);
	}
	if (of || k.may_cut)
		s->list[s->cnt++] = k;
	return 0;
}

static int make_stakes(struct agent *a, const struct sources *s, struct stakes *ret)
{
	uint32_t cnt = s->catalog->product_cnt;
	int err = 0;

	ret->list = calloc(cnt + 1UL, sizeof(*ret->list));
	ret->withheld = calloc(cnt + 1UL, 1);
	if (!ret->list || !ret->withheld)
		return -ENOMEM;
	for (uint32_t i = 0; i < cnt && !err; i++) {
		const struct rule *rule = policy_rule_for(s->policy, s->catalog, i);

		if (rule)
			err = add_stake(&a->protection, ret, rule, &s->catalog->products[i], i);
	}
	return err;
}

static void look_for_cuts(const struct agent *a, const struct sources *s,
			  const struct match_index *index, const struct stakes *k,
			  int64_t now_s, struct cuts *ret)
{
	CLEANUP(freep) uint8_t *asked = calloc(s->catalog->product_cnt + 1UL, 1);
	struct cuts_question q = { .root_fd = a->root_fd, .index = index, .asked = asked };
	bool is_asked = false;

	ret->cnt = 0;
	for (uint32_t i = 0; asked && i < k->cnt; i++) {
		const struct phase *phase = calendar_phase(k->list[i].rule, now_s);

		asked[k->list[i].product] = k->list[i].may_cut && phase &&
					    phase->mode >= WEIR_OFFLINE;
		is_asked |= asked[k->list[i].product];
	}
	if (is_asked && cuts_find(&q, ret))
		ret->cnt = 0;
}

int agent_withhold(struct agent *a, struct regime *r)
{
	struct protection *p = &a->protection;
	struct stakes *k = &r->stakes;
	int64_t now_s = time(NULL);
	int err = p->is_read ? 0 : protection_read(PROTECTION_FILE, p);

	p->is_read = true;
	if (err && err != -ENOENT)
		fprintf(stderr, "weir: %s: %s: successors have to hold anew\n", PROTECTION_FILE,
			err == -EINVAL ? "damaged" : strerror(-err));
	protection_boot(p, a->host.boot_id, boot_s());
	err = make_stakes(a, &r->sources, k);
	if (err)
		return err;
	look_for_cuts(a, &r->sources, r->index, k, now_s, &k->cuts);
	for (uint32_t i = 0; i < k->cnt; i++)
		k->withheld[k->list[i].product] =
			(uint8_t)protection_judge(p, &k->list[i], r->sources.catalog, &k->cuts,
						  now_s);
	r->sources.policy->withheld = k->withheld;
	return 0;
}

/* --- in force --- */

/* Whose files has the table, or the inventory seen? */
static void mark_here(struct agent *a)
{
	const struct plan *plan = a->now->plan;
	const struct catalog *c = a->now->sources.catalog;
	struct stakes *s = &a->now->stakes;
	CLEANUP(freep) bool *here = calloc(c->product_cnt + 1UL, sizeof(*here));

	if (!here || !s->cnt)
		return;
	for (size_t i = 0; i < plan->file_cnt; i++)
		here[plan->files[i].key.rule - 1] = true;
	for (size_t i = 0; i < plan->dir_cnt; i++)
		here[plan->dirs[i].key.rule - 1] = true;
	for (uint32_t i = 0; i < a->known.cnt; i++) {
		const struct product *p = a->known.list[i].product ?
						  catalog_product(c, a->known.list[i].product) :
						  NULL;

		if (p)
			here[p - c->products] = true;
	}
	for (uint32_t i = 0; i < s->cnt; i++)
		s->list[i].is_here = here[s->list[i].product];
}

/* When a step to offline or beyond begins; INT64_MAX: never here. */
static int64_t begins_at(const struct rule *rule)
{
	int64_t at = INT64_MAX;

	for (uint32_t i = 0; i < rule->phase_cnt; i++)
		if (rule->phases[i].mode >= WEIR_OFFLINE && rule->phases[i].begins < at)
			at = rule->phases[i].begins;
	return at;
}

/* For `weir arm`: those that have a part in what is armed, and from when on. */
static void write_cutting(const struct agent *a)
{
	const struct catalog *c = a->now->sources.catalog;
	CLEANUP(buf_free) struct buf out = { 0 };
	int err;

	for (uint32_t i = 0; i < a->now->stakes.cnt; i++) {
		const struct stake *k = &a->now->stakes.list[i];

		if (k->may_cut)
			buf_addf(&out, "%s %" PRId64 "\n", c->products[k->product].id,
				 begins_at(k->rule));
	}
	if (!out.len) {
		unlink(PROTECTION_CUTS);
		return;
	}
	err = out.err ? out.err : state_write(PROTECTION_CUTS, out.data, out.len);
	if (err)
		fprintf(stderr, "weir: " PROTECTION_CUTS ": %s\n", strerror(-err));
}

/* What no rule asks about any more is not without protection: nobody took it away. */
static void close_others(struct agent *a)
{
	for (uint32_t i = 0; i < a->protection.cnt; i++) {
		struct succession *s = &a->protection.list[i];
		int64_t now_s = boot_s();

		if (!s->rule && protection_close(s, now_s))
			protection_tell_over(a, s, now_s);
	}
}

void agent_take_protection(struct agent *a)
{
	protection_take(&a->protection, &a->now->stakes);
	close_others(a);
	mark_here(a);
	write_cutting(a);
}

/* --- units --- */

static bool is_asked(const struct succession *s)
{
	return s->rule && s->unit;
}

static void ask_units(struct protection *p)
{
	const char *argv[UNIT_SHOW_WORDS + UNITS_MAX + 1];
	uint32_t n = 0;

	memcpy(argv, unit_show_words, sizeof(unit_show_words));
	for (uint32_t i = 0; i < p->cnt && n < UNITS_MAX; i++)
		if (is_asked(&p->list[i]))
			argv[UNIT_SHOW_WORDS + n++] = p->list[i].unit;
	argv[UNIT_SHOW_WORDS + n] = NULL;
	p->asked_cnt = n && !errand_start(&p->ask, argv) ? n : 0;
	p->is_answered |= !p->asked_cnt;
}

/* A host without systemd has no answer, and a successor never holds there. */
static void take_seen(struct succession *s, const struct unit_show *u, bool is_connected)
{
	struct timespec mono;

	s->seen = (struct successor_seen){ 0 };
	if (!u)
		return;
	clock_gettime(CLOCK_MONOTONIC, &mono);
	s->seen.is_known = true;
	s->seen.is_active = u->is_active;
	s->seen.active_s = u->is_active ? mono.tv_sec - (int64_t)(u->active_us / 1000000) : 0;
	s->seen.is_connected = u->is_active && is_connected;
}

/* In the order in which they were asked for. */
static void read_shown(struct protection *p, struct unit_show *shown, bool *is_shown,
		       struct connected *to)
{
	const char *text = buf_str(&p->ask.answer);
	unsigned int n = 0;

	for (uint32_t i = 0; i < p->cnt && n < p->asked_cnt; i++) {
		if (!is_asked(&p->list[i]))
			continue;
		is_shown[n] = unit_show_nth(text ? text : "", n, &shown[n]);
		to[n] = (struct connected){ .successor = &p->list[i].rule->successor,
					    .cgroup = is_shown[n] && shown[n].is_active ?
							      shown[n].cgroup : "" };
		n++;
	}
}

static void take_units(struct agent *a)
{
	CLEANUP(freep) struct unit_show *shown = calloc(UNITS_MAX, sizeof(*shown));
	struct protection *p = &a->protection;
	struct connected to[UNITS_MAX];
	bool is_shown[UNITS_MAX];
	unsigned int n = 0;

	if (!shown)
		return;
	read_shown(p, shown, is_shown, to);
	connected_find(a->root_fd, to, p->asked_cnt);
	for (uint32_t i = 0; i < p->cnt && n < p->asked_cnt; i++) {
		struct succession *s = &p->list[i];
		uint8_t before = s->state.stage;

		if (!is_asked(s))
			continue;
		take_seen(s, is_shown[n] ? &shown[n] : NULL, to[n].is_so);
		n++;
		if (successor_look(&s->state, &s->rule->successor, &s->seen, boot_s())) {
			protection_tell_stage(a, s, before);
			p->is_dirty = true;
		}
	}
}

static void watch_units(struct agent *a)
{
	struct protection *p = &a->protection;
	uint64_t now = arming_now_ns();
	int rc = errand_poll(&p->ask);

	if (!rc)
		take_units(a);
	p->is_answered |= rc != -EAGAIN && rc != -ECANCELED;
	if (now < p->ask_ns || p->ask.child)
		return;
	p->ask_ns = now + ASK_EVERY_NS;
	ask_units(p);
}

/* --- the network --- */

static const struct cut *cut_of(const struct cuts *cuts, uint32_t product)
{
	for (uint32_t i = 0; i < cuts->cnt; i++)
		if (cuts->list[i].product == product)
			return &cuts->list[i];
	return NULL;
}

/* What is in force stays so: a product must not lift it by a route of its own. */
static void watch_network(struct agent *a)
{
	const struct sources *s = &a->now->sources;
	struct protection *p = &a->protection;
	uint64_t now = arming_now_ns();

	if (now < p->look_ns)
		return;
	p->look_ns = now + LOOK_EVERY_NS;
	look_for_cuts(a, s, a->now->index, &a->now->stakes, phases_clock(a->offset_ns),
		      &a->now->stakes.cuts);
	for (uint32_t i = 0; i < a->now->stakes.cnt; i++) {
		const struct stake *k = &a->now->stakes.list[i];
		struct cutting *of = k->may_cut ? protection_cutting(p, s->catalog->products
							[k->product].id) : NULL;
		bool is_taken = of && force_is(a, k->product, WEIR_OFFLINE);

		if (!of)
			continue;
		p->is_dirty |= is_taken != of->is_taken;
		of->is_taken = is_taken;
		protection_tell_cut(a, k, of, cut_of(&a->now->stakes.cuts, k->product));
	}
}

/* --- the count --- */

static bool is_stopped(const struct agent *a, const struct succession *s)
{
	for (uint32_t i = 0; i < a->now->stakes.cnt; i++) {
		const struct stake *k = &a->now->stakes.list[i];

		if (k->succession != UINT32_MAX && k->is_here &&
		    &a->protection.list[k->succession] == s &&
		    force_is(a, k->product, WEIR_OFFLINE))
			return true;
	}
	return false;
}

static void count(struct agent *a, struct succession *s)
{
	bool is_in_force = is_stopped(a, s), was_open = s->count.is_open;
	bool is_there = !s->rule->without_protection && successor_is_there(&s->seen);
	bool is_open = is_in_force && !is_there;
	int64_t now_s = boot_s(), sure_s = 0;

	/* Nobody has answered yet: the last look stands. */
	if (is_in_force && s->unit && !s->seen.is_known)
		return;
	if (!is_open)
		sure_s = is_in_force ? s->seen.active_s : INT64_MAX;
	if (unprotected_count(&s->count, is_open, sure_s, now_s))
		a->protection.write_ns = a->protection.write_ns ? a->protection.write_ns :
					 arming_now_ns() + WRITE_EVERY_NS;
	if (is_open && !was_open) {
		s->opened_s = s->reminded_s = now_s;
		protection_tell_open(a, s, "stopped, and nothing in its place");
	} else if (is_open && now_s - s->reminded_s >= REMIND_S) {
		s->reminded_s = now_s;
		protection_tell_open(a, s, "still stopped, and nothing in its place");
	} else if (!is_open && was_open) {
		protection_tell_open(a, s, is_in_force ? "stopped, and the successor is there" :
					      "not stopped any more");
	}
	a->protection.is_dirty |= is_open != was_open;
}

/* --- all of it --- */

/* What is withheld by the table is not what should be: make another. */
static void follow(struct agent *a)
{
	struct protection *p = &a->protection;
	const struct stakes *s = &a->now->stakes;
	uint64_t now = arming_now_ns();
	bool is_behind = false;

	for (uint32_t i = 0; i < s->cnt && !is_behind; i++) {
		enum withheld why = protection_judge(p, &s->list[i], a->now->sources.catalog,
						     &s->cuts, phases_clock(a->offset_ns));

		is_behind = !why != !s->withheld[s->list[i].product];
	}
	if (is_behind && now < p->retry_ns)
		return;
	p->retry_ns = is_behind ? now + RETRY_NS : 0;
	if (is_behind)
		(void)agent_refill(a, "what a step depends on has changed");
}

/* Told first: who is killed in between may tell twice, but never not at all. */
static void keep(struct agent *a)
{
	struct protection *p = &a->protection;
	uint64_t now = arming_now_ns();
	int err;

	if (!p->is_dirty && (!p->write_ns || now < p->write_ns))
		return;
	p->is_dirty = false;
	p->write_ns = 0;
	agent_write_down(a);
	err = protection_write(PROTECTION_FILE, p);
	if (err)
		fprintf(stderr, "weir: %s: %s: it is not remembered what protects\n",
			PROTECTION_FILE, strerror(-err));
}

void agent_watch_protection(struct agent *a)
{
	struct protection *p = &a->protection;

	watch_units(a);
	if (a->now->stakes.cnt)
		watch_network(a);
	for (uint32_t i = 0; i < p->cnt; i++) {
		if (!p->list[i].rule)
			continue;
		protection_tell_held(a, &p->list[i]);
		count(a, &p->list[i]);
	}
	keep(a);
	follow(a);
}
