// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir check: tells by its first key what a file is, and whether it would be
 * taken as that.
 *
 * Nothing of the host is asked but the catalogue and the zone database, so it
 * can run on the machine where the files are written. With --catalog a vendor
 * or confusables file is also held against the others, in the place of its
 * namesake there; without, it is checked alone. All files are checked, also
 * after an error.
 */
#include "cmd/check.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cmd/catalog_source.h"
#include "cmd/remarks.h"
#include "cmd/source_file.h"
#include "cmd/sources.h"

enum { EXIT_FINE = 0, EXIT_BAD = 2 };

struct options {
	const char *catalog; /* NULL: not given */
	const char *fallback; /* the default one; NULL: there is none */
	bool is_json;
};

/* What is said about one file. */
struct report {
	enum doc_kind kind;
	struct diag diag; /* of an error */
	struct buf text;  /* "policy plant-a, serial 12, ..." */
	struct buf notes; /* what else is to be known, a line each */
};

static const char usage[] =
	"Usage: weir check [--catalog DIR] [--json] FILE...\n"
	"  FILE           a policy, or a vendor, directive or confusables file\n"
	"  --catalog DIR  what the files refer to; default " CATALOG_SOURCE_DIR "\n"
	"  --json         an array with one object for each file\n"
	"Exit: 0 all are well formed, 2 one is not.\n";

static const char *const kind_words[] = {
	[DOC_UNKNOWN] = NULL,
	[DOC_VENDOR] = "vendor",
	[DOC_DIRECTIVE] = "directive",
	[DOC_CONFUSABLES] = "confusables",
	[DOC_POLICY] = "policy",
};

static void add_count(struct buf *out, uint32_t cnt, const char *one, const char *many)
{
	buf_addf(out, ", %u %s", cnt, cnt == 1 ? one : many);
}

static void describe_policy(const struct policy *p, struct buf *out)
{
	uint32_t rules = 0;

	/* A written rule about a directive counts by its shares. */
	for (uint32_t i = 0; i < p->rule_cnt; i++)
		rules += p->rules[i].level != RULE_DIRECTIVE || p->rules[i].vendor;
	buf_addf(out, "policy %s, serial %lld", p->name, (long long)p->serial);
	add_count(out, rules, "rule", "rules");
	if (p->exemption_cnt)
		add_count(out, p->exemption_cnt, "exemption", "exemptions");
	buf_addf(out, ", enforce %s", p->enforce ? "true" : "false");
}

static void describe_origin(const struct origin *o, struct buf *out)
{
	char text[600];

	if (o->is_bundle)
		buf_addf(out, ", in bundle %s, serial %lld, expires %s", o->name,
			 (long long)o->serial, o->expires_text);
	buf_addf(out, ", %s", origin_text(o, text, sizeof(text)));
	if (*o->why_unsigned)
		buf_addf(out, " (%s)", o->why_unsigned);
}

/* The last vendor: the extra file's. Its own indicators are a product, too. */
static void describe_vendor(const struct catalog *c, struct buf *out)
{
	const struct vendor *v = &c->vendors[c->vendor_cnt - 1];
	uint32_t products = 0, indicators = 0;

	for (uint32_t i = 0; i < c->product_cnt; i++) {
		const struct product *p = &c->products[i];

		if (p->vendor != c->vendor_cnt - 1)
			continue;
		products += strcmp(p->id, v->id) != 0;
		indicators += p->indicator_cnt;
	}
	buf_addf(out, "%s %s", v->confusables ? "confusables" : "vendor", v->id);
	if (v->confusables)
		add_count(out, products, "entry", "entries");
	else
		add_count(out, products, "product", "products");
	add_count(out, indicators, "indicator", "indicators");
}

static void describe_directive(const struct catalog *c, bool is_checked, struct buf *out)
{
	const struct directive *d = &c->directives[c->directive_cnt - 1];
	uint32_t reported = 0;

	for (uint32_t i = 0; i < d->vendor_cnt; i++)
		reported += d->vendors[i].reported;
	buf_addf(out, "directive %s", d->id);
	add_count(out, d->vendor_cnt - reported, "vendor named", "vendors named");
	if (reported)
		buf_addf(out, ", %u reported", reported);
	if (!is_checked)
		buf_add_str(out, " (no catalogue here to look them up in)");
}

/* Without a catalogue its vendors cannot be looked up; the rest can. */
static int check_directive_alone(const char *file, struct report *r)
{
	CLEANUP(catalog_freep) struct catalog *c = NULL;
	CLEANUP(freep) char *text = NULL;
	size_t len;
	int err;

	err = source_read(file, false, &text, &len, &r->diag);
	if (err)
		return err;
	err = catalog_new(&c);
	if (!err)
		err = catalog_add(c, file, text, len, &r->diag);
	if (err == -ENOMEM)
		diag_set(&r->diag, file, 0, 0, "%s", strerror(ENOMEM));
	if (!err)
		describe_directive(c, false, &r->text);
	return err;
}

static void add_remark(void *ctx, uint32_t line, const char *text)
{
	struct report *r = ctx;

	if (line)
		buf_addf(&r->notes, "line %u: ", line);
	buf_addf(&r->notes, "%s\n", text);
}

static int check_policy(const char *file, const struct options *o, struct report *r)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	struct sources_wish wish = {
		.catalog = o->catalog ? o->catalog : o->fallback,
		.policy = file,
	};
	int err;

	if (!wish.catalog)
		return diag_set(&r->diag, file, 0, 0,
				"a policy is checked against a catalogue, and there is none in "
				CATALOG_SOURCE_DIR "; name one with --catalog DIR");
	err = sources_load(&wish, &s, &r->diag);
	if (err)
		return err;
	describe_policy(s.policy, &r->text);
	describe_origin(&s.policy_from, &r->text);
	remarks(s.policy, time(NULL), add_remark, r);
	return 0;
}

/* One that holds a policy is told as that; a catalogue alone by its size. */
static int check_bundle(const char *file, char *bytes, size_t len, const struct options *o,
			struct report *r)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	CLEANUP(bundle_freep) struct bundle *b = NULL;
	const struct sources_wish wish = { .catalog = file };
	int err = bundle_new(file, bytes, len, &b, &r->diag);

	if (err == -ENOMEM)
		diag_set(&r->diag, file, 0, 0, "%s", strerror(ENOMEM));
	if (err)
		return err;
	if (b->manifest.kind & BUNDLE_POLICY) {
		r->kind = DOC_POLICY;
		return check_policy(file, o, r);
	}
	err = sources_load(&wish, &s, &r->diag);
	if (err)
		return err;
	buf_addf(&r->text, "catalogue %lld", (long long)s.catalog_serial);
	add_count(&r->text, s.catalog->product_cnt, "product", "products");
	add_count(&r->text, s.catalog->indicator_cnt, "indicator", "indicators");
	describe_origin(&s.catalog_from, &r->text);
	return 0;
}

static int check_entry(const char *file, const struct options *o, struct report *r)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	struct sources_wish wish = { .catalog = o->catalog, .extra = file };
	int err;

	if (r->kind == DOC_DIRECTIVE && !wish.catalog)
		wish.catalog = o->fallback;
	if (r->kind == DOC_DIRECTIVE && !wish.catalog)
		return check_directive_alone(file, r);
	err = sources_load(&wish, &s, &r->diag);
	if (err)
		return err;
	if (r->kind == DOC_DIRECTIVE)
		describe_directive(s.catalog, true, &r->text);
	else
		describe_vendor(s.catalog, &r->text);
	return 0;
}

static int check_file(const char *file, const struct options *o, struct report *r)
{
	CLEANUP(freep) char *text = NULL;
	size_t len;
	int err;

	err = source_read(file, false, &text, &len, &r->diag);
	if (err)
		return err;
	if (archive_is(text, len))
		return check_bundle(file, take_ptr(text), len, o, r);
	r->kind = doc_kind_of(text, len);
	if (r->kind == DOC_POLICY)
		return check_policy(file, o, r);
	return check_entry(file, o, r);
}

static void print_notes(struct report *r)
{
	const char *at = buf_str(&r->notes), *end;

	for (; (end = strchr(at, '\n')); at = end + 1)
		printf("  %.*s\n", (int)(end - at), at);
}

static void print_text(const char *file, struct report *r, bool is_fine)
{
	char line[1024];

	if (is_fine) {
		printf("%s: ok: %s\n", file, buf_str(&r->text));
		print_notes(r);
		return;
	}
	/* In the order of the files, also when both streams are one. */
	fflush(stdout);
	diag_format(&r->diag, line, sizeof(line));
	fprintf(stderr, "%s\n", line);
}

static void add_json(struct jout *j, const char *file, struct report *r, bool is_fine)
{
	const char *kind = kind_words[r->kind];

	jout_object(j);
	jout_add_str(j, "file", file);
	jout_add_bool(j, "ok", is_fine);
	jout_add_str(j, "kind", kind);
	jout_key(j, "line");
	if (is_fine)
		jout_null(j);
	else
		jout_u64(j, r->diag.line);
	jout_key(j, "column");
	if (is_fine)
		jout_null(j);
	else
		jout_u64(j, r->diag.col);
	jout_add_str(j, "error", is_fine ? NULL : r->diag.text);
	/* The catalogue may be to blame, rather than this file. */
	if (!is_fine && strcmp(r->diag.file, file) != 0)
		jout_add_str(j, "error_file", r->diag.file);
	if (is_fine)
		jout_add_str(j, "text", buf_str(&r->text));
	if (is_fine && r->notes.len)
		jout_add_str(j, "notes", buf_str(&r->notes));
	jout_end(j);
}

static int check_all(char **files, int cnt, const struct options *o)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct jout j = jout_to(&out);
	int code = EXIT_FINE;

	jout_array(&j);
	for (int i = 0; i < cnt; i++) {
		struct report r = { .kind = DOC_UNKNOWN };
		bool is_fine = !check_file(files[i], o, &r);

		if (o->is_json)
			add_json(&j, files[i], &r, is_fine);
		else
			print_text(files[i], &r, is_fine);
		if (!is_fine)
			code = EXIT_BAD;
		buf_free(&r.text);
		buf_free(&r.notes);
	}
	jout_end(&j);
	jout_close(&j);
	if (o->is_json)
		printf("%s\n", buf_str(&out));
	if (!out.err && !fflush(stdout) && !ferror(stdout))
		return code;
	fprintf(stderr, "weir: check: standard output: %s\n", strerror(out.err ? ENOMEM : errno));
	return EXIT_BAD;
}

/* 0: go on; else the exit code plus one, since --help ends with 0. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "catalog", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'c')
			o->catalog = optarg;
		else if (c == 'j')
			o->is_json = true;
		else if (c == 'h')
			return fputs(usage, stdout) < 0 ? EXIT_BAD + 1 : EXIT_FINE + 1;
		else
			return fputs(usage, stderr), EXIT_BAD + 1;
	}
	if (optind < argc)
		return 0;
	fprintf(stderr, "weir: check: which FILE?\n%s", usage);
	return EXIT_BAD + 1;
}

int cmd_check(int argc, char **argv)
{
	struct options o = { 0 };
	char fallback[WEIR_PATH_MAX];
	int code;

	code = parse_options(argc, argv, &o);
	if (code)
		return code - 1;
	if (!o.catalog && !catalog_source_default(fallback, sizeof(fallback)))
		o.fallback = fallback;
	return check_all(argv + optind, argc - optind, &o);
}
