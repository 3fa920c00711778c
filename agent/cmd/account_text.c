// SPDX-License-Identifier: GPL-2.0-only
/*
 * An account in words, for somebody who was woken up: what it is, what speaks
 * for that, which rule decides, what becomes of it. Some twenty lines at most.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/account.h"
#include "cmd/remarks.h"
#include "event/event.h"
#include "out/scan.h"
#include "out/text.h"
#include "policy/decide.h"

/* More are told by their number. */
#define HITS_SHOWN 8
#define PRODUCTS_SHOWN 12

/* A file's name may hold anything; a terminal gets what it can print. */
static void add_safe(struct buf *out, const char *text)
{
	text_escaped(out, text, strlen(text));
}

static void add_subject(const struct account *a, struct buf *out)
{
	const struct subject *s = a->subject;

	if (s->kind == SUBJECT_PID) {
		buf_addf(out, "Process %u (", s->pid);
		add_safe(out, *s->comm ? s->comm : "gone");
		buf_add_str(out, ")");
		if (s->path) {
			buf_add_str(out, ", running ");
			add_safe(out, s->path);
			buf_add_str(out, s->is_deleted ? " (deleted)," : ",");
		}
		return;
	}
	add_safe(out, s->path ? s->path : s->asked);
	if (s->link) {
		buf_add_str(out, " (by the link ");
		add_safe(out, s->link);
		buf_add_char(out, ')');
	}
}

static void add_product(const struct product *p, struct buf *out)
{
	buf_addf(out, "%s (%s, class %s%s)", p->name ? p->name : p->id, p->id,
		 product_class_name(p->class),
		 p->security_product ? ", a security product" : "");
}

static void add_headline(const struct account *a, struct buf *out)
{
	const struct catalog *c = a->sources->catalog;
	const struct subject *s = a->subject;

	add_subject(a, out);
	if (s->vendor || s->product || s->directive)
		return;
	if (!a->evidence && a->harmless) {
		buf_addf(out, " is known, and not what it may be taken for: %s (class %s).\n",
			 a->harmless->name, product_class_name(a->harmless->class));
		return;
	}
	if (!a->evidence) {
		buf_add_str(out, " is not in the catalogue: nothing is known against it.\n");
		return;
	}
	if (a->is_finding)
		buf_add_str(out, s->kind == SUBJECT_NAME && !a->is_here ? " belongs to " :
									  " is listed: ");
	else if (a->evidence->cleared_by != MATCH_NONE)
		buf_add_str(out, " looks like ");
	else
		buf_add_str(out, " has something of ");
	add_product(a->product, out);
	if (a->is_finding)
		buf_add_str(out, ".\n");
	else if (a->evidence->cleared_by != MATCH_NONE)
		buf_addf(out, " and is not:\n%s explains it.\n",
			 c->products[a->evidence->cleared_by].name);
	else
		buf_add_str(out, ",\nwhich is not enough for a finding.\n");
}

/* Without a port: what other products have it for some of its ports? */
static void add_ports(const struct account *a, struct buf *out)
{
	const struct catalog *c = a->sources->catalog;

	for (uint32_t i = 0; i < c->indicator_cnt; i++) {
		const struct indicator *ind = &c->indicators[i];

		if (!ind->port_cnt || !subject_is_in(ind, &a->subject->facts))
			continue;
		buf_addf(out, "On port %u it is that of %s (%s).\n", ind->ports[0].first,
			 c->products[ind->product].id, ind->value);
		return;
	}
}

static void add_notes(const struct account *a, struct buf *out)
{
	const struct subject *s = a->subject;

	if (s->is_port_guessed)
		buf_addf(out, "No port was given; it is listed for some only, so this is about "
			      "port %u.\n", s->facts.port);
	else if (s->facts.family && !s->facts.port)
		add_ports(a, out);
	if (s->is_kernel)
		buf_add_str(out, "It has no executable file: a thread of the kernel, or a "
				 "zombie.\n");
	if (s->err == -ENOENT && s->kind == SUBJECT_PATH)
		buf_add_str(out, "There is no such file here: only its place was judged.\n");
	else if (s->err == -ENOENT && s->kind == SUBJECT_PID)
		buf_add_str(out, "There is no such process.\n");
	else if (s->err == -EREMOTE)
		buf_add_str(out, "It is on a file system that may not answer (network, FUSE), and "
				 "was not read: only its place was judged.\n");
	else if (s->identity && s->identity->fault)
		buf_addf(out, "It could not be read whole: its parser %s: %s.\n",
			 cell_fault_name(s->identity->fault), s->identity->why);
	else if (s->err)
		buf_addf(out, "Not all of it could be read (%s): what follows may lack evidence.\n",
			 strerror(-s->err));
}

static void add_hit(const struct account *a, const struct indicator *ind, struct buf *out)
{
	const struct catalog *c = a->sources->catalog;
	const struct product *p = &c->products[ind->product];
	const char *id = p->confusable ? p->name : p->id;

	buf_addf(out, "  %s ", indicator_kind_name(ind->kind));
	add_safe(out, ind->value);
	buf_addf(out, ": %s%s, %s confidence, %s (%s:%u)\n", p->confusable ? "harmless, " : "",
		 family_name(indicator_family_of(ind->kind)), confidence_name(ind->confidence),
		 ind->sufficient ? "enough alone" : "not enough alone", indicator_file(c, ind),
		 ind->line);
	if (!a->evidence || ind->product != a->evidence->product)
		buf_addf(out, "    of %s\n", id);
}

static void add_evidence(const struct account *a, struct buf *out)
{
	const struct catalog *c = a->sources->catalog;
	uint32_t shown = a->match.hit_cnt < HITS_SHOWN ? a->match.hit_cnt : HITS_SHOWN;

	if (!a->match.hit_cnt)
		return;
	buf_add_str(out, "Evidence:\n");
	for (uint32_t i = 0; i < shown; i++)
		add_hit(a, &c->indicators[a->match.hits[i]], out);
	if (shown < a->match.hit_cnt)
		buf_addf(out, "  and %u more\n", a->match.hit_cnt - shown);
	if (!a->evidence)
		return;
	if (a->is_finding && !a->evidence->is_sufficient)
		buf_add_str(out, "  None is enough alone; two families together are.\n");
	if (a->is_finding && !a->evidence->may_enforce)
		buf_add_str(out, "  None is both enough alone and of high confidence: watched, "
				 "never stopped.\n");
	account_missing(a, out);
	if (a->subject->kind == SUBJECT_NAME && !a->is_here)
		buf_addf(out, "A name alone is no finding%s.\n", a->is_finding ?
			 "; where the thing itself is, weir scan finds it" :
			 ", and this one needs a second witness besides");
	if (a->evidence->cleared_by != MATCH_NONE && c->products[a->evidence->cleared_by].note)
		buf_addf(out, "Why not: %.400s\n", c->products[a->evidence->cleared_by].note);
}

static void add_phases(const struct policy *p, const struct rule *rule, struct buf *out)
{
	for (uint32_t i = 0; i < rule->phase_cnt; i++) {
		buf_add_str(out, i ? "; " : "");
		remark_phase(p, &rule->phases[i], out);
	}
}

static void add_rule(const struct account *a, struct buf *out)
{
	const struct policy *p = a->sources->policy;

	buf_addf(out, "Rule: %s:%u, about %s %s%s%s: ", p->file, a->rule->line,
		 rule_level_name(a->rule->level), a->rule->target,
		 a->rule->vendor ? ", vendor " : "", a->rule->vendor ? a->rule->vendor : "");
	add_phases(p, a->rule, out);
	buf_addf(out, ".\nMode now: %s", mode_name(a->answer.mode));

	if (a->exemption) {
		buf_addf(out, ", held at %s at most by exemption %s (%s) until ",
			 mode_name(a->exemption->cap), a->exemption->id,
			 a->exemption->reason ? a->exemption->reason : "no reason given");
		scan_time(out, a->exemption->until);
	}
	buf_add_str(out, ".\n");
	if (policy_class_enforced(a->rule, a->product->class)) {
		buf_addf(out, "The rule may enforce on class %s.\n",
			 product_class_name(a->product->class));
		return;
	}
	buf_add_str(out, "Not enforced: ");
	account_class_reason(a, out);
	buf_add_str(out, ".\n");
}

static bool is_domain(const struct account *a)
{
	const struct catalog *c = a->sources->catalog;

	return a->evidence && c->indicators[a->evidence->indicator].kind == IND_DOMAIN;
}

static void add_result(const struct account *a, struct buf *out)
{
	struct buf why = { 0 };

	account_reason(a, &why);
	buf_addf(out, "%s: %s.\n",
		 a->subject->kind == SUBJECT_NAME ? "Result for its files and addresses" : "Result",
		 buf_str(&why));
	buf_free(&why);
	if (is_domain(a))
		buf_add_str(out, "No domain is stopped by its name, only by the addresses that are "
				 "listed.\n");
	if (a->evidence && a->subject->kind != SUBJECT_NAME && !a->key)
		buf_add_str(out, "The kernel cannot look that evidence up: a file is recognised "
				 "after it ran once, and stopped from then on.\n");
}

static void add_policy(const struct account *a, struct buf *out)
{
	const struct policy *p = a->sources->policy;

	if (!a->product || (!a->is_finding && !a->subject->product))
		return;
	if (!p) {
		buf_add_str(out, "There is no policy here (" SOURCES_POLICY
				 "): nothing watches or stops it.\n");
		return;
	}
	if (!a->rule) {
		buf_addf(out, "No rule of policy %s (serial %lld, %s) is about it: it is not "
			      "watched.\n", p->name, (long long)p->serial, p->file);
		return;
	}
	add_rule(a, out);
	add_result(a, out);
}

static void add_guard(const struct account *a, struct buf *out)
{
	if (a->guarded)
		buf_addf(out, "Guard: in it, as %s: no rule can stop it.\n", a->guarded->why);
	else if (a->guard_err)
		buf_addf(out, "Guard: could not be built: %s.\n", strerror(-a->guard_err));
	else if (a->guard)
		buf_add_str(out, "Guard: not in it.\n");
}

static void add_vendor_product(const struct account *a, const struct product *p, struct buf *out)
{
	const struct sources *s = a->sources;
	const struct rule *rule = NULL;

	if (s->policy)
		rule = policy_rule_for(s->policy, s->catalog, (uint32_t)(p - s->catalog->products));
	buf_addf(out, "  %s: %s, %u indicator%s", p->id, product_class_name(p->class),
		 p->indicator_cnt, p->indicator_cnt == 1 ? "" : "s");
	if (rule)
		buf_addf(out, ", rule at line %u%s", rule->line,
			 policy_class_enforced(rule, p->class) ? "" :
								 " (does not enforce this class)");
	buf_add_char(out, '\n');
}

static void add_vendor(const struct account *a, struct buf *out)
{
	const struct catalog *c = a->sources->catalog;
	const struct vendor *v = a->subject->vendor;
	uint32_t cnt = 0;

	buf_addf(out, " is the vendor %s, %s (%s).\n", v->id, v->name, v->file);
	for (uint32_t i = 0; i < c->directive_cnt; i++)
		for (uint32_t k = 0; k < c->directives[i].vendor_cnt; k++)
			if (!strcmp(c->directives[i].vendors[k].vendor, v->id))
				buf_addf(out, "Directive %s: %s.\n", c->directives[i].id,
					 c->directives[i].vendors[k].reported ?
						 "reported, never enforced by it alone" : "named");
	for (uint32_t i = 0; i < c->product_cnt; i++) {
		if (&c->vendors[c->products[i].vendor] != v)
			continue;
		if (cnt++ < PRODUCTS_SHOWN)
			add_vendor_product(a, &c->products[i], out);
	}
	if (cnt > PRODUCTS_SHOWN)
		buf_addf(out, "  and %u more\n", cnt - PRODUCTS_SHOWN);
	if (!a->sources->policy)
		buf_add_str(out, "There is no policy here: no rule concerns it.\n");
}

static void add_named(const struct account *a, struct buf *out)
{
	const struct subject *s = a->subject;

	if (s->vendor) {
		add_vendor(a, out);
	} else if (s->product) {
		const struct vendor *v = &a->sources->catalog->vendors[s->product->vendor];

		buf_add_str(out, " is the product ");
		add_product(s->product, out);
		buf_addf(out, ",\nof vendor %s, with %u indicators (%s).\n", v->id,
			 s->product->indicator_cnt, v->file);
	} else if (s->directive) {
		buf_addf(out, " is the directive \"%s\" (%s), about %u vendors:\n ",
			 s->directive->title, s->directive->file, s->directive->vendor_cnt);
		for (uint32_t i = 0; i < s->directive->vendor_cnt; i++)
			buf_addf(out, " %s%s", s->directive->vendors[i].vendor,
				 s->directive->vendors[i].reported ? " (reported)" : "");
		buf_add_char(out, '\n');
	}
}

void account_text(const struct account *a, struct buf *out)
{
	const struct subject *s = a->subject;

	add_headline(a, out);
	add_named(a, out);
	if (s->kind == SUBJECT_NAME && !a->evidence && !account_is_listed(a) &&
	    !presence_is_here(&s->presence)) {
		const char *near = account_suggest(a);

		if (near)
			buf_addf(out, "Did you mean \"%s\"?\n", near);
	}
	add_notes(a, out);
	account_here(a, out);
	add_evidence(a, out);
	add_policy(a, out);
	add_guard(a, out);
}
