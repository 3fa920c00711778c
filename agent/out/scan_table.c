// SPDX-License-Identifier: GPL-2.0-only
#include "out/scan_table.h"

#include <string.h>

#include "out/scan_row.h"
#include "out/text.h"
#include "out/wrap.h"
#include "policy/decide.h"

/* Shown of each kind of thing without --long. */
#define ROWS_SHOWN 3

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
	scan_row_state(r, item->state, w->state + 2, out);
	start = out->len;
	add_sureness(item, out);
	if (item->version) {
		wrap_pad(out, out->len - start, w->sureness + 2);
		text_escaped(out, item->version, strlen(item->version));
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
	wrap_pad(out, 0, 2);
	wrap_text(out, 2, 4, buf_str(&text));
	buf_free(&text);
}

/* Of @cnt rows of one kind, the most telling ones, and how many more there are. */
static void add_some(const struct scan_report *r, const struct finding_row *rows, uint32_t cnt,
		     uint32_t product, struct buf *out)
{
	uint32_t shown = 0;

	for (unsigned int state = STATE_MAX; state-- > 0;)
		for (uint32_t i = 0; i < cnt && shown < ROWS_SHOWN; i++) {
			if (rows[i].state != state)
				continue;
			scan_row(r, &rows[i], product, out);
			shown++;
		}
	if (shown < cnt)
		buf_addf(out, "  %-11s and %u more (--long)\n",
			 trace_kind_name(rows->thing->kind), cnt - shown);
}

static void add_rows(const struct scan_report *r, const struct finding *item, struct buf *out)
{
	uint32_t cnt;

	for (uint32_t i = 0; i < item->row_cnt; i += cnt) {
		const struct finding_row *rows = &item->rows[i];

		for (cnt = 1; i + cnt < item->row_cnt; cnt++)
			if (rows[cnt].thing->kind != rows->thing->kind)
				break;
		if (!r->is_long)
			add_some(r, rows, cnt, item->product, out);
		for (uint32_t k = 0; k < cnt && r->is_long; k++)
			scan_row(r, &rows[k], item->product, out);
	}
	if (item->more)
		buf_addf(out, "  and %u more that were only counted\n", item->more);
}

/* "  WORD: text", unless there is none. */
static void add_line(const char *word, struct buf *text, struct buf *out)
{
	if (text->len) {
		buf_addf(out, "  %s: ", word);
		wrap_text(out, strlen(word) + 4, 4, buf_str(text));
	}
	buf_clear(text);
}

static void add_removal(const struct product *p, struct buf *out)
{
	struct buf text = { 0 };

	if (p->remove_cmd)
		scan_row_clause(&text, "", p->remove_cmd);
	for (const char *const *path = p->remove_paths; path && *path; path++)
		if (!p->remove_cmd || strcmp(p->remove_cmd, *path) != 0)
			scan_row_clause(&text, "", *path);
	if (p->remove_note)
		scan_row_clause(&text, "", p->remove_note);
	add_line("remove", &text, out);
	if (p->security_product)
		scan_row_clause(&text, "takes protection away", NULL);
	if (p->fails_closed > 0)
		scan_row_clause(&text, "fails closed", NULL);
	if (p->login_path)
		scan_row_clause(&text, "stands in the way of logins", NULL);
	if (p->risk_note)
		scan_row_clause(&text, "", p->risk_note);
	add_line("harm of blocking", &text, out);
	for (const char *const *unit = p->restarts; unit && *unit; unit++)
		scan_row_clause(&text, "", *unit);
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
	wrap_text(out, 0, 4, buf_str(&text));
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
			scan_row(r, &s->row, product, out);
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
	wrap_text(out, 0, 2, buf_str(&text));
	buf_free(&text);
}

static void add_gone(const struct scan_report *r, struct buf *out)
{
	for (uint32_t i = 0; i < r->gone_cnt; i++) {
		buf_addf(out, "%s %s, last seen ", scan_is_complete(r) ? "Gone:" : "Not seen:",
			 r->gone[i].product);
		scan_time(out, r->gone[i].last_seen);
		buf_add_char(out, '\n');
	}
	if (r->gone_cnt)
		buf_add_char(out, '\n');
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
	add_gone(r, out);
	add_closing(r, out);
}
