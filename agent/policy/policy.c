// SPDX-License-Identifier: GPL-2.0-only
/*
 * The policy file: its own keys, and the order in which the rest is settled.
 */
#include "policy/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/draft.h"

#define HOUR_S 3600
#define DAY_S (24 * HOUR_S)

/* Ten years: a table that nobody tends that long has no owner. */
#define LAPSE_MAX_DAYS 3650

static int read_serial(struct reader *r, const struct scalar *s, void *into)
{
	return scalar_int(r, s, 1, SCALAR_INT_MAX, into);
}

/* A zone is looked up as a file by somebody else: nothing that climbs. */
static bool is_zone_name(const struct scalar *s)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";

	return s->len <= 64 && *s->text != '/' &&
	       strspn(s->text, set) == s->len;
}

static int read_zone(struct reader *r, const struct scalar *s, void *into)
{
	const struct policy_context *ctx = draft_of(r)->ctx;

	if (!is_zone_name(s) || (ctx->zone_exists && !ctx->zone_exists(s->text)))
		return schema_fail(r, s->at, "unknown zone \"%.64s\"; zones are "
				   "named like Asia/Shanghai or UTC", s->text);
	return scalar_text(r, s, into);
}

static int read_directive(struct reader *r, const struct scalar *s, void *into)
{
	struct arena_list *list = into;
	struct named *named = list->item;
	uint32_t i;

	if (!catalog_directive(draft_of(r)->ctx->catalog, s->text))
		return complain_unknown(r, s->at, "directive", s->text);
	for (i = 0; i < list->cnt; i++)
		if (!strcmp(named[i].id, s->text))
			return schema_fail(r, s->at, "directive \"%s\" twice",
					   s->text);
	named = arena_list_add(&draft_of(r)->scratch, list, sizeof(*named));
	if (!named)
		return -ENOMEM;
	named->at = s->at;
	return scalar_text(r, s, &named->id);
}

static int read_word_of(struct reader *r, const struct scalar *s,
			const char *first, const char *second, bool *ret)
{
	const char *const words[] = { first, second };
	uint8_t word = 0;
	int err = scalar_word(r, s, words, ARRAY_SIZE(words), &word);

	if (!err)
		*ret = word;
	return err;
}

static int read_record(struct reader *r, const struct scalar *s, void *into)
{
	return read_word_of(r, s, "listed", "all", into);
}

static int read_unhashable(struct reader *r, const struct scalar *s, void *into)
{
	return read_word_of(r, s, "allow", "deny", into);
}

static int read_accept(struct reader *r, const struct scalar *s, void *into)
{
	return read_word_of(r, s, "refuse", "accept", into);
}

static int read_arguments(struct reader *r, const struct scalar *s, void *into)
{
	static const char *const words[] = {
		[ARGV_REDACTED] = "redacted",
		[ARGV_NONE] = "none",
		[ARGV_FULL] = "full",
	};

	return scalar_word(r, s, words, ARRAY_SIZE(words), into);
}

/* "30d" or "12h". */
static int read_lapse(struct reader *r, const struct scalar *s, void *into)
{
	char unit = s->text[s->len - 1];
	int64_t max = unit == 'd' ? LAPSE_MAX_DAYS : LAPSE_MAX_DAYS * 24;
	int64_t value = 0;
	size_t i;

	for (i = 0; i + 1 < s->len && i < 6; i++) {
		if (s->text[i] < '0' || s->text[i] > '9')
			break;
		value = value * 10 + (s->text[i] - '0');
	}
	if (i + 1 != s->len || (unit != 'd' && unit != 'h') || !value ||
	    *s->text == '0' || value > max)
		return schema_fail(r, s->at, "\"%s\" must be like 30d or 12h, "
				   "at most %dd", schema_key(r), LAPSE_MAX_DAYS);
	*(int64_t *)into = value * (unit == 'd' ? DAY_S : HOUR_S);
	return 0;
}

static int read_strength(struct reader *r, const struct scalar *s, void *into)
{
	bool kill = false;
	int err = read_word_of(r, s, "deny", "kill", &kill);

	if (!err)
		*(uint8_t *)into = kill ? WEIR_CAN_KILL : WEIR_CAN_DENY;
	return err;
}

/* A load or a connect cannot be answered by a kill in time. */
static int read_deny(struct reader *r, const struct scalar *s, void *into)
{
	if (strcmp(s->text, "deny") != 0)
		return schema_fail(r, s->at, "\"%s\" must be deny",
				   schema_key(r));
	*(uint8_t *)into = WEIR_CAN_DENY;
	return 0;
}

int complain_unknown(struct reader *r, struct mark at, const char *what,
		     const char *id)
{
	const char *near = catalog_suggest(draft_of(r)->ctx->catalog, id);

	if (near)
		return schema_fail(r, at,
				   "unknown %s \"%.130s\"; did you mean \"%s\"?",
				   what, id, near);
	return schema_fail(r, at, "unknown %s \"%.130s\"", what, id);
}

static int read_repeats(struct reader *r, const struct scalar *s, void *into)
{
	return read_word_of(r, s, "fold", "each", into);
}

#define AT(member) offsetof(struct policy_draft, member)

static const struct field require_fields[] = {
	{ .key = "exec", .offset = AT(p.require_exec), .scalar = read_strength },
	{ .key = "connect", .offset = AT(p.require_connect), .scalar = read_deny },
	{ .key = "load", .offset = AT(p.require_load), .scalar = read_deny },
};

static const struct field indicators_fields[] = {
	{ .key = "observe-for", .required = true, .offset = AT(p.observe_s),
	  .scalar = read_lapse },
};

static const struct schema indicators_schema = {
	.fields = indicators_fields,
	.field_cnt = ARRAY_SIZE(indicators_fields),
};

static const struct field catalog_fields[] = {
	{ .key = "serial", .required = true, .offset = AT(p.catalog_serial),
	  .scalar = read_serial },
	{ .key = "new-indicators", .shape = FIELD_MAP, .map = &indicators_schema },
};

static const struct schema catalog_schema = {
	.fields = catalog_fields,
	.field_cnt = ARRAY_SIZE(catalog_fields),
};

static const struct field escalate_fields[] = {
	{ .key = "bundle-younger-than", .required = true, .offset = AT(p.younger_s),
	  .scalar = read_lapse },
};

static const struct schema escalate_schema = {
	.fields = escalate_fields,
	.field_cnt = ARRAY_SIZE(escalate_fields),
};

/* Fills the policy itself: its fields count from the draft's start. */
static const struct schema require_schema = {
	.fields = require_fields,
	.field_cnt = ARRAY_SIZE(require_fields),
};

static void policy_init(void *obj)
{
	struct policy_draft *d = obj;

	d->p.zone = "UTC";
	d->p.require_exec = WEIR_CAN_DENY;
	d->p.require_connect = WEIR_CAN_DENY;
	d->p.require_load = WEIR_CAN_DENY;
	d->p.lapse_s = 30 * DAY_S;
}

/* Keys that only make sense together. */
static int check_whole(struct reader *r, struct policy_draft *d)
{
	if (d->p.enforce && !d->rules.cnt && !d->directives.cnt)
		return schema_fail(r, schema_mark(r, schema_has(r, "rules") ?
						  "rules" : "enforce"),
				   "\"enforce\" is true and there is no rule");
	if (d->p.record_all && !schema_has(r, "record-until"))
		return schema_fail(r, schema_mark(r, "record"),
				   "\"record\": all needs \"record-until\"");
	if (!d->p.record_all && schema_has(r, "record-until"))
		return schema_fail(r, schema_mark(r, "record-until"),
				   "\"record-until\" goes with \"record\": all");
	return 0;
}

static int policy_done(struct reader *r, void *obj, void *into)
{
	struct policy_draft *d = obj;
	int err = check_whole(r, d);

	(void)into;
	if (!err && d->p.record_all)
		d->p.record_until = zone_end(d, &d->record_until);
	if (!err)
		err = rules_settle(r);
	return err ? err : exemptions_settle(r);
}

static const struct field policy_fields[] = {
	{ .key = "policy", .required = true, .offset = AT(p.name),
	  .scalar = scalar_name },
	{ .key = "serial", .required = true, .offset = AT(p.serial),
	  .scalar = read_serial },
	{ .key = "zone", .offset = AT(p.zone), .scalar = read_zone },
	{ .key = "enforce", .offset = AT(p.enforce), .scalar = scalar_bool },
	{ .key = "directives", .shape = FIELD_SCALARS, .offset = AT(directives),
	  .scalar = read_directive },
	{ .key = "require", .shape = FIELD_MAP, .map = &require_schema },
	{ .key = "rules", .shape = FIELD_MAPS, .offset = AT(rules),
	  .map = &rule_schema },
	{ .key = "exemptions", .shape = FIELD_MAPS, .offset = AT(exemptions),
	  .map = &exemption_schema },
	{ .key = "lapse", .offset = AT(p.lapse_s), .scalar = read_lapse },
	{ .key = "record", .offset = AT(p.record_all), .scalar = read_record },
	{ .key = "record-until", .offset = AT(record_until),
	  .scalar = scalar_date },
	{ .key = "arguments", .offset = AT(p.arguments),
	  .scalar = read_arguments },
	{ .key = "repeats", .offset = AT(p.repeats_each), .scalar = read_repeats },
	{ .key = "catalog", .shape = FIELD_MAP, .map = &catalog_schema },
	{ .key = "escalate-needs", .shape = FIELD_MAP, .map = &escalate_schema },
	{ .key = "unsigned-security-products", .offset = AT(p.unsigned_accepted),
	  .scalar = read_accept },
	{ .key = "unhashable", .offset = AT(p.deny_unhashable),
	  .scalar = read_unhashable },
	{ .key = "blackout", .shape = FIELD_SCALARS, .offset = AT(blackouts),
	  .scalar = read_blackout },
	{ .key = "jitter", .offset = AT(jitter_s), .scalar = read_jitter },
	{ .key = "groups", .shape = FIELD_MAP, .map = &group_schema },
	{ .key = "labels", .shape = FIELD_MAP, .map = &label_schema },
};

static const struct schema policy_schema = {
	.fields = policy_fields,
	.field_cnt = ARRAY_SIZE(policy_fields),
	.size = sizeof(struct policy_draft),
	.init = policy_init,
	.done = policy_done,
};

static int read_policy(struct policy_draft *d, const char *file,
		       const char *text, size_t len, struct diag *diag)
{
	struct reader r = { .file = file,
			    .diag = diag,
			    .arena = &d->p.store->arena,
			    .ctx = d };

	d->p.file = arena_strndup(r.arena, file, strlen(file));
	if (!d->p.file)
		return -ENOMEM;
	return schema_read(&r, text, len, &policy_schema, d);
}

int policy_parse(const struct policy_context *ctx, const char *file,
		 const char *text, size_t len, struct policy **ret,
		 struct diag *d)
{
	CLEANUP(policy_freep) struct policy *p = calloc(1, sizeof(*p));
	struct policy_draft draft = { .ctx = ctx };
	int err;

	if (!p)
		return -ENOMEM;
	p->store = calloc(1, sizeof(*p->store));
	if (!p->store)
		return -ENOMEM;
	draft.p.store = p->store;
	draft.p.zone_time = ctx->zone_time;
	err = read_policy(&draft, file, text, len, d);
	index_exit(&draft.hosts);
	arena_exit(&draft.scratch);
	if (err)
		return err;
	*p = draft.p;
	*ret = take_ptr(p);
	return 0;
}

struct policy *policy_free(struct policy *p)
{
	if (!p)
		return NULL;
	if (p->store) {
		index_exit(&p->store->by_target);
		arena_exit(&p->store->arena);
	}
	free(p->store);
	free(p);
	return NULL;
}

void policy_freep(struct policy **p)
{
	policy_free(*p);
}
