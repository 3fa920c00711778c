// SPDX-License-Identifier: GPL-2.0-only
/*
 * Phases: as they are written, and when each begins on this host.
 *
 * In this order: the date; the part of the rollout that has this host; the
 * turn of this host among those with its label; the hours of switch-in,
 * outside of blackouts; the delay of jitter, which never leaves the window
 * that the step was to be taken in. All of it follows from the policy and the
 * host's name and machine-id alone, so the plan is the same at every load.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/draft.h"

#define DAY_S 86400

/* Two hosts of a cluster are a day apart, so a delay must be less. */
#define JITTER_MAX_S DAY_S

/* Days looked through for a window: all turns of the largest cluster, and more. */
#define SEARCH_DAYS 200000

/* --- as written --- */

static int read_from(struct reader *r, const struct scalar *s, void *into)
{
	struct phase_draft *p = into;

	p->has_from = true;
	p->from_at = s->at;
	return scalar_date(r, s, &p->from);
}

static int read_hours(struct reader *r, const struct scalar *s, struct hours *ret)
{
	int err = hours_parse(s->text, s->len, ret);

	if (err == -ERANGE)
		return schema_fail(r, s->at, "\"%s\": the window \"%s\" ends "
				   "where it starts", schema_key(r), s->text);
	if (err)
		return schema_fail(r, s->at, "\"%s\" must be like "
				   "\"Mon-Fri,Sun 22:00-04:00\"", schema_key(r));
	return 0;
}

static int read_switch_in(struct reader *r, const struct scalar *s, void *into)
{
	struct phase_draft *p = into;
	int err = read_hours(r, s, &p->hours);

	return err ? err : scalar_text(r, s, &p->p.switch_in);
}

static int read_only_during(struct reader *r, const struct scalar *s, void *into)
{
	struct phase_draft *p = into;
	int err = read_hours(r, s, &p->p.during);

	p->only_at = s->at;
	return err ? err : scalar_text(r, s, &p->p.only_during);
}

/* "90s", "30m", "2h". */
int read_jitter(struct reader *r, const struct scalar *s, void *into)
{
	static const char units[] = "smh";
	static const int64_t seconds[] = { 1, 60, 3600 };
	const char *unit = strchr(units, s->text[s->len - 1]);
	int64_t value = 0;
	size_t i;

	for (i = 0; i + 1 < s->len && i < 6 && s->text[i] >= '0' && s->text[i] <= '9'; i++)
		value = value * 10 + (s->text[i] - '0');
	if (i + 1 == s->len && unit && value && *s->text != '0' &&
	    value * seconds[unit - units] <= JITTER_MAX_S) {
		*(int64_t *)into = value * seconds[unit - units];
		return 0;
	}
	return schema_fail(r, s->at, "\"%s\" must be like 90s, 30m or 2h, at most 24h",
			   schema_key(r));
}

static bool parse_percent(const struct scalar *s, bool needs_sign, uint8_t *ret)
{
	size_t len = s->len;
	unsigned int value = 0;

	if (s->text[len - 1] == '%')
		len--;
	else if (needs_sign)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s->text[i] < '0' || s->text[i] > '9' || len > 3)
			return false;
		value = value * 10 + (unsigned int)(s->text[i] - '0');
	}
	*ret = (uint8_t)value;
	return len && *s->text != '0' && value <= 100;
}

int read_percent(struct reader *r, const struct scalar *s, void *into)
{
	struct rollout_draft *out = into;
	struct stage *stage;

	stage = arena_list_add(&draft_of(r)->scratch, &out->stages, sizeof(*stage));
	if (!stage)
		return -ENOMEM;
	stage->at = s->at;
	if (parse_percent(s, true, &stage->percent))
		return 0;
	return schema_fail(r, s->at, "\"%s\" must be like 5%%, from 1%% to 100%%, or a list of "
			   "\"percent\" and \"from\"", schema_key(r));
}

static int read_stage_percent(struct reader *r, const struct scalar *s, void *into)
{
	struct stage *stage = into;

	if (parse_percent(s, false, &stage->percent))
		return 0;
	return schema_fail(r, s->at, "\"%s\" must be like 5%%, from 1%% to 100%%",
			   schema_key(r));
}

static int read_stage_from(struct reader *r, const struct scalar *s, void *into)
{
	struct stage *stage = into;

	stage->has_from = true;
	stage->from_at = s->at;
	return scalar_date(r, s, &stage->from);
}

static int stage_done(struct reader *r, void *obj, void *into)
{
	struct rollout_draft *out = into;
	struct stage *stage = obj, *kept;

	stage->at = schema_mark(r, "percent");
	if (!stage->has_from && out->stages.cnt)
		return schema_fail(r, stage->at, "only the first part of a rollout may lack "
				   "\"from\"");
	kept = arena_list_add(&draft_of(r)->scratch, &out->stages, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	*kept = *stage;
	if (out->stages.cnt > 1 && stage->percent <= kept[-1].percent)
		return schema_fail(r, stage->at, "a rollout must grow: %u%% after %u%%",
				   stage->percent, kept[-1].percent);
	return 0;
}

static const struct field stage_fields[] = {
	{ .key = "percent", .required = true, .scalar = read_stage_percent },
	{ .key = "from", .scalar = read_stage_from },
};

const struct schema stage_schema = {
	.fields = stage_fields,
	.field_cnt = ARRAY_SIZE(stage_fields),
	.size = sizeof(struct stage),
	.done = stage_done,
};

static void phase_init(void *obj)
{
	struct phase_draft *p = obj;

	p->jitter_s = UNSAID;
}

/* The recurring case: what it needs, and what would contradict it. */
static int check_during(struct reader *r, const struct phase_draft *p,
			const struct phase_draft *before)
{
	struct mark at = schema_mark(r, "otherwise");

	if (!p->p.only_during)
		return schema_has(r, "otherwise") ?
			       schema_fail(r, at, "\"otherwise\" goes with \"only-during\"") : 0;
	if (!schema_has(r, "otherwise"))
		return schema_fail(r, p->only_at, "\"only-during\" needs \"otherwise\", the mode "
				   "outside of these hours");
	if (p->p.switch_in)
		return schema_fail(r, p->only_at, "a phase has \"switch-in\" or \"only-during\", "
				   "not both");
	if (p->jitter_s != UNSAID)
		return schema_fail(r, schema_mark(r, "jitter"), "\"jitter\" delays a step that "
				   "stays taken, not the windows of \"only-during\"");
	if (p->p.otherwise >= p->p.mode)
		return schema_fail(r, at, "\"otherwise\" must be lower than the phase's mode, %s",
				   mode_word(p->p.mode));
	if (before && p->p.otherwise < before->p.mode)
		return schema_fail(r, at, "\"otherwise\" must not be lower than the mode of the "
				   "phase before, %s", mode_word(before->p.mode));
	return 0;
}

static int check_phase(struct reader *r, const struct phase_draft *p,
		       const struct phase_draft *before)
{
	if (!p->has_from && before)
		return schema_fail(r, p->at, "only the first phase may lack \"from\"");
	if (!p->has_from && p->p.switch_in)
		return schema_fail(r, schema_mark(r, "switch-in"),
				   "\"switch-in\" needs \"from\"");
	if (!p->has_from && p->jitter_s != UNSAID)
		return schema_fail(r, schema_mark(r, "jitter"), "\"jitter\" needs \"from\"");
	if (schema_has(r, "rollout") && !p->rollout.stages.cnt)
		return schema_fail(r, schema_mark(r, "rollout"),
				   "\"rollout\" is empty; leave it out for all");
	if (before && p->p.mode <= before->p.mode)
		return schema_fail(r, p->at, "modes must grow: \"%s\" after \"%s\"",
				   mode_word(p->p.mode), mode_word(before->p.mode));
	return check_during(r, p, before);
}

static int phase_done(struct reader *r, void *obj, void *into)
{
	struct phase_draft *p = obj, *kept;
	struct arena_list *list = into;
	int err;

	p->at = schema_mark(r, "mode");
	kept = list->item;
	err = check_phase(r, p, list->cnt ? &kept[list->cnt - 1] : NULL);
	if (err)
		return err;
	kept = arena_list_add(&draft_of(r)->scratch, list, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	*kept = *p;
	return 0;
}

#define AT(member) offsetof(struct phase_draft, member)

static const struct field phase_fields[] = {
	{ .key = "mode", .required = true, .offset = AT(p.mode), .scalar = read_mode },
	{ .key = "from", .scalar = read_from },
	{ .key = "switch-in", .scalar = read_switch_in },
	{ .key = "only-during", .scalar = read_only_during },
	{ .key = "otherwise", .offset = AT(p.otherwise), .scalar = read_mode },
	{ .key = "rollout", .shape = FIELD_SCALAR_OR_MAPS, .offset = AT(rollout),
	  .scalar = read_percent, .map = &stage_schema },
	{ .key = "jitter", .offset = AT(jitter_s), .scalar = read_jitter },
};

const struct schema phase_schema = {
	.fields = phase_fields,
	.field_cnt = ARRAY_SIZE(phase_fields),
	.size = sizeof(struct phase_draft),
	.init = phase_init,
	.done = phase_done,
};

/* --- once the zone is known --- */

/* When and until when a step may be taken. */
struct opening {
	int64_t at, until;
};

/* Not before which moment: that of the first part that has this host. */
static int settle_rollout(struct reader *r, const struct rule_draft *rule,
			  const struct rollout_draft *out, struct phase *p, int64_t *at)
{
	const struct policy_draft *d = draft_of(r);
	const struct stage *stage = out->stages.item;
	int64_t before = INT64_MIN, from = INT64_MAX;

	for (uint32_t i = 0; i < out->stages.cnt; i++) {
		int64_t date = stage[i].has_from ? zone_start(d, &stage[i].from) : INT64_MIN;

		if (i && date <= before)
			return schema_fail(r, stage[i].from_at, "dates must grow: this part is not "
					   "after the one before");
		before = date;
		if (from != INT64_MAX || (stage[i].percent < 100 &&
					  rule->r.share >= stage[i].percent * 100))
			continue;
		from = date;
		p->percent = stage[i].percent;
	}
	if (!out->stages.cnt || p->mode == WEIR_OBSERVE)
		return 0;
	if (from == INT64_MAX) {
		p->percent = stage[out->stages.cnt - 1].percent;
		p->why |= rule->r.share == UINT16_MAX ? PHASE_NOBODY : 0;
	}
	if (from > *at) {
		p->why |= PHASE_ROLLOUT;
		*at = from;
	}
	return 0;
}

/* This host's turn at the windows of switch-in. */
static bool find_window(const struct policy *p, const struct rule_draft *rule,
			const struct phase_draft *phase, uint8_t *why, struct opening *o)
{
	int64_t day = o->at / DAY_S - 2, last = day + SEARCH_DAYS;
	uint32_t ahead = rule->slot;
	struct interval w;

	for (; day < last; day++) {
		int64_t at;

		if (!zone_window(p, &phase->hours, day, &w) || w.end <= o->at)
			continue;
		at = w.start > o->at ? w.start : o->at;
		if (blackout_after(&rule->r, at) != at)
			*why |= PHASE_BLACKOUT;
		at = blackout_after(&rule->r, at);
		if (at >= w.end || ahead-- > 0)
			continue;
		*why |= at != o->at ? PHASE_HOURS : 0;
		o->at = at;
		o->until = blackout_next(&rule->r, at);
		o->until = o->until < w.end ? o->until : w.end;
		return true;
	}
	return false;
}

/* Without hours the turns are a day apart, or as much more as a blackout takes. */
static void find_day(const struct rule_draft *rule, uint32_t ahead, uint8_t *why,
		     struct opening *o)
{
	int64_t at = blackout_after(&rule->r, o->at);

	*why |= at != o->at ? PHASE_BLACKOUT : 0;
	while (ahead--)
		at = blackout_after(&rule->r, at + DAY_S);
	o->at = at;
	o->until = blackout_next(&rule->r, at);
}

static void add_delay(const struct policy_draft *d, const struct rule_draft *rule,
		      const struct phase_draft *phase, struct opening *o, struct phase *p)
{
	int64_t range = phase->jitter_s != UNSAID ? phase->jitter_s : rule->jitter_s;

	if (range == UNSAID)
		range = d->jitter_s;
	if (range > o->until - o->at)
		range = o->until - o->at;
	p->delay_s = jitter_of(d->ctx, &rule->r, (uint32_t)range);
	p->why |= p->delay_s ? PHASE_JITTER : 0;
	o->at += p->delay_s;
}

static int settle_begin(struct reader *r, const struct rule_draft *rule,
			const struct phase_draft *phase, struct phase *p)
{
	const struct policy_draft *d = draft_of(r);
	struct opening o = { p->from, INT64_MAX };
	int err = settle_rollout(r, rule, phase->rollout.stages.cnt ? &phase->rollout :
								      &rule->rollout, p, &o.at);

	if (err)
		return err;
	p->begins = o.at;
	/* Long ago, or never here: there is nothing to choose. */
	if (o.at == INT64_MIN || o.at == INT64_MAX)
		return 0;
	p->slot = rule->slot;
	p->why |= p->slot ? PHASE_SPREAD : 0;
	if (!phase->p.switch_in)
		find_day(rule, rule->slot, &p->why, &o);
	else if (!find_window(&d->p, rule, phase, &p->why, &o))
		return schema_fail(r, phase->at, "no window of \"switch-in\" is free");
	if (!phase->p.only_during)
		add_delay(d, rule, phase, &o, p);
	p->begins = o.at;
	return 0;
}

static int settle_phase(struct reader *r, const struct rule_draft *rule,
			const struct phase_draft *phase, const struct phase *before,
			struct phase *ret)
{
	*ret = phase->p;
	ret->from = phase->has_from ? zone_start(draft_of(r), &phase->from) : INT64_MIN;
	if (before && ret->from <= before->from)
		return schema_fail(r, phase->from_at,
				   "dates must grow: this phase is not after "
				   "the one before");
	return settle_begin(r, rule, phase, ret);
}

/* What only a date gives a meaning to. */
static int check_dated(struct reader *r, const struct rule_draft *rule)
{
	const struct stage *stage = rule->rollout.stages.item;
	const struct phase_draft *p = rule->phase;
	bool is_dated = stage && stage[rule->rollout.stages.cnt - 1].has_from, recurs = false;

	for (uint32_t i = 0; i < rule->r.phase_cnt; i++) {
		stage = p[i].rollout.stages.item;
		recurs |= p[i].p.only_during != NULL;
		is_dated |= p[i].has_from || (stage && stage[p[i].rollout.stages.cnt - 1].has_from);
		if (rule->r.spread_by && p[i].p.only_during)
			return schema_fail(r, p[i].only_at, "\"only-during\" opens on all hosts at "
					   "a time; with \"spread-by\" a step needs to stay");
	}
	if (is_dated)
		return 0;
	if (rule->r.spread_by)
		return schema_fail(r, rule->spread_at, "\"spread-by\" needs a step with a date");
	if (rule->jitter_s != UNSAID)
		return schema_fail(r, rule->at, "\"jitter\" needs a step with a date");
	if (rule->blackouts.cnt && !recurs)
		return schema_fail(r, rule->at, "\"blackout\" needs a step with a date, or hours "
				   "of \"only-during\"");
	return 0;
}

int phases_settle(struct reader *r, struct rule_draft *rule)
{
	struct phase *phases = arena_alloc(r->arena, rule->r.phase_cnt * sizeof(*phases));
	int err = check_dated(r, rule);

	if (!phases)
		return -ENOMEM;
	rule->r.share = share_of(draft_of(r)->ctx, &rule->r);
	for (uint32_t i = 0; !err && i < rule->r.phase_cnt; i++)
		err = settle_phase(r, rule, &rule->phase[i], i ? &phases[i - 1] : NULL,
				   &phases[i]);
	rule->r.phases = phases;
	return err;
}
