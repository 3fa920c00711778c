// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir scan: looks at this host, or at a tree, and says what of the catalogue
 * is there, how sure that is, and what it would take to be rid of it.
 *
 * Changes nothing but its own memory of earlier scans, executes nothing of what
 * it finds (it asks the host's systemctl, and its rpm, as nobody), and needs no
 * agent. Whoever is not root gets an answer, too, with a list of what could not
 * be read.
 */
#include "cmd/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "cmd/catalog_source.h"
#include "cmd/exit.h"
#include "cmd/history.h"
#include "cmd/look.h"
#include "cmd/outlook.h"
#include "cmd/scan_options.h"
#include "cmd/sources.h"
#include "cmd/version.h"
#include "inventory/host.h"
#include "inventory/root.h"
#include "out/scan_csv.h"
#include "out/scan_diff.h"
#include "out/scan_json.h"
#include "out/scan_ocsf.h"
#include "out/scan_table.h"
#include "out/text.h"

/* Told to people; the JSON has all that were kept. */
#define UNREAD_SHOWN 50

static void (*const printers[])(const struct scan_report *r, struct buf *out) = {
	[SCAN_TABLE] = scan_table,
	[SCAN_JSON] = scan_json,
	[SCAN_CSV] = scan_csv,
	[SCAN_OCSF] = scan_ocsf,
};
_Static_assert(ARRAY_SIZE(printers) == SCAN_FORMAT_MAX, "every format has a printer");

/* All that one scan owns. */
struct scan {
	const struct scan_options *options;
	struct sources sources;
	const char *catalog;
	char catalog_default[WEIR_PATH_MAX]; /* what it may point into */
	const char *root;
	int root_fd;
	struct last earlier; /* of --diff */
	struct look look;
	struct history history;
	struct scan_outlook *outlooks;
	struct host host;
	struct scan_report report;
};

static void scan_exit(struct scan *s)
{
	free(s->outlooks);
	history_exit(&s->history);
	look_exit(&s->look);
	last_exit(&s->earlier);
	sources_exit(&s->sources);
	close_fdp(&s->root_fd);
}

static int complain(const struct diag *d, int err)
{
	char line[1024];

	diag_format(d, line, sizeof(line));
	fprintf(stderr, "%s\n", line);
	/* A file that is named and absent is a mistake of the command line. */
	return err == -EINVAL || err == -ENOENT ? EXIT_USAGE : EXIT_INCOMPLETE;
}

static int load_sources(struct scan *s)
{
	const struct scan_options *o = s->options;
	struct sources_wish wish = { .policy = o->policy };
	struct diag d;
	int err;

	s->catalog = o->catalog;
	if (catalog_source_find("scan", &s->catalog, s->catalog_default,
				sizeof(s->catalog_default)))
		return EXIT_USAGE;
	wish.catalog = s->catalog;
	err = sources_load(&wish, &s->sources, &d);
	return err ? complain(&d, err) : 0;
}

static int check_product(const struct scan *s)
{
	const struct catalog *c = s->sources.catalog;
	const char *id = s->options->product, *near;

	if (!id || catalog_product(c, id) || catalog_vendor(c, id))
		return 0;
	near = catalog_suggest(c, id);
	fprintf(stderr, "weir: scan: --product %s: not in the catalogue%s%s%s\n", id,
		near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	return EXIT_USAGE;
}

/* All that can be wrong with the command line is found before the work begins. */
static int prepare(struct scan *s)
{
	const struct scan_options *o = s->options;
	char why[256] = "";
	int code;

	s->root = o->root ? o->root : "/";
	s->root_fd = open(s->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->root_fd < 0) {
		fprintf(stderr, "weir: scan: %s: %s\n", s->root, strerror(errno));
		return EXIT_USAGE;
	}
	if (o->diff && last_read(o->diff, &s->earlier, why, sizeof(why))) {
		fprintf(stderr, "weir: scan: %s: %s\n", o->diff, why);
		return EXIT_USAGE;
	}
	code = load_sources(s);
	return code ? code : check_product(s);
}

static int ask_policy(struct scan *s)
{
	CLEANUP(outlook_exit) struct outlook o = { 0 };
	const struct findings *f = s->look.findings;
	struct diag d;
	int err;

	if (!s->sources.policy)
		return 0;
	err = outlook_init(&s->sources, &o, &d);
	if (err == -EINVAL)
		return complain(&d, err);
	s->outlooks = calloc(f->cnt + 1UL, sizeof(*s->outlooks));
	if (err || !s->outlooks)
		return EXIT_INCOMPLETE;
	for (uint32_t i = 0; i < f->cnt; i++) {
		const struct outlook_question q = {
			.product = f->items[i].product,
			.may_enforce = f->items[i].may_enforce,
			.is_installed = true,
		};
		struct scan_outlook *to = &s->outlooks[i];
		struct weir_answer answer;

		to->rule = policy_rule_for(o.policy, o.catalog, q.product);
		if (!to->rule)
			continue;
		answer = outlook_ask(&o, &q);
		to->exemption = outlook_exemption(&o, q.product);
		to->mode = answer.mode;
		to->reason = answer.reason;
		to->would = answer.reason == WEIR_BY_RULE || answer.reason == WEIR_BY_FLAG;
	}
	return 0;
}

/* Of this host and by root: the only kind of scan that is kept without asking. */
static bool is_of_root(const struct scan *s)
{
	return root_is_live(s->root_fd) > 0 && geteuid() == 0;
}

/* Where first sightings are kept; NULL: nowhere. */
static const char *history_path(const struct scan *s)
{
	if (s->options->history)
		return s->options->history;
	return is_of_root(s) ? HISTORY_FILE : NULL;
}

static int remember(struct scan *s)
{
	const char *path = history_path(s);
	int err = path ? history_read(path, &s->history) : 0;

	if (!err)
		err = history_apply(&s->history, s->look.findings, s->sources.catalog,
				    s->report.time_s);
	s->report.gone = s->history.gone;
	s->report.gone_cnt = s->options->has_only ? 0 : s->history.gone_cnt;
	return err;
}

static void fill_report(struct scan *s)
{
	const struct scan_options *o = s->options;

	host_read(s->root_fd, &s->host);
	s->report = (struct scan_report){
		.catalog = s->sources.catalog,
		.catalog_dir = s->catalog,
		.findings = s->look.findings,
		.policy = s->sources.policy,
		.unread = s->look.unread,
		.unread_cnt = s->look.unread_cnt,
		.unread_more = s->look.unread_more,
		.host = { s->host.name, s->host.machine_id, s->host.os, s->host.kernel,
			  s->host.arch },
		.root = s->root,
		.version = WEIR_VERSION,
		.time_s = (int64_t)time(NULL),
		.only = o->has_only ? o->only : NULL,
		.shows_all = o->shows_all,
		.is_long = o->is_long,
		.has_color = o->has_color,
	};
}

/* The whole scan goes into files, whatever part of it is printed. 0 or an exit code. */
static int keep(const struct scan *s)
{
	const char *path = s->options->has_only ? NULL : history_path(s);

	/* A host that cannot keep it was looked at all the same. */
	if (path)
		history_write(path, &s->report);
	if (s->options->save && history_write(s->options->save, &s->report))
		return EXIT_INCOMPLETE;
	return 0;
}

static bool is_asked(const struct scan *s, uint32_t product)
{
	const struct product *p = &s->sources.catalog->products[product];
	const char *id = s->options->product;

	return !id || !strcmp(p->id, id) || !strcmp(s->sources.catalog->vendors[p->vendor].id, id);
}

static uint32_t drop_suspicions(const struct scan *s, struct suspicion *list, uint32_t cnt)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < cnt; i++)
		if (list[i].product != MATCH_NONE && is_asked(s, list[i].product))
			list[kept++] = list[i];
	return kept;
}

/* Leaves what --product asks for. */
static void narrow(struct scan *s)
{
	struct findings *f = s->look.findings;
	uint32_t kept = 0;

	if (!s->options->product)
		return;
	for (uint32_t i = 0; i < f->cnt; i++) {
		if (!is_asked(s, f->items[i].product))
			continue;
		if (s->outlooks)
			s->outlooks[kept] = s->outlooks[i];
		f->items[kept++] = f->items[i];
	}
	f->cnt = kept;
	f->cleared_cnt = drop_suspicions(s, f->cleared, f->cleared_cnt);
	f->weak_cnt = drop_suspicions(s, f->weak, f->weak_cnt);
}

static int look_around(struct scan *s)
{
	const struct scan_options *o = s->options;
	struct look_wish wish = {
		.root_fd = s->root_fd,
		.only = o->has_only ? o->only : NULL,
		.is_deep = o->is_deep,
		.is_idle = true,
		.has_progress = isatty(STDERR_FILENO),
	};
	int err, code;

	if (is_of_root(s)) {
		mkdir(HISTORY_DIR, 0700);
		wish.cache_dir = o->no_cache ? NULL : HISTORY_DIR;
	}
	err = look(s->sources.catalog, &wish, &s->look);
	if (err) {
		fprintf(stderr, "weir: scan: %s: %s\n", s->root, strerror(-err));
		return EXIT_INCOMPLETE;
	}
	fill_report(s);
	code = ask_policy(s);
	s->report.outlooks = s->outlooks;
	if (!code && remember(s))
		code = EXIT_INCOMPLETE;
	if (!code)
		code = keep(s);
	if (!code)
		narrow(s);
	return code;
}

static void tell_unread(const struct scan_report *r)
{
	uint32_t shown = r->unread_cnt < UNREAD_SHOWN ? r->unread_cnt : UNREAD_SHOWN;
	uint64_t more = r->unread_cnt - shown + r->unread_more;
	struct buf line = { 0 };

	for (uint32_t i = 0; i < shown; i++) {
		text_escaped(&line, r->unread[i].what, strlen(r->unread[i].what));
		fprintf(stderr, "weir: scan: %s: %s\n", buf_str(&line),
			strerror(-r->unread[i].err));
		buf_clear(&line);
	}
	buf_free(&line);
	if (more)
		fprintf(stderr, "weir: scan: and %llu more could not be read\n",
			(unsigned long long)more);
	if (!scan_is_complete(r) && geteuid() != 0)
		fputs("weir: scan: root can read more\n", stderr);
}

static int write_out(struct buf *out)
{
	int err = out->err;

	if (!err && (fwrite(out->data, 1, out->len, stdout) != out->len || fflush(stdout)))
		err = -errno;
	if (err)
		fprintf(stderr, "weir: scan: standard output: %s\n", strerror(-err));
	return err;
}

/* What makes two scans hard to compare. */
static void warn_about(const struct scan *s)
{
	const struct last *was = &s->earlier;

	if (strcmp(was->machine_id, s->host.machine_id) != 0 || strcmp(was->root, s->root) != 0)
		fprintf(stderr, "weir: scan: %s: that was another host or tree\n",
			s->options->diff);
	if (was->is_partial || s->options->has_only)
		fputs("weir: scan: one of the scans is by some collectors only\n", stderr);
}

/* Of the earlier scan, too, only what --product asks for. */
static void narrow_earlier(struct scan *s)
{
	struct records *found = &s->earlier.found;
	const char *id = s->options->product;
	size_t len = id ? strlen(id) : 0;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < found->cnt; i++) {
		const char *product = found->items[i].product;

		/* It may name products that this catalogue has lost. */
		if (!strncmp(product, id ? id : "", len) &&
		    (!len || !product[len] || product[len] == '/'))
			found->items[kept++] = found->items[i];
	}
	found->cnt = kept;
}

static int tell_difference(struct scan *s, bool *ret_is_news)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(records_exit) struct records is = { 0 };
	struct scan_diff d = {
		.was = &s->earlier.found,
		.is = &is,
		.was_s = s->earlier.time_s,
		.is_s = s->report.time_s,
		.is_complete = scan_is_complete(&s->report) && s->earlier.is_complete,
		.has_color = s->options->has_color,
	};
	int err = records_of(s->look.findings, s->sources.catalog, &is);

	if (err)
		return err;
	narrow_earlier(s);
	warn_about(s);
	if (s->options->format == SCAN_JSON)
		scan_diff_json(&d, &out);
	else
		scan_diff_table(&d, &out);
	*ret_is_news = scan_diff_is_news(&d);
	return write_out(&out);
}

static int tell(struct scan *s)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	bool is_news = s->report.findings->cnt;
	int err;

	tell_unread(&s->report);
	if (s->options->diff) {
		err = tell_difference(s, &is_news);
	} else {
		printers[s->options->format](&s->report, &out);
		err = write_out(&out);
	}
	if (err || !scan_is_complete(&s->report))
		return EXIT_INCOMPLETE;
	return is_news ? EXIT_FOUND : EXIT_FINE;
}

int cmd_scan(int argc, char **argv)
{
	struct scan_options o = { 0 };
	CLEANUP(scan_exit) struct scan s = { .options = &o, .root_fd = -1 };
	int code;

	code = scan_options_parse(argc, argv, &o);
	if (code)
		return code - 1;
	code = prepare(&s);
	if (!code)
		code = look_around(&s);
	return code ? code : tell(&s);
}
