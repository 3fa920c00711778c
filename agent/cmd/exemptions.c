// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir exemptions: the register that an auditor asks for. Who is spared, where,
 * by whom, why, until when, and how often it was needed.
 */
#include "cmd/exemptions.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cmd/catalog_source.h"
#include "cmd/exempt.h"
#include "cmd/exit.h"
#include "cmd/sources.h"
#include "event/event.h"
#include "out/scan_csv.h"
#include "out/text.h"

enum format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON };

struct options {
	const char *policy, *catalog;
	enum format format;
};

/* One line of the register; texts are borrowed, or in the buffers. */
struct entry {
	const struct exemption *e;
	const struct exempt_use *use; /* NULL: never */
	struct buf until, last, hosts;
	const char *state;
};

static const char *state_of(const struct exemption *e, int64_t now_s)
{
	if (e->until <= now_s)
		return "ended";
	return e->here ? "active" : "other hosts";
}

static void entry_fill(struct entry *x, const struct exemption *e,
		       const struct exempt_uses *uses, int64_t now_s)
{
	*x = (struct entry){ .e = e, .state = state_of(e, now_s) };
	x->use = exempt_use_of(uses, e->id);
	text_time(&x->until, e->until * 1000);
	if (x->use && x->use->last_s)
		text_time(&x->last, x->use->last_s * 1000);
	for (const char *const *host = e->hosts; host && *host; host++) {
		if (host != e->hosts)
			buf_add_str(&x->hosts, "; ");
		buf_add_str(&x->hosts, *host);
	}
	if (!e->hosts)
		buf_add_str(&x->hosts, "all");
}

static void entry_free(struct entry *x)
{
	buf_free(&x->until);
	buf_free(&x->last);
	buf_free(&x->hosts);
}

static void add_text(struct buf *out, const char *label, const char *text)
{
	if (!text)
		return;
	buf_addf(out, "  %-9s", label);
	text_escaped(out, text, strlen(text));
	buf_add_char(out, '\n');
}

static void as_text(struct entry *x, struct buf *out)
{
	const struct exemption *e = x->e;

	text_escaped(out, e->id, strlen(e->id));
	buf_addf(out, "  %s  %s: at most %s until %s\n", x->state, e->product,
		 mode_name(e->cap), buf_str(&x->until));
	add_text(out, "hosts", buf_str(&x->hosts));
	add_text(out, "path", e->path);
	add_text(out, "user", e->user);
	add_text(out, "reason", e->reason);
	add_text(out, "owner", e->owner);
	add_text(out, "approver", e->approver);
	add_text(out, "ticket", e->ticket);
	if (x->use && x->use->used)
		buf_addf(out, "  used     %" PRIu64 " times, last %s\n", x->use->used,
			 x->last.len ? buf_str(&x->last) : "unknown");
	else
		buf_add_str(out, "  used     never on this host\n");
}

static void as_csv(struct entry *x, struct buf *out)
{
	const struct exemption *e = x->e;
	char used[32];
	const char *const cells[] = {
		e->id, e->product, x->state, mode_name(e->cap), buf_str(&x->until),
		buf_str(&x->hosts), e->path, e->user, e->reason, e->owner, e->approver, e->ticket,
		used, x->last.len ? buf_str(&x->last) : NULL,
	};

	snprintf(used, sizeof(used), "%" PRIu64, x->use ? x->use->used : 0);
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
		if (i)
			buf_add_char(out, ',');
		scan_csv_cell(out, cells[i] ? cells[i] : "");
	}
	buf_add_str(out, "\r\n");
}

static void as_json(struct entry *x, struct jout *j)
{
	const struct exemption *e = x->e;

	jout_object(j);
	jout_add_str(j, "id", e->id);
	jout_add_str(j, "product", e->product);
	jout_add_str(j, "state", x->state);
	jout_add_str(j, "cap", mode_name(e->cap));
	jout_add_str(j, "until", buf_str(&x->until));
	jout_add_array(j, "hosts");
	for (const char *const *host = e->hosts; host && *host; host++)
		jout_str(j, *host);
	jout_end(j);
	jout_add_str(j, "path", e->path);
	jout_add_str(j, "user", e->user);
	jout_add_str(j, "reason", e->reason);
	jout_add_str(j, "owner", e->owner);
	jout_add_str(j, "approver", e->approver);
	jout_add_str(j, "ticket", e->ticket);
	jout_add_u64(j, "used", x->use ? x->use->used : 0);
	jout_add_str(j, "last_used", x->last.len ? buf_str(&x->last) : NULL);
	jout_end(j);
}

static int print(const struct policy *p, enum format format)
{
	CLEANUP(exempt_free_uses) struct exempt_uses uses;
	CLEANUP(buf_free) struct buf out = {};
	struct jout j = jout_to(&out);
	struct entry x;

	exempt_read_uses(EXEMPT_USES, &uses);
	if (format == FORMAT_CSV)
		buf_add_str(&out, "id,product,state,cap,until,hosts,path,user,reason,owner,"
				  "approver,ticket,used,last_used\r\n");
	if (format == FORMAT_JSON)
		jout_array(&j);
	for (uint32_t i = 0; i < p->exemption_cnt; i++) {
		entry_fill(&x, &p->exemptions[i], &uses, time(NULL));
		if (format == FORMAT_TABLE)
			as_text(&x, &out);
		else if (format == FORMAT_CSV)
			as_csv(&x, &out);
		else
			as_json(&x, &j);
		entry_free(&x);
	}
	if (format == FORMAT_JSON) {
		jout_end(&j);
		buf_add_char(&out, '\n');
	}
	if (format == FORMAT_TABLE && !p->exemption_cnt)
		buf_addf(&out, "policy %s has no exemptions\n", p->name);
	if (out.err || fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout)) {
		fputs("weir: exemptions: could not be written\n", stderr);
		return EXIT_INCOMPLETE;
	}
	return EXIT_FINE;
}

static int usage(FILE *out, int rc)
{
	fputs("Usage: weir exemptions [--policy FILE] [--catalog DIR] [--csv | --json]\n", out);
	return rc;
}

int cmd_exemptions(int argc, char **argv)
{
	static const struct option options[] = {
		{ "policy", required_argument, NULL, 'p' },
		{ "catalog", required_argument, NULL, 'c' },
		{ "csv", no_argument, NULL, 'v' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	CLEANUP(sources_exit) struct sources s = { 0 };
	struct options o = { .policy = SOURCES_POLICY };
	char dir[4096], text[800];
	struct diag d = {};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'p')
			o.policy = optarg;
		else if (opt == 'c')
			o.catalog = optarg;
		else if (opt == 'v')
			o.format = FORMAT_CSV;
		else if (opt == 'j')
			o.format = FORMAT_JSON;
		else
			return opt == 'h' ? usage(stdout, EXIT_FINE) : usage(stderr, EXIT_USAGE);
	}
	if (optind < argc)
		return usage(stderr, EXIT_USAGE);
	if (catalog_source_find("exemptions", &o.catalog, dir, sizeof(dir)))
		return EXIT_USAGE;
	if (sources_load(&(struct sources_wish){ .catalog = o.catalog, .policy = o.policy }, &s,
			 &d)) {
		diag_format(&d, text, sizeof(text));
		fprintf(stderr, "%s\n", text);
		return EXIT_USAGE;
	}
	return print(s.policy, o.format);
}
