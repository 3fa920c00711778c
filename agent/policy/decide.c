// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decisions and their words; see decide.h.
 */
#include "policy/decide.h"

#include "base/cleanup.h"
#include "policy/calendar.h"

static const struct {
	const char *name, *text;
} reasons[] = {
	[WEIR_BY_CANARY] = { "canary", "the agent's own proof of the gate" },
	[WEIR_BY_GUARD] = { "guard", "on the guard list, which no rule may block" },
	[WEIR_BY_NO_KEY] = { "no-key", "not listed" },
	[WEIR_BY_LAPSE] = { "lapse", "the table has lapsed, no agent for too long" },
	[WEIR_BY_MODE] = { "mode", "the rule's mode does not stop this" },
	[WEIR_BY_INSTALLED] = { "installed", "it was there when the freeze began" },
	[WEIR_BY_EXEMPTION] = { "exemption", "an exemption of the policy" },
	[WEIR_BY_EVIDENCE] = { "evidence", "evidence is too weak to enforce" },
	[WEIR_BY_CLASS] = { "class", "the rule does not enforce this class" },
	[WEIR_BY_FLAG] = { "flag", "enforce is false" },
	[WEIR_BY_DISARMED] = { "disarmed", "not armed" },
	[WEIR_BY_WINDOW] = { "window", "a removal window is open for the product" },
	[WEIR_BY_STRENGTH] = { "strength", "this gate can only watch" },
	[WEIR_BY_RULE] = { "rule", "the rule stops it" },
};
_Static_assert(ARRAY_SIZE(reasons) == WEIR_REASON_MAX, "every reason has a text");

/* The stable word, and how a sentence about it begins. */
static const struct {
	const char *name, *opening;
} outcomes[] = {
	[OUTCOME_NOTE] = { "note", "" },
	[OUTCOME_CANARY] = { "canary", "canary" },
	[OUTCOME_UNLISTED] = { "unlisted", "seen" },
	[OUTCOME_SEEN] = { "seen", "not blocked" },
	[OUTCOME_ALLOWED] = { "allowed", "allowed" },
	[OUTCOME_WOULD_BLOCK] = { "would-block", "would be blocked" },
	[OUTCOME_WEAK] = { "weak", "not blocked" },
	[OUTCOME_BLOCKED] = { "blocked", "blocked" },
	[OUTCOME_KILLED] = { "killed", "killed" },
	[OUTCOME_SLIPPED] = { "slipped", "not blocked although it should have been" },
};
_Static_assert(ARRAY_SIZE(outcomes) == OUTCOME_MAX, "every outcome has words");

static const char *const level_names[] = {
	[RULE_DIRECTIVE] = "directive",
	[RULE_VENDOR] = "vendor",
	[RULE_CLASS] = "class",
	[RULE_PRODUCT] = "product",
};
_Static_assert(ARRAY_SIZE(level_names) == RULE_LEVEL_MAX, "every level has a name");

static const char *const confidence_names[] = {
	[CONFIDENCE_LOW] = "low",
	[CONFIDENCE_MEDIUM] = "medium",
	[CONFIDENCE_HIGH] = "high",
};
_Static_assert(ARRAY_SIZE(confidence_names) == CONFIDENCE_MAX, "every confidence has a name");

const char *outcome_name(enum outcome outcome)
{
	return outcomes[outcome].name;
}

const char *reason_name(enum weir_reason reason)
{
	return reasons[reason].name;
}

const char *reason_text(enum weir_reason reason)
{
	return reasons[reason].text;
}

const char *rule_level_name(enum rule_level level)
{
	return level_names[level];
}

void rule_name(const struct rule *rule, char *out, size_t size)
{
	snprintf(out, size, "%s %s", rule_level_name(rule->level), rule->target);
}

const char *confidence_name(enum confidence confidence)
{
	return confidence_names[confidence];
}

/* The exemption without which the rule would go further. */
static const struct exemption *exemption_for(const struct decide_context *ctx,
					     const struct rule *rule, uint32_t product)
{
	const struct policy *p = ctx->policy;

	for (uint32_t i = 0; rule && i < p->exemption_cnt; i++) {
		const struct exemption *e = &p->exemptions[i];

		if (e->product_at == product && e->here && e->until > ctx->now_s &&
		    e->cap < calendar_mode(ctx->policy, rule, ctx->now_s))
			return e;
	}
	return NULL;
}

static void name_product(struct decision *d, const struct decide_context *ctx,
			 uint32_t product, uint32_t indicator)
{
	const struct catalog *c = ctx->catalog;

	/* A table of before may count further than this catalogue reaches. */
	if (!c || product >= c->product_cnt) {
		d->is_stale = true;
		return;
	}
	d->product = &c->products[product];
	if (indicator < c->indicator_cnt)
		d->indicator = &c->indicators[indicator];
	if (!ctx->policy)
		return;
	d->rule = policy_rule_for(ctx->policy, c, product);
	if (d->reason == WEIR_BY_EXEMPTION)
		d->exemption = exemption_for(ctx, d->rule, product);
}

/* Somebody, or something, stands between it and its rule. */
static bool is_let(uint8_t reason)
{
	return reason == WEIR_BY_GUARD || reason == WEIR_BY_EXEMPTION ||
	       reason == WEIR_BY_INSTALLED || reason == WEIR_BY_WINDOW;
}

/* In the order of weight: what was done, what failed, what was meant. */
static enum outcome outcome_of(const struct decision *d, const struct weir_rec *rec)
{
	if (rec->answer.reason == WEIR_BY_CANARY)
		return OUTCOME_CANARY;
	if (rec->answer.verdict == WEIR_DENY && rec->strength == WEIR_CAN_DENY)
		return OUTCOME_BLOCKED;
	if (rec->answer.verdict == WEIR_KILL && rec->strength >= WEIR_CAN_KILL)
		return OUTCOME_KILLED;
	if (rec->flags & WEIR_REC_SLIPPED)
		return OUTCOME_SLIPPED;
	if (rec->answer.reason == WEIR_BY_STRENGTH || rec->answer.reason == WEIR_BY_RULE)
		return OUTCOME_WEAK;
	if (is_let(rec->answer.reason))
		return OUTCOME_ALLOWED;
	if (rec->answer.would)
		return OUTCOME_WOULD_BLOCK;
	return rec->key.rule || d->product ? OUTCOME_SEEN : OUTCOME_UNLISTED;
}

struct decision decide(const struct decide_context *ctx, const struct event *ev,
		       const struct match *found)
{
	struct decision d = {
		.policy = ctx->policy,
		.catalog = ctx->catalog,
		.found = found,
	};
	const struct evidence *best = found ? match_best(found) : NULL;
	const struct weir_key *key = NULL;

	if (event_is_record(ev)) {
		key = &ev->rec.key;
		d.reason = ev->rec.answer.reason;
		d.mode = ev->rec.answer.mode;
		d.hook = ev->rec.hook;
		d.generation = ev->rec.generation;
	} else if (ev->kind == EVENT_IDENTIFIED) {
		key = &ev->note.identified.key;
		d.generation = ev->note.generation;
	}
	if (key && key->rule && ctx->generation && d.generation != ctx->generation)
		d.is_stale = true;
	else if (key && key->rule)
		name_product(&d, ctx, key->rule - 1, key->evidence);
	if (event_is_record(ev) && !ev->rec.key.rule && best) {
		d.found_later = true;
		name_product(&d, ctx, best->product, best->indicator);
	}
	d.outcome = event_is_record(ev) ? outcome_of(&d, &ev->rec) : OUTCOME_NOTE;
	return d;
}

/* "rule at line 9 (product examplewall/agent, block)" */
static void add_rule(const struct decision *d, struct buf *out)
{
	buf_add_str(out, ": rule at line ");
	buf_add_u64(out, d->rule->line);
	buf_add_str(out, " (");
	buf_add_str(out, level_names[d->rule->level]);
	buf_add_char(out, ' ');
	buf_add_str(out, d->rule->target);
	buf_add_str(out, ", ");
	buf_add_str(out, mode_name(d->mode));
	buf_add_char(out, ')');
}

static void add_class_reason(const struct decision *d, struct buf *out)
{
	static const struct rule by_name = { .level = RULE_PRODUCT };
	const char *class = product_class_name(d->product->class);

	if (!policy_class_enforced(&by_name, d->product->class)) {
		buf_add_str(out, "class ");
		buf_add_str(out, class);
		buf_add_str(out, " is never enforced");
		return;
	}
	buf_add_str(out, d->rule ? level_names[d->rule->level] : "this");
	buf_add_str(out, " rule does not enforce class ");
	buf_add_str(out, class);
	buf_add_str(out, "; name the product");
}

static void add_evidence_reason(const struct decision *d, struct buf *out)
{
	buf_add_str(out, reason_text(WEIR_BY_EVIDENCE));
	buf_add_str(out, " (");
	buf_add_str(out, indicator_kind_name(d->indicator->kind));
	buf_add_str(out, ", ");
	buf_add_str(out, confidence_names[d->indicator->confidence]);
	buf_add_str(out, d->indicator->sufficient ? " confidence)"
						  : " confidence, not sufficient alone)");
}

static void add_exemption(const struct decision *d, struct buf *out)
{
	buf_add_str(out, "exemption ");
	buf_add_str(out, d->exemption->id);
	if (d->exemption->reason) {
		buf_add_str(out, " (");
		buf_add_str(out, d->exemption->reason);
		buf_add_char(out, ')');
	}
}

static void add_reason(const struct decision *d, struct buf *out)
{
	if (d->outcome == OUTCOME_WEAK)
		buf_add_str(out, reason_text(WEIR_BY_STRENGTH));
	else if (d->reason == WEIR_BY_GUARD)
		buf_add_str(out, reason_text(d->reason));
	else if (d->reason == WEIR_BY_EXEMPTION && d->exemption)
		add_exemption(d, out);
	else if (d->found_later)
		buf_add_str(out, "recognised after it ran");
	else if (d->reason == WEIR_BY_CLASS && d->product)
		add_class_reason(d, out);
	else if (d->reason == WEIR_BY_EVIDENCE && d->indicator)
		add_evidence_reason(d, out);
	else if (d->reason == WEIR_BY_MODE) {
		buf_add_str(out, "mode is ");
		buf_add_str(out, mode_name(d->mode));
	} else
		buf_add_str(out, reason_text(d->reason));
}

/* It is not the product that is stopped, but what it was not before. */
static bool is_frozen(const struct decision *d)
{
	return d->hook != WEIR_HOOK_CONNECT && d->mode != WEIR_BLOCK && d->mode != WEIR_OBSERVE;
}

void decision_text(const struct decision *d, struct buf *out)
{
	if (d->outcome == OUTCOME_NOTE)
		return;
	buf_add_str(out, outcomes[d->outcome].opening);
	if (d->outcome == OUTCOME_SLIPPED) {
		buf_add_str(out, ": it got past the ");
		buf_add_str(out, hook_name(d->hook));
		buf_add_str(out, " gate");
	} else if (d->reason == WEIR_BY_RULE && is_frozen(d)) {
		buf_add_str(out, ": new or changed since the freeze began");
	} else if (d->reason != WEIR_BY_RULE || d->outcome == OUTCOME_WEAK) {
		buf_add_str(out, ": ");
		add_reason(d, out);
	}
	if (d->rule && d->outcome != OUTCOME_ALLOWED)
		add_rule(d, out);
	if (d->is_stale) {
		buf_add_str(out, ": by table generation ");
		buf_add_u64(out, d->generation);
		buf_add_str(out, ", replaced since");
	}
}
