// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/calendar_rows.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "base/json.h"
#include "cmd/remarks.h"
#include "policy/decide.h"

static void utc_time(int64_t at, char *out, size_t size)
{
	struct date d;

	date_from_epoch(at, 0, &d);
	snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.mon, d.day, d.hour, d.min,
		 d.sec);
}

/* Why then: a window's hours, or what the phase's moment came from. */
static void add_why(const struct calendar *c, const struct calendar_row *row, struct buf *out)
{
	const struct phase *phase = row->change.phase;

	if (row->change.is_window)
		buf_addf(out, "only-during \"%s\" %s", phase->only_during,
			 row->change.to == phase->mode ? "begins" : "ends");
	else
		remark_why(c->policy, row->seen->rule, phase, out);
}

/* --- for people --- */

static int widest(const struct calendar *c)
{
	size_t width = strlen("exemption");

	for (uint32_t i = 0; i < c->phases.cnt; i++)
		if (strlen(c->phases.list[i].name) > width)
			width = strlen(c->phases.list[i].name);
	return (int)width;
}

static void text_in_force(const struct calendar *c, struct buf *out)
{
	int width = widest(c);

	buf_add_str(out, "In force:\n");
	for (uint32_t i = 0; i < c->phases.cnt; i++) {
		const struct phase_seen *s = &c->phases.list[i];
		const struct phase *phase = calendar_phase(s->rule, c->now_s);

		buf_addf(out, "  %-*s  %-7s  line %u, %u product%s", width, s->name,
			 mode_name(calendar_mode(c->policy, s->rule, c->now_s)), s->rule->line,
			 s->product_cnt, s->product_cnt == 1 ? "" : "s");
		if (phase && (phase->begins != INT64_MIN || phase->only_during)) {
			buf_add_str(out, ": ");
			remark_phase(c->policy, phase, out);
		}
		buf_add_char(out, '\n');
	}
	if (!c->phases.cnt)
		buf_add_str(out, "  nothing: no rule decides about a product of the catalogue\n");
}

static void text_row(const struct calendar *c, const struct calendar_row *row, struct buf *out)
{
	char when[64], utc[32];

	phases_time(c->policy, row->change.at, when, sizeof(when));
	utc_time(row->change.at, utc, sizeof(utc));
	buf_addf(out, "  %s  %s  %-*s  ", when, utc, widest(c),
		 row->seen ? row->seen->name : "exemption");
	if (!row->seen) {
		buf_addf(out, "%s ends: %s, %s at most, owner %s\n", row->exemption->id,
			 row->exemption->product, mode_name(row->exemption->cap),
			 row->exemption->owner);
		return;
	}
	buf_addf(out, "%s -> %s  line %u: ", mode_name(row->change.from), mode_name(row->change.to),
		 row->seen->rule->line);
	add_why(c, row, out);
	buf_add_char(out, '\n');
}

static void text_never(const struct calendar *c, struct buf *out)
{
	for (uint32_t i = 0; i < c->phases.cnt; i++) {
		const struct phase_seen *s = &c->phases.list[i];

		for (uint32_t k = 0; k < s->rule->phase_cnt; k++) {
			const struct phase *phase = &s->rule->phases[k];

			if (phase->begins != INT64_MAX)
				continue;
			buf_addf(out, "Not here: %s, %s, line %u: ", s->name,
				 mode_name(phase->mode), s->rule->line);
			remark_why(c->policy, s->rule, phase, out);
			if (phase->why & PHASE_NOBODY)
				buf_add_str(out, ", by machine-id, which is not known");
			buf_add_char(out, '\n');
		}
	}
}

/* A step with a date is not all that it takes. */
static void text_protection(const struct calendar *c, struct buf *out)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	for (uint32_t i = 0; i < c->phases.cnt; i++) {
		const struct rule *rule = c->phases.list[i].rule;

		buf_clear(&text);
		remark_protection(rule, &text);
		if (text.len)
			buf_addf(out, "Security: line %u: %s.\n", rule->line, buf_str(&text));
	}
}

static void text_remark(void *ctx, uint32_t line, const char *text)
{
	/* Of rules the rows say it all; what is left is about the whole. */
	if (!line)
		buf_addf(ctx, "Note: %s.\n", text);
}

void calendar_text(const struct calendar *c, struct buf *out)
{
	const struct policy *p = c->policy;
	char when[64];

	phases_time(p, c->now_s, when, sizeof(when));
	buf_addf(out, "Policy %s, serial %lld (%s), on host %s, zone %s, now %s; enforce: %s\n",
		 p->name, (long long)p->serial, p->file, c->host, p->zone, when,
		 p->enforce ? "true" : "false");
	text_in_force(c, out);
	buf_add_str(out, "To come:\n");
	for (uint32_t i = 0; i < c->row_cnt; i++)
		text_row(c, &c->rows[i], out);
	if (!c->row_cnt)
		buf_add_str(out, "  nothing\n");
	if (c->has_more)
		buf_add_str(out, "  and so on; --until DATE tells all of the windows\n");
	if (c->is_cut)
		buf_addf(out, "  and more than these %d\n", CALENDAR_ROWS_MAX);
	text_never(c, out);
	text_protection(c, out);
	if (c->held_cnt)
		buf_addf(out, "Note: %u rule%s come further than the clock says.\n", c->held_cnt,
			 c->held_cnt == 1 ? " has" : "s have");
	if (c->kernel_s != INT64_MIN) {
		phases_time(p, c->kernel_s, when, sizeof(when));
		buf_addf(out, "Note: the clock was set; for the kernel it is %s, until an agent "
			      "makes a new table.\n", when);
	}
	remarks(p, c->now_s, text_remark, out);
}

/* --- for programs --- */

static void json_time(struct jout *j, const struct policy *p, const char *key, const char *utc_key,
		      int64_t at)
{
	char text[64];

	phases_time(p, at, text, sizeof(text));
	jout_key(j, key);
	jout_str(j, text);
	utc_time(at, text, sizeof(text));
	jout_key(j, utc_key);
	jout_str(j, text);
}

static void json_rule(struct jout *j, const struct phase_seen *s)
{
	jout_add_object(j, "rule");
	jout_add_u64(j, "line", s->rule->line);
	jout_add_str(j, "level", rule_level_name(s->rule->level));
	jout_add_str(j, "target", s->rule->target);
	jout_add_u64(j, "products", s->product_cnt);
	jout_end(j);
}

static void json_why(struct jout *j, const struct calendar *c, const struct calendar_row *row)
{
	const struct phase *phase = row->change.phase;
	CLEANUP(buf_free) struct buf text = { 0 };

	add_why(c, row, &text);
	jout_add_str(j, "why", buf_str(&text));
	jout_add_str(j, "kind", !row->change.is_window		 ? "phase" :
				row->change.to == phase->mode ? "window-begins" : "window-ends");
	if (row->change.is_window)
		return;
	jout_add_bool(j, "blackout", phase->why & PHASE_BLACKOUT);
	jout_add_str(j, "switch_in", phase->switch_in);
	jout_add_u64(j, "jitter_s", phase->delay_s);
	if (phase->percent)
		jout_add_u64(j, "rollout_percent", phase->percent);
	if (row->seen->rule->cluster)
		jout_add_u64(j, "turn", phase->slot + 1);
}

static void json_rows(struct jout *j, const struct calendar *c)
{
	jout_add_array(j, "to_come");
	for (uint32_t i = 0; i < c->row_cnt; i++) {
		const struct calendar_row *row = &c->rows[i];

		jout_object(j);
		json_time(j, c->policy, "at", "utc", row->change.at);
		if (row->seen) {
			json_rule(j, row->seen);
			jout_add_str(j, "from", mode_name(row->change.from));
			jout_add_str(j, "to", mode_name(row->change.to));
			json_why(j, c, row);
		} else {
			jout_add_str(j, "kind", "exemption-ends");
			jout_add_str(j, "exemption", row->exemption->id);
			jout_add_str(j, "product", row->exemption->product);
			jout_add_str(j, "cap", mode_name(row->exemption->cap));
			jout_add_str(j, "owner", row->exemption->owner);
		}
		jout_end(j);
	}
	jout_end(j);
	jout_add_bool(j, "more", c->has_more || c->is_cut);
}

static void json_in_force(struct jout *j, const struct calendar *c)
{
	jout_add_array(j, "in_force");
	for (uint32_t i = 0; i < c->phases.cnt; i++) {
		const struct phase_seen *s = &c->phases.list[i];
		const struct phase *phase = calendar_phase(s->rule, c->now_s);

		jout_object(j);
		json_rule(j, s);
		jout_add_str(j, "mode", mode_name(calendar_mode(c->policy, s->rule, c->now_s)));
		if (phase && phase->begins != INT64_MIN)
			json_time(j, c->policy, "since", "since_utc", phase->begins);
		if (phase && phase->only_during)
			jout_add_str(j, "only_during", phase->only_during);
		jout_end(j);
	}
	jout_end(j);
}

static void json_never(struct jout *j, const struct calendar *c)
{
	jout_add_array(j, "not_here");
	for (uint32_t i = 0; i < c->phases.cnt; i++) {
		const struct phase_seen *s = &c->phases.list[i];

		for (uint32_t k = 0; k < s->rule->phase_cnt; k++) {
			if (s->rule->phases[k].begins != INT64_MAX)
				continue;
			jout_object(j);
			json_rule(j, s);
			jout_add_str(j, "mode", mode_name(s->rule->phases[k].mode));
			jout_add_u64(j, "rollout_percent", s->rule->phases[k].percent);
			jout_end(j);
		}
	}
	jout_end(j);
}

static void json_remark(void *ctx, uint32_t line, const char *text)
{
	jout_object(ctx);
	jout_add_u64(ctx, "line", line);
	jout_add_str(ctx, "text", text);
	jout_end(ctx);
}

void calendar_json(const struct calendar *c, struct buf *out)
{
	const struct policy *p = c->policy;
	struct jout j = jout_to(out);

	jout_object(&j);
	jout_add_object(&j, "policy");
	jout_add_str(&j, "name", p->name);
	jout_add_str(&j, "file", p->file);
	jout_key(&j, "serial");
	jout_i64(&j, p->serial);
	jout_add_bool(&j, "enforce", p->enforce);
	jout_add_str(&j, "zone", p->zone);
	jout_end(&j);
	jout_add_str(&j, "host", c->host);
	jout_add_bool(&j, "machine_id", c->has_machine_id);
	json_time(&j, p, "now", "now_utc", c->now_s);
	jout_add_u64(&j, "held", c->held_cnt);
	if (c->kernel_s != INT64_MIN)
		json_time(&j, p, "kernel_now", "kernel_now_utc", c->kernel_s);
	json_in_force(&j, c);
	json_rows(&j, c);
	json_never(&j, c);
	jout_add_array(&j, "remarks");
	remarks(p, c->now_s, json_remark, &j);
	jout_end(&j);
	jout_end(&j);
	jout_close(&j);
	buf_add_char(out, '\n');
}
