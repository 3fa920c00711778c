// SPDX-License-Identifier: GPL-2.0-only
#include "out/scan_table.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "out/text.h"
#include "policy/decide.h"

#define COLUMNS 80

/* Shown of each kind of thing without --long. */
#define ROWS_SHOWN 3

#define HITS_MAX 512

static const char *const state_colors[STATE_MAX] = {
	[STATE_RESIDUE] = "2",	     [STATE_INSTALLER] = "36", [STATE_UNVERIFIED] = "35",
	[STATE_INSTALLED] = "33", [STATE_LOADED] = "1;31",   [STATE_RUNNING] = "1;31",
};

static void pad(struct buf *out, size_t from, size_t to)
{
	for (; from < to; from++)
		buf_add_char(out, ' ');
}

/* Columns, near enough: characters, each one wide. */
static size_t width_of(const char *text, size_t len)
{
	size_t width = 0, n;
	uint32_t ch;

	for (size_t at = 0; at < len; at += n ? n : 1, width++)
		n = utf8_step(text + at, len - at, &ch);
	return width;
}

void scan_table_wrap(struct buf *out, size_t at, size_t indent, const char *text)
{
	bool is_first = true;

	while (*text) {
		size_t len = strcspn(text, " "), width = width_of(text, len);

		if (!is_first && at + 1 + width > COLUMNS) {
			buf_add_char(out, '\n');
			pad(out, 0, indent);
			at = indent;
		} else if (!is_first) {
			buf_add_char(out, ' ');
			at++;
		}
		buf_add(out, text, len);
		at += width;
		is_first = false;
		text += len;
		text += strspn(text, " ");
	}
	buf_add_char(out, '\n');
}

static void add_safe(struct buf *out, const char *text)
{
	text_escaped(out, text, strlen(text));
}

static void add_state(const struct scan_report *r, enum finding_state state, size_t width,
		      struct buf *out)
{
	const char *name = finding_state_name(state);

	if (r->has_color)
		buf_addf(out, "\033[%sm%s\033[0m", state_colors[state], name);
	else
		buf_add_str(out, name);
	pad(out, strlen(name), width);
}

/* "high", or of what is only together enough: "name + place". */
static void add_sureness(const struct finding *item, struct buf *out)
{
	const char *between = "";

	if (!item->is_combined) {
		buf_add_str(out, confidence_name(item->confidence));
		return;
	}
	for (unsigned int i = 0; i < FAMILY_MAX; i++) {
		if (!(item->families & 1u << i))
			continue;
		buf_addf(out, "%s%s", between, family_name(i));
		between = " + ";
	}
}

struct widths {
	size_t product, state, sureness;
};

static size_t max_of(size_t a, size_t b)
{
	return a > b ? a : b;
}

static struct widths measure(const struct scan_report *r)
{
	struct widths w = { strlen("PRODUCT"), strlen("STATE"), strlen("EVIDENCE") };
	struct buf text = { 0 };

	for (uint32_t i = 0; i < r->findings->cnt; i++) {
		const struct finding *item = &r->findings->items[i];

		buf_clear(&text);
		add_sureness(item, &text);
		w.product = max_of(w.product, strlen(r->catalog->products[item->product].id));
		w.state = max_of(w.state, strlen(finding_state_name(item->state)));
		w.sureness = max_of(w.sureness, text.len);
	}
	buf_free(&text);
	return w;
}

static void add_headings(const struct widths *w, struct buf *out)
{
	buf_addf(out, "%-*s  %-*s  %-*s  VERSION\n", (int)w->product, "PRODUCT", (int)w->state,
		 "STATE", (int)w->sureness, "EVIDENCE");
}

static void add_summary(const struct scan_report *r, const struct finding *item,
			const struct widths *w, struct buf *out)
{
	const char *id = r->catalog->products[item->product].id;
	size_t start;

	buf_addf(out, "%-*s  ", (int)w->product, id);
	add_state(r, item->state, w->state + 2, out);
	start = out->len;
	add_sureness(item, out);
	if (item->version) {
		pad(out, out->len - start, w->sureness + 2);
		add_safe(out, item->version);
	}
	buf_add_char(out, '\n');
}

static void add_directives(const struct scan_report *r, uint32_t vendor, struct buf *out)
{
	for (uint32_t i = 0; i < r->catalog->directive_cnt; i++) {
		const struct directive *d = &r->catalog->directives[i];
		const char *status = scan_status_in(r, d, vendor);

		if (status)
			buf_addf(out, "; %s by %s", status, d->id);
	}
}

static void add_about(const struct scan_report *r, const struct finding *item, struct buf *out)
{
	const struct product *p = &r->catalog->products[item->product];
	struct buf text = { 0 };

	buf_addf(&text, "%s, class %s%s", p->name ? p->name : r->catalog->vendors[p->vendor].name,
		 product_class_name(p->class),
		 p->security_product ? ", a security product" : "");
	add_directives(r, p->vendor, &text);
	if (item->first_seen && item->first_seen != r->time_s) {
		buf_add_str(&text, "; first seen ");
		scan_time(&text, item->first_seen);
	}
	pad(out, 0, 2);
	scan_table_wrap(out, 2, 4, buf_str(&text));
	buf_free(&text);
}

/* One more of several clauses. */
static void add_clause(struct buf *out, const char *head, const char *text)
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
		{ TRACE_UNOWNED, "not owned by a package" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (t->flags & flags[i].flag)
			add_clause(out, flags[i].text, NULL);
}

static void add_clauses(const struct finding_row *row, struct buf *out)
{
	const struct thing *t = row->thing;
	const char *const *starters = t->started_by.item;

	if (t->path)
		add_clause(out, "", t->path);
	if (t->version)
		add_clause(out, "version ", t->version);
	if (t->package && (t->kind != TRACE_PACKAGE || strcmp(t->package, t->where) != 0))
		add_clause(out, "of package ", t->package);
	for (uint32_t i = 0; i < t->started_by.cnt; i++)
		add_clause(out, "started by ", starters[i]);
	if (t->user)
		add_clause(out, "user ", t->user);
	if (t->container)
		add_clause(out, "in container ", t->container);
	add_flag_clauses(t, out);
	if (t->detail)
		add_clause(out, "", t->detail);
	if (!row->is_alone && row->cleared_by == MATCH_NONE)
		add_clause(out, "not enough alone", NULL);
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
		pad(out, 0, 6);
		scan_table_wrap(out, 6, 8, buf_str(&text));
	}
	buf_free(&text);
}

/* "  file         installed   /usr/bin/vmtoolsd", and what else there is to say of it. */
static void add_row(const struct scan_report *r, const struct finding_row *row, uint32_t product,
		    struct buf *out)
{
	/* "certificate" and "unverified" are the longest. */
	enum { KIND = 11, STATE = 10, WHERE = 2 + KIND + 1 + STATE + 1 };
	struct buf where = { 0 }, text = { 0 };
	size_t width;

	buf_addf(out, "  %-*s ", KIND, trace_kind_name(row->thing->kind));
	add_state(r, row->state, STATE + 1, out);
	add_safe(&where, row->thing->where);
	width = width_of(where.data, where.len);
	buf_add(out, where.data, where.len);
	add_clauses(row, &text);
	if (!text.len) {
		buf_add_char(out, '\n');
	} else if (WHERE + width + 2 + width_of(text.data, text.len) <= COLUMNS) {
		buf_addf(out, "  %s\n", buf_str(&text));
	} else {
		buf_add_char(out, '\n');
		pad(out, 0, WHERE + 2);
		scan_table_wrap(out, WHERE + 2, WHERE + 2, buf_str(&text));
	}
	if (r->is_long)
		add_evidence(r, row, product, out);
	buf_free(&where);
	buf_free(&text);
}

static void add_hidden(uint32_t cnt, enum trace_kind kind, struct buf *out)
{
	if (cnt)
		buf_addf(out, "  %-11s and %u more (--long)\n", trace_kind_name(kind), cnt);
}

static void add_rows(const struct scan_report *r, const struct finding *item, struct buf *out)
{
	uint32_t of_kind = 0;

	for (uint32_t i = 0; i < item->row_cnt; i++) {
		enum trace_kind kind = item->rows[i].thing->kind;

		if (i && item->rows[i - 1].thing->kind != kind)
			of_kind = 0;
		if (of_kind++ < ROWS_SHOWN || r->is_long)
			add_row(r, &item->rows[i], item->product, out);
		if (!r->is_long && of_kind > ROWS_SHOWN &&
		    (i + 1 == item->row_cnt || item->rows[i + 1].thing->kind != kind))
			add_hidden(of_kind - ROWS_SHOWN, kind, out);
	}
	if (item->more)
		buf_addf(out, "  and %u more that were only counted\n", item->more);
}

/* "  WORD: text", unless there is none. */
static void add_line(const char *word, struct buf *text, struct buf *out)
{
	if (text->len) {
		buf_addf(out, "  %s: ", word);
		scan_table_wrap(out, strlen(word) + 4, 4, buf_str(text));
	}
	buf_clear(text);
}

static void add_removal(const struct product *p, struct buf *out)
{
	struct buf text = { 0 };

	if (p->remove_cmd)
		add_clause(&text, "", p->remove_cmd);
	for (const char *const *path = p->remove_paths; path && *path; path++)
		add_clause(&text, "", *path);
	if (p->remove_note)
		add_clause(&text, "", p->remove_note);
	add_line("remove", &text, out);
	if (p->security_product)
		add_clause(&text, "takes protection away", NULL);
	if (p->fails_closed > 0)
		add_clause(&text, "fails closed", NULL);
	if (p->login_path)
		add_clause(&text, "stands in the way of logins", NULL);
	if (p->risk_note)
		add_clause(&text, "", p->risk_note);
	add_line("harm of blocking", &text, out);
	for (const char *const *unit = p->restarts; unit && *unit; unit++)
		add_clause(&text, "", *unit);
	add_line("restarted by", &text, out);
	buf_free(&text);
}

static void add_item(const struct scan_report *r, uint32_t at, const struct widths *w,
		     struct buf *out)
{
	const struct finding *item = &r->findings->items[at];
	struct buf text = { 0 };

	add_summary(r, item, w, out);
	add_about(r, item, out);
	add_rows(r, item, out);
	if (r->outlooks)
		scan_outlook_text(&r->outlooks[at], &text);
	add_line("policy", &text, out);
	add_removal(&r->catalog->products[item->product], out);
	buf_free(&text);
}

static void add_suspect_head(const struct scan_report *r, const struct suspicion *s,
			     struct buf *out)
{
	const struct catalog *c = r->catalog;
	struct buf text = { 0 };

	if (s->cleared_by != MATCH_NONE) {
		const struct product *p = &c->products[s->cleared_by];

		buf_addf(&text, "%s, class %s%s%s [%s]", p->name, product_class_name(p->class),
			 p->note ? ": " : "", p->note ? p->note : "", c->vendors[p->vendor].file);
	} else {
		buf_addf(&text, "%s, too weak: it takes an indicator that is enough alone, or two "
				"families", c->products[s->product].id);
	}
	scan_table_wrap(out, 0, 4, buf_str(&text));
	buf_free(&text);
}

static void add_suspicions(const struct scan_report *r, const struct suspicion *list, uint32_t cnt,
			   struct buf *out)
{
	uint32_t of_group = 0;

	for (uint32_t i = 0; i < cnt; i++) {
		const struct suspicion *s = &list[i];
		uint32_t product = s->product == MATCH_NONE ? s->cleared_by : s->product;
		bool is_new = !i || (s->cleared_by != MATCH_NONE ?
					     s->cleared_by != list[i - 1].cleared_by :
					     s->product != list[i - 1].product);

		if (is_new) {
			add_suspect_head(r, s, out);
			of_group = 0;
		}
		of_group++;
		if (of_group <= ROWS_SHOWN || r->is_long)
			add_row(r, &s->row, product, out);
		else if (of_group == ROWS_SHOWN + 1)
			buf_add_str(out, "  and more (--long)\n");
	}
}

/* "3 products of 2 vendors: 1 running, 2 installed; 12 look-alikes cleared (--all)" */
static void add_closing(const struct scan_report *r, struct buf *out)
{
	const struct findings *f = r->findings;
	const char *more = r->shows_all ? "" : " (--all)";
	const char *between = ": ";
	struct scan_summary s;
	struct buf text = { 0 };

	scan_summarize(r, &s);
	if (s.products)
		buf_addf(&text, "%u product%s of %u vendor%s", s.products,
			 s.products == 1 ? "" : "s", s.vendors, s.vendors == 1 ? "" : "s");
	else
		buf_add_str(&text, "Nothing of the catalogue was found");
	for (unsigned int i = STATE_MAX; i-- > 0;) {
		if (!s.by_state[i])
			continue;
		buf_addf(&text, "%s%u %s", between, s.by_state[i], finding_state_name(i));
		between = ", ";
	}
	if (f->cleared_cnt)
		buf_addf(&text, "; %u look-alike%s cleared%s", f->cleared_cnt,
			 f->cleared_cnt == 1 ? "" : "s", more);
	if (f->weak_cnt)
		buf_addf(&text, "; %u too weak for a finding%s", f->weak_cnt, more);
	if (!scan_is_complete(r))
		buf_addf(&text, "; incomplete: %llu could not be read",
			 (unsigned long long)(r->unread_cnt + r->unread_more));
	scan_table_wrap(out, 0, 2, buf_str(&text));
	buf_free(&text);
}

void scan_table(const struct scan_report *r, struct buf *out)
{
	const struct findings *f = r->findings;
	struct widths w = measure(r);

	if (f->cnt)
		add_headings(&w, out);
	for (uint32_t i = 0; i < f->cnt; i++) {
		add_item(r, i, &w, out);
		buf_add_char(out, '\n');
	}
	if (r->shows_all && f->cleared_cnt) {
		buf_add_str(out, "Cleared:\n");
		add_suspicions(r, f->cleared, f->cleared_cnt, out);
		buf_add_char(out, '\n');
	}
	if (r->shows_all && f->weak_cnt) {
		buf_add_str(out, "Too weak:\n");
		add_suspicions(r, f->weak, f->weak_cnt, out);
		buf_add_char(out, '\n');
	}
	add_closing(r, out);
}
