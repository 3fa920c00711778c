// SPDX-License-Identifier: GPL-2.0-only
#include "out/scan_csv.h"

#include <string.h>

#include "base/cleanup.h"
#include "out/text.h"
#include "policy/decide.h"

#define HITS_MAX 512

static const char *const columns[] = { SCAN_CSV_COLUMNS };

/* One line while it is written. */
struct line {
	struct buf *out;
	struct buf text; /* of a cell that is put together */
	uint32_t cells;
};

/* What a spreadsheet would work out instead of showing. */
static bool is_formula(char first)
{
	return first && strchr("=+-@\t\r", first);
}

void scan_csv_cell(struct buf *out, const char *text)
{
	struct buf safe = { 0 };
	const char *p;

	if (is_formula(*text))
		buf_add_char(&safe, '\'');
	text_escaped(&safe, text, strlen(text));
	p = buf_str(&safe);
	if (!p[strcspn(p, ",\" ")]) {
		buf_add_str(out, p);
	} else {
		buf_add_char(out, '"');
		for (; *p; p++) {
			if (*p == '"')
				buf_add_char(out, '"');
			buf_add_char(out, *p);
		}
		buf_add_char(out, '"');
	}
	if (safe.err)
		out->err = safe.err;
	buf_free(&safe);
}

static void add(struct line *l, const char *text)
{
	if (l->cells++)
		buf_add_char(l->out, ',');
	scan_csv_cell(l->out, text ? text : "");
}

/* The cell that was put together in l->text. */
static void add_text(struct line *l)
{
	add(l, buf_str(&l->text));
	buf_clear(&l->text);
}

static void add_bool(struct line *l, bool value)
{
	add(l, value ? "true" : "false");
}

static void put(struct line *l, const char *text)
{
	if (l->text.len)
		buf_add_str(&l->text, "; ");
	buf_add_str(&l->text, text);
}

static void end(struct line *l)
{
	buf_add_str(l->out, "\r\n");
	l->cells = 0;
}

static void add_product(struct line *l, const struct scan_report *r, const struct finding *item)
{
	const struct product *p = &r->catalog->products[item->product];
	const struct vendor *v = &r->catalog->vendors[p->vendor];

	add(l, r->host.name);
	scan_time(&l->text, r->time_s);
	add_text(l);
	add(l, p->id);
	add(l, p->name ? p->name : v->name);
	add(l, v->name);
	add(l, product_class_name(p->class));
	add(l, finding_state_name(item->state));
}

static void add_circumstances(struct line *l, const struct thing *t)
{
	const char *const *starters = t->started_by.item;

	add(l, t->path);
	add(l, t->version);
	add(l, t->package);
	add(l, t->package ? "true" : t->flags & TRACE_UNOWNED ? "false" : "");
	add(l, t->container);
	add(l, t->user);
	if (t->pid)
		buf_add_u64(&l->text, t->pid);
	add_text(l);
	for (uint32_t i = 0; i < t->started_by.cnt; i++)
		put(l, starters[i]);
	add_text(l);
	for (unsigned int i = 0; i < FINDING_FLAG_CNT; i++)
		if (t->flags & 1u << i)
			put(l, finding_flag_name(i));
	add_text(l);
	add(l, t->detail);
}

static void add_evidence(struct line *l, const struct scan_report *r,
			 const struct finding_row *row, uint32_t product)
{
	uint32_t hits[HITS_MAX], cnt;

	add_bool(l, row->is_alone);
	add_bool(l, row->is_sufficient);
	add(l, confidence_name(row->confidence));
	for (unsigned int i = 0; i < FAMILY_MAX; i++)
		if (row->families & 1u << i)
			put(l, family_name(i));
	add_text(l);
	cnt = thing_hits_of(row->thing, r->catalog, product, hits, HITS_MAX);
	for (uint32_t i = 0; i < cnt; i++) {
		const struct indicator *ind = &r->catalog->indicators[hits[i]];

		put(l, indicator_kind_name(ind->kind));
		buf_addf(&l->text, " %s (%s)", ind->value, confidence_name(ind->confidence));
	}
	add_text(l);
	if (row->first_seen)
		scan_time(&l->text, row->first_seen);
	add_text(l);
}

static void add_background(struct line *l, const struct scan_report *r, uint32_t at)
{
	const struct product *p = &r->catalog->products[r->findings->items[at].product];

	for (uint32_t i = 0; i < r->catalog->directive_cnt; i++) {
		const struct directive *d = &r->catalog->directives[i];
		const char *status = scan_status_in(r, d, p->vendor);

		if (!status)
			continue;
		put(l, d->id);
		buf_addf(&l->text, " (%s)", status);
	}
	add_text(l);
	add_bool(l, p->security_product);
	if (r->outlooks)
		scan_outlook_text(&r->outlooks[at], &l->text);
	add_text(l);
	if (p->remove_cmd)
		put(l, p->remove_cmd);
	for (const char *const *path = p->remove_paths; path && *path; path++)
		put(l, *path);
	add_text(l);
	for (const char *const *unit = p->restarts; unit && *unit; unit++)
		put(l, *unit);
	add_text(l);
}

void scan_csv(const struct scan_report *r, struct buf *out)
{
	struct line l = { .out = out };

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		add(&l, columns[i]);
	end(&l);
	for (uint32_t at = 0; at < r->findings->cnt; at++) {
		const struct finding *item = &r->findings->items[at];

		for (uint32_t i = 0; i < item->row_cnt; i++) {
			const struct finding_row *row = &item->rows[i];

			add_product(&l, r, item);
			add(&l, trace_kind_name(row->thing->kind));
			add(&l, row->thing->where);
			add(&l, finding_state_name(row->state));
			add_circumstances(&l, row->thing);
			add_evidence(&l, r, row, item->product);
			add_background(&l, r, at);
			end(&l);
		}
	}
	if (l.text.err)
		out->err = l.text.err;
	buf_free(&l.text);
}
