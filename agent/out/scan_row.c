// SPDX-License-Identifier: GPL-2.0-only
#include "out/scan_row.h"

#include <string.h>

#include "base/cleanup.h"
#include "out/text.h"
#include "out/wrap.h"
#include "policy/decide.h"

#define HITS_MAX 512

static const char *const state_colors[STATE_MAX] = {
	[STATE_RESIDUE] = "2",	     [STATE_INSTALLER] = "36", [STATE_UNVERIFIED] = "35",
	[STATE_INSTALLED] = "33", [STATE_LOADED] = "1;31",   [STATE_RUNNING] = "1;31",
};

static void add_safe(struct buf *out, const char *text)
{
	text_escaped(out, text, strlen(text));
}

void scan_row_state(const struct scan_report *r, enum finding_state state, size_t width,
		      struct buf *out)
{
	const char *name = finding_state_name(state);

	if (r->has_color)
		buf_addf(out, "\033[%sm%s\033[0m", state_colors[state], name);
	else
		buf_add_str(out, name);
	wrap_pad(out, strlen(name), width);
}

void scan_row_clause(struct buf *out, const char *head, const char *text)
{
	if (out->len)
		buf_add_str(out, ", ");
	buf_add_str(out, head);
	if (text)
		add_safe(out, text);
}

static void add_flag_clauses(const struct thing *t, struct buf *out)
{
	static const struct {
		uint32_t flag;
		const char *text;
	} flags[] = {
		{ TRACE_ENABLED, "enabled" },
		{ TRACE_MASKED, "masked" },
		{ TRACE_FAILED, "failed" },
		{ TRACE_DELETED, "its file is deleted" },
		{ TRACE_SETUID, "set-uid or with capabilities" },
		{ TRACE_UNVERIFIED, "no file bears it out" },
		{ TRACE_SOURCE, "source, not built yet" },
		{ TRACE_REMOVED, "removed, its configuration is left" },
		{ TRACE_RESTARTS, "restarted when it ends" },
		{ TRACE_EARLY, "started before the gates stood" },
		{ TRACE_UNOWNED, "not owned by a package" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (t->flags & flags[i].flag)
			scan_row_clause(out, flags[i].text, NULL);
}

static void add_clauses(const struct finding_row *row, struct buf *out)
{
	const struct thing *t = row->thing;
	const char *const *starters = t->started_by.item;

	if (t->path)
		scan_row_clause(out, "", t->path);
	if (t->version)
		scan_row_clause(out, "version ", t->version);
	if (t->package && (t->kind != TRACE_PACKAGE || strcmp(t->package, t->where) != 0))
		scan_row_clause(out, "of package ", t->package);
	for (uint32_t i = 0; i < t->started_by.cnt; i++)
		scan_row_clause(out, "started by ", starters[i]);
	if (t->user)
		scan_row_clause(out, "user ", t->user);
	if (t->container)
		scan_row_clause(out, "in container ", t->container);
	add_flag_clauses(t, out);
	if (t->detail)
		scan_row_clause(out, "", t->detail);
	if (!row->is_alone && row->cleared_by == MATCH_NONE)
		scan_row_clause(out, "not enough alone", NULL);
}

static void add_evidence(const struct scan_report *r, const struct finding_row *row,
			 uint32_t product, struct buf *out)
{
	uint32_t hits[HITS_MAX], cnt;
	struct buf text = { 0 };

	cnt = thing_hits_of(row->thing, r->catalog, product, hits, HITS_MAX);
	for (uint32_t i = 0; i < cnt; i++) {
		const struct indicator *ind = &r->catalog->indicators[hits[i]];

		buf_clear(&text);
		buf_addf(&text, "by %s ", indicator_kind_name(ind->kind));
		add_safe(&text, ind->value);
		buf_addf(&text, ": %s, %s confidence%s%s%s",
			 family_name(indicator_family_of(ind->kind)),
			 confidence_name(ind->confidence),
			 ind->sufficient ? "" : ", not enough alone",
			 ind->source ? ", source " : "", ind->source ? ind->source : "");
		wrap_pad(out, 0, 6);
		wrap_text(out, 6, 8, buf_str(&text));
	}
	buf_free(&text);
}

void scan_row(const struct scan_report *r, const struct finding_row *row, uint32_t product,
		    struct buf *out)
{
	/* "certificate" and "unverified" are the longest. */
	enum { KIND = 11, STATE = 10, WHERE = 2 + KIND + 1 + STATE + 1 };
	struct buf where = { 0 }, text = { 0 };
	size_t width;

	buf_addf(out, "  %-*s ", KIND, trace_kind_name(row->thing->kind));
	scan_row_state(r, row->state, STATE + 1, out);
	add_safe(&where, row->thing->where);
	width = wrap_width(where.data, where.len);
	buf_add(out, where.data, where.len);
	add_clauses(row, &text);
	if (!text.len) {
		buf_add_char(out, '\n');
	} else if (WHERE + width + 2 + wrap_width(text.data, text.len) <= WRAP_COLUMNS) {
		buf_addf(out, "  %s\n", buf_str(&text));
	} else {
		buf_add_char(out, '\n');
		wrap_pad(out, 0, WHERE + 2);
		wrap_text(out, WHERE + 2, WHERE + 2, buf_str(&text));
	}
	if (r->is_long)
		add_evidence(r, row, product, out);
	buf_free(&where);
	buf_free(&text);
}
