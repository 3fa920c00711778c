// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir calendar: the plan for this host, or another one: what is in force, each
 * change of a mode that is to come and why then, and which exemptions end.
 *
 * Needs no agent. For the policy that is in force here it takes into account
 * what the agent remembers to have been reached.
 */
#include "cmd/calendar.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "cmd/calendar_rows.h"
#include "cmd/catalog_source.h"
#include "cmd/exit.h"
#include "cmd/phases.h"
#include "cmd/sources.h"
#include "cmd/zoneinfo.h"
#include "policy/calendar.h"

/* As for the agent, which makes a new table then. */
#define CLOCKS_APART_S 2

struct options {
	const char *policy, *catalog, *host, *machine_id, *until;
	bool is_json;
};

static const char usage[] =
	"Usage: weir calendar [--policy FILE] [--catalog DIR] [--json] [--for HOST\n"
	"                     [--machine-id ID]] [--until DATE]\n"
	"  --policy FILE    default " SOURCES_POLICY "\n"
	"  --catalog DIR    default " CATALOG_SOURCE_DIR "\n"
	"  --for HOST       as seen from that host; its machine-id decides about rollouts\n"
	"  --until DATE     everything up to that day; default: all phases, and of windows\n"
	"                   that come again the next ten changes\n"
	"  --json           the same as one object\n"
	"Exit: 0, or 2 usage, policy or catalogue.\n";

/* --- what is to come --- */

static int add_row(struct calendar *c, const struct calendar_row *row)
{
	struct calendar_row *more;

	if (c->row_cnt == CALENDAR_ROWS_MAX) {
		c->is_cut = true;
		return 0;
	}
	if (!(c->row_cnt & (c->row_cnt - 1))) {
		more = reallocarray(c->rows, c->row_cnt ? c->row_cnt * 2UL : 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		c->rows = more;
	}
	c->rows[c->row_cnt++] = *row;
	return 0;
}

/* The next change, of windows only when they are wanted. */
static bool next_change(const struct calendar *c, const struct rule *rule, int64_t at,
			bool with_windows, struct change *ret)
{
	const struct phase *next = calendar_next_phase(rule, at);
	int64_t begins = next ? next->begins : INT64_MAX, limit = begins;

	/* Windows that touch never change anything: a year of them is enough. */
	if (limit > at + 400LL * 86400)
		limit = at + 400LL * 86400;
	if (limit > c->until_s)
		limit = c->until_s;
	if (with_windows && calendar_next(c->policy, rule, at, limit, ret))
		return true;
	if (begins >= c->until_s)
		return false;
	ret->at = begins;
	ret->from = calendar_mode(c->policy, rule, begins - 1);
	ret->to = calendar_mode(c->policy, rule, begins);
	ret->is_window = false;
	ret->phase = next;
	return true;
}

static int add_changes(struct calendar *c, const struct phase_seen *s)
{
	struct calendar_row row = { .seen = s };
	int64_t at = c->now_s;
	int windows = 0, err = 0;

	while (!err && !c->is_cut &&
	       next_change(c, s->rule, at, c->has_until || windows < CALENDAR_WINDOWS,
			   &row.change)) {
		at = row.change.at;
		windows = row.change.is_window ? windows + 1 : 0;
		c->has_more |= windows == CALENDAR_WINDOWS && !c->has_until;
		if (row.change.from != row.change.to)
			err = add_row(c, &row);
	}
	return err;
}

static int add_exemptions(struct calendar *c)
{
	int err = 0;

	for (uint32_t i = 0; i < c->policy->exemption_cnt && !err; i++) {
		const struct exemption *e = &c->policy->exemptions[i];
		struct calendar_row row = { .exemption = e, .change = { .at = e->until } };

		if (e->here && e->until > c->now_s && e->until < c->until_s)
			err = add_row(c, &row);
	}
	return err;
}

static int by_time(const void *a, const void *b)
{
	const struct calendar_row *x = a, *y = b;
	uint32_t p = x->seen ? x->seen->rule->line : x->exemption->line;
	uint32_t q = y->seen ? y->seen->rule->line : y->exemption->line;

	if (x->change.at != y->change.at)
		return x->change.at < y->change.at ? -1 : 1;
	return (p > q) - (p < q);
}

static int make(struct calendar *c)
{
	int err = phases_take(&c->phases, c->policy, c->catalog, c->now_s);

	for (uint32_t i = 0; i < c->phases.cnt && !err; i++)
		err = add_changes(c, &c->phases.list[i]);
	if (!err)
		err = add_exemptions(c);
	if (!err && c->row_cnt)
		qsort(c->rows, c->row_cnt, sizeof(*c->rows), by_time);
	return err;
}

/* --- from where --- */

/* The end of that day, or that moment. */
static int read_until(const char *text, const struct policy *p, int64_t *ret)
{
	struct date d, next;

	if (date_parse(text, strlen(text), &d))
		return -EINVAL;
	if (d.has_time) {
		*ret = date_to_epoch(&d);
		return 0;
	}
	date_from_days(date_to_days(d.year, d.mon, d.day) + 1, &next);
	*ret = zoneinfo_time(p->zone, next.year, next.mon, next.day, 0, 0, 0);
	return 0;
}

static int load(const struct options *o, struct sources *s)
{
	struct sources_wish wish = { .catalog = o->catalog, .policy = o->policy, .host = o->host,
				     .machine_id = o->machine_id };
	char fallback[WEIR_PATH_MAX], line[1024];
	struct diag d;

	if (catalog_source_find("calendar", &wish.catalog, fallback, sizeof(fallback)))
		return -ENOENT;
	if (!sources_load(&wish, s, &d))
		return 0;
	diag_format(&d, line, sizeof(line));
	fprintf(stderr, "%s\n", line);
	return -EINVAL;
}

static int print(struct calendar *c, bool is_json)
{
	CLEANUP(buf_free) struct buf out = { 0 };

	if (is_json)
		calendar_json(c, &out);
	else
		calendar_text(c, &out);
	if (!out.err && fwrite(out.data, 1, out.len, stdout) == out.len && !fflush(stdout))
		return EXIT_FINE;
	fprintf(stderr, "weir: calendar: standard output: %s\n",
		strerror(out.err ? ENOMEM : errno));
	return EXIT_INCOMPLETE;
}

/*
 * What the agent remembers of this very policy. The kernel goes by the clock as
 * it was when the table was made; set since, it is another until the next one.
 */
static void take_held(struct calendar *c)
{
	CLEANUP(phases_exit) struct phases held = { 0 };
	int64_t table_s = INT64_MIN;

	if (phases_read(PHASES_FILE, &held))
		return;
	if (!phases_table_time(&held, &table_s) && !strcmp(held.policy, c->policy->name) &&
	    held.serial == c->policy->serial && llabs(table_s - c->now_s) > CLOCKS_APART_S)
		c->kernel_s = table_s;
	c->held_cnt = phases_hold(&held, c->policy, table_s, c->now_s);
}

static int show(const struct options *o, struct sources *s)
{
	struct calendar c = { .policy = s->policy, .catalog = s->catalog, .host = s->host,
			      .has_machine_id = s->context.machine_id, .now_s = time(NULL),
			      .kernel_s = INT64_MIN, .until_s = INT64_MAX, .has_until = o->until };
	int err = 0, code;

	if (o->until && read_until(o->until, s->policy, &c.until_s)) {
		fprintf(stderr, "weir: calendar: --until %s: not a date\n%s", o->until, usage);
		return EXIT_USAGE;
	}
	if (!o->host)
		take_held(&c);
	err = make(&c);
	code = err ? EXIT_INCOMPLETE : print(&c, o->is_json);
	if (err)
		fprintf(stderr, "weir: calendar: %s\n", strerror(-err));
	phases_exit(&c.phases);
	free(c.rows);
	return code;
}

/* 0: go on; else the exit code plus one, since --help ends with 0. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "policy", required_argument, NULL, 'p' },
		{ "catalog", required_argument, NULL, 'c' },
		{ "for", required_argument, NULL, 'f' },
		{ "machine-id", required_argument, NULL, 'm' },
		{ "until", required_argument, NULL, 'u' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		const char **text = c == 'p' ? &o->policy : c == 'c' ? &o->catalog :
				    c == 'f' ? &o->host : c == 'm' ? &o->machine_id :
				    c == 'u' ? &o->until : NULL;

		if (text)
			*text = optarg;
		else if (c == 'j')
			o->is_json = true;
		else if (c == 'h')
			return fputs(usage, stdout) < 0 ? EXIT_USAGE + 1 : EXIT_FINE + 1;
		else
			return fputs(usage, stderr), EXIT_USAGE + 1;
	}
	if (optind == argc && (!o->machine_id || strlen(o->machine_id) <= 64))
		return 0;
	return fputs(usage, stderr), EXIT_USAGE + 1;
}

int cmd_calendar(int argc, char **argv)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	struct options o = { .policy = SOURCES_POLICY };
	int code = parse_options(argc, argv, &o);

	if (code)
		return code - 1;
	return load(&o, &s) ? EXIT_USAGE : show(&o, &s);
}
