// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blackouts: days on which no step upwards is taken, of the whole policy and
 * of one rule. A rule has both, joined, so that looking is one search.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/draft.h"

/* A change freeze has some dates a year; more is a mistake. */
#define BLACKOUTS_MAX 1024

int read_blackout(struct reader *r, const struct scalar *s, void *into)
{
	const char *slash = memchr(s->text, '/', s->len);
	size_t len = slash ? (size_t)(slash - s->text) : s->len;
	struct arena_list *list = into;
	struct blackout b, *kept;

	if (date_parse(s->text, len, &b.first) || b.first.has_time)
		return schema_fail(r, s->at, "\"%s\" must be days like 2026-12-24 or "
				   "2026-12-24/2027-01-02", schema_key(r));
	b.last = b.first;
	if (slash && (date_parse(slash + 1, s->len - len - 1, &b.last) || b.last.has_time))
		return schema_fail(r, s->at, "\"%s\" must be days like 2026-12-24 or "
				   "2026-12-24/2027-01-02", schema_key(r));
	if (date_to_epoch(&b.last) < date_to_epoch(&b.first))
		return schema_fail(r, s->at, "\"%s\": %s ends before it begins", schema_key(r),
				   s->text);
	if (list->cnt == BLACKOUTS_MAX)
		return schema_fail(r, s->at, "\"%s\" has more than %d items", schema_key(r),
				   BLACKOUTS_MAX);
	kept = arena_list_add(&draft_of(r)->scratch, list, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	*kept = b;
	return 0;
}

static int compare_spans(const void *a, const void *b)
{
	const struct interval *p = a, *q = b;

	return (p->start > q->start) - (p->start < q->start);
}

static uint32_t add_spans(const struct policy_draft *d, const struct arena_list *list,
			  struct interval *out)
{
	const struct blackout *b = list->item;

	for (uint32_t i = 0; i < list->cnt; i++)
		out[i] = (struct interval){ zone_start(d, &b[i].first), zone_end(d, &b[i].last) };
	return list->cnt;
}

/* Joins what touches: behind one there is then always a moment that is free. */
static uint32_t join(struct interval *s, uint32_t cnt)
{
	uint32_t kept = 0;

	for (uint32_t i = 1; i < cnt; i++) {
		if (s[i].start > s[kept].end)
			s[++kept] = s[i];
		else if (s[i].end > s[kept].end)
			s[kept].end = s[i].end;
	}
	return cnt ? kept + 1 : 0;
}

int blackouts_settle(struct reader *r, struct rule_draft *rule)
{
	const struct policy_draft *d = draft_of(r);
	uint32_t cnt = d->blackouts.cnt + rule->blackouts.cnt;
	struct interval *spans;

	if (!cnt)
		return 0;
	spans = arena_alloc(r->arena, cnt * sizeof(*spans));
	if (!spans)
		return -ENOMEM;
	cnt = add_spans(d, &d->blackouts, spans);
	cnt += add_spans(d, &rule->blackouts, spans + cnt);
	qsort(spans, cnt, sizeof(*spans), compare_spans);
	rule->r.blackout = spans;
	rule->r.blackout_cnt = join(spans, cnt);
	return 0;
}

/* How many have begun by @at. */
static uint32_t begun(const struct rule *rule, int64_t at)
{
	uint32_t low = 0, high = rule->blackout_cnt;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (rule->blackout[middle].start <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int64_t blackout_after(const struct rule *rule, int64_t at)
{
	uint32_t n = begun(rule, at);

	return n && rule->blackout[n - 1].end > at ? rule->blackout[n - 1].end : at;
}

int64_t blackout_next(const struct rule *rule, int64_t at)
{
	uint32_t n = begun(rule, at);

	return n < rule->blackout_cnt ? rule->blackout[n].start : INT64_MAX;
}
