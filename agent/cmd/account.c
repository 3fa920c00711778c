// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/account.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/prefix.h"
#include "cmd/outlook.h"
#include "event/event.h"
#include "policy/decide.h"

void account_exit(struct account *a)
{
	match_free(&a->match);
	guard_free(a->guard);
	memset(a, 0, sizeof(*a));
}

/* Of what is no finding, the one that comes nearest. */
static const struct evidence *strongest(const struct match *m, const struct catalog *c)
{
	const struct evidence *best = match_best(m);

	for (uint32_t i = 0; !best && i < m->product_cnt; i++)
		if (m->products[i].cleared_by != MATCH_NONE)
			best = &m->products[i];
	for (uint32_t i = 0; !best && i < m->product_cnt; i++)
		if (!c->products[m->products[i].product].confusable)
			best = &m->products[i];
	return best;
}

/* What was hit of the product, of the kinds that are looked up at a gate. */
static const struct indicator *kernel_key(const struct account *a)
{
	const struct catalog *c = a->sources->catalog;
	const struct indicator *best = NULL;

	for (uint32_t i = 0; i < a->match.hit_cnt; i++) {
		const struct indicator *ind = &c->indicators[a->match.hits[i]];

		if (ind->product != a->evidence->product || !ind->sufficient)
			continue;
		if (ind->kind != IND_PATH && ind->kind != IND_DIR && ind->kind != IND_MODULE &&
		    ind->kind != IND_CIDR && ind->kind != IND_BUILD_ID &&
		    (ind->kind != IND_SHA256 || !ind->size))
			continue;
		if (!best || ind->confidence > best->confidence)
			best = ind;
	}
	return best;
}

/* The path as it was asked for is tried too: the catalogue may name the link. */
static int match_subject(struct account *a, const struct match_index *x)
{
	struct facts linked = a->subject->facts;
	int err = match_facts(x, &a->subject->facts, &a->match);

	linked.path = a->subject->link;
	if (!err && a->subject->link && !match_best(&a->match))
		err = match_facts(x, &linked, &a->match);
	return err;
}

/* What is there by a name is judged as it is, and not as all that a word can be. */
static int match_presence(struct account *a, const struct match_index *x)
{
	const struct presence *p = &a->subject->presence;
	CLEANUP(freep) uint32_t *hits = NULL;
	struct facts file = { .path = p->told_cnt ? p->files[0].path : NULL };
	uint32_t thing_cnt = 0, cnt = 0, total = 0;
	struct thing **things = NULL;

	if (p->look.findings)
		things = findings_things(p->look.findings, &thing_cnt);
	a->is_here = thing_cnt || p->told_cnt;
	if (!a->is_here)
		return match_subject(a, x);
	if (!thing_cnt)
		return match_facts(x, &file, &a->match);
	for (uint32_t i = 0; i < thing_cnt; i++)
		total += things[i]->hit_cnt;
	hits = calloc(total + 1UL, sizeof(*hits));
	if (!hits)
		return -ENOMEM;
	for (uint32_t i = 0; i < thing_cnt; cnt += things[i++]->hit_cnt)
		memcpy(&hits[cnt], things[i]->hits, things[i]->hit_cnt * sizeof(*hits));
	return match_hits(x, hits, cnt, &a->match);
}

static int find_evidence(struct account *a)
{
	CLEANUP(match_index_freep) struct match_index *x = NULL;
	const struct catalog *c = a->sources->catalog;
	int err;

	err = match_index_new(c, &x);
	if (!err)
		err = a->subject->kind == SUBJECT_NAME ? match_presence(a, x) :
							 match_subject(a, x);
	if (err)
		return err;
	for (uint32_t i = 0; i < a->match.product_cnt && !a->harmless; i++)
		if (c->products[a->match.products[i].product].confusable)
			a->harmless = &c->products[a->match.products[i].product];
	a->evidence = strongest(&a->match, c);
	if (!a->evidence)
		return 0;
	a->product = &c->products[a->evidence->product];
	a->is_finding = a->evidence->is_finding;
	a->key = kernel_key(a);
	return 0;
}

static int find_guard(struct account *a)
{
	CLEANUP(close_fdp) int root = -1;

	if (!a->subject->is_here || a->subject->is_dir)
		return 0;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	a->guard_err = root < 0 ? -errno : guard_new(root, NULL, &a->guard);
	if (a->guard_err == -ENOMEM)
		return a->guard_err;
	if (!a->guard_err)
		a->guarded = guard_find(a->guard, a->subject->st.st_dev, a->subject->st.st_ino);
	return 0;
}

static bool lets_port(const struct allowance *allow, const struct facts *f)
{
	for (uint32_t i = 0; i < allow->port_cnt; i++)
		if (allow->ports[i].protocol == f->protocol && allow->ports[i].first <= f->port &&
		    f->port <= allow->ports[i].last)
			return true;
	return !allow->port_cnt;
}

static const struct allowance *allowance_for(const struct rule *rule, const struct facts *f)
{
	struct prefix one = { .family = (uint8_t)f->family,
			      .len = f->family == AF_INET ? 32 : 128 };
	struct prefix net;
	const char *why;

	if (!f->family)
		return NULL;
	memcpy(one.addr, f->addr, sizeof(one.addr));
	for (uint32_t i = 0; i < rule->allow_cnt; i++)
		if (!prefix_parse(rule->allow[i].to, &net, &why) && prefix_covers(&net, &one) &&
		    lets_port(&rule->allow[i], f))
			return &rule->allow[i];
	return NULL;
}

static int find_rule(struct account *a, struct diag *d)
{
	CLEANUP(outlook_exit) struct outlook o = { 0 };
	const struct catalog *c = a->sources->catalog;
	struct outlook_question q = { .is_guarded = a->guarded };
	int err;

	if (!a->sources->policy || !a->product)
		return 0;
	q.product = (uint32_t)(a->product - c->products);
	q.may_enforce = a->evidence ? a->evidence->may_enforce : true;
	a->rule = policy_rule_for(a->sources->policy, c, q.product);
	if (!a->rule)
		return 0;
	err = outlook_init(a->sources, &o, d);
	if (err)
		return err;
	a->exemption = outlook_exemption(&o, q.product);
	a->allowance = allowance_for(a->rule, &a->subject->facts);
	a->answer = outlook_ask(&o, &q);
	return 0;
}

int account_make(const struct sources *sources, const struct subject *s,
		 struct account *ret, struct diag *d)
{
	CLEANUP(account_exit) struct account a = { .subject = s, .sources = sources };
	int err;

	a.product = s->product;
	err = find_evidence(&a);
	if (!err)
		err = find_guard(&a);
	if (!err)
		err = find_rule(&a, d);
	if (err)
		return err;
	*ret = a;
	a = (struct account){ 0 };
	return 0;
}

bool account_is_listed(const struct account *a)
{
	const struct subject *s = a->subject;

	return a->is_finding || s->vendor || s->product || s->directive;
}

void account_class_reason(const struct account *a, struct buf *out)
{
	static const struct rule by_name = { .level = RULE_PRODUCT };
	const char *class = product_class_name(a->product->class);

	if (policy_class_enforced(a->rule, a->product->class))
		return;
	if (!policy_class_enforced(&by_name, a->product->class))
		buf_addf(out, "class %s is never enforced, by no rule", class);
	else
		buf_addf(out,
			 "a rule about a %s does not enforce class %s, that takes a rule that "
			 "names the %s",
			 rule_level_name(a->rule->level), class,
			 a->product->class == CLASS_VENDOR_OSS_IN_DISTRO ? "product" :
									   "class or the product");
}

void account_reason(const struct account *a, struct buf *out)
{
	if (a->allowance)
		buf_addf(out, "reachable: the rule allows %s (%s)", a->allowance->to,
			 a->allowance->why ? a->allowance->why : "no reason given");
	else if (a->answer.reason == WEIR_BY_GUARD)
		buf_add_str(out, "never stopped: it is in the guard; a policy that enforces this "
				 "is refused as a whole");
	else if (a->answer.reason == WEIR_BY_RULE)
		buf_add_str(out, "blocked, as soon as the host is armed and the gate can deny "
				 "(see weir status)");
	else if (a->answer.reason == WEIR_BY_FLAG)
		buf_add_str(out, "not blocked, only recorded as would-block: the policy says "
				 "enforce: false");
	else if (a->answer.reason == WEIR_BY_MODE)
		buf_addf(out, "not blocked now: the mode is %s", mode_name(a->answer.mode));
	else if (a->answer.reason == WEIR_BY_CLASS)
		buf_add_str(out, "not stopped: the rule does not enforce this class");
	else if (a->answer.reason == WEIR_BY_EVIDENCE)
		buf_add_str(out, "not stopped: no indicator that is sufficient alone has high "
				 "confidence");
	else
		buf_addf(out, "not stopped: %s", reason_text(a->answer.reason));
}
