// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir scan: looks at this host, or at a tree, and says what of the catalogue
 * is there, how sure that is, and what it would take to be rid of it.
 *
 * Changes nothing but its own memory of earlier scans, executes nothing, and
 * needs no agent. Whoever is not root gets an answer, too, with a list of what
 * could not be read.
 */
#include "cmd/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "cmd/exit.h"
#include "cmd/look.h"
#include "cmd/sources.h"
#include "cmd/version.h"
#include "collect/survey.h"
#include "inventory/host.h"
#include "out/scan_json.h"
#include "out/scan_table.h"
#include "out/text.h"

/* Told to people; the JSON has all that were kept. */
#define UNREAD_SHOWN 50

#define ONLY_MAX 64

static const char usage[] =
	"Usage: weir scan [OPTIONS]\n"
	"  --root DIR      look at this tree, without touching the running system\n"
	"  --catalog DIR   default " SOURCES_CATALOG "\n"
	"  --all           also what was cleared, and what is too weak for a finding\n"
	"  --long          all things of each product, and what they were recognised by\n"
	"  --only LIST     these collectors alone, with commas\n"
	"  --deep          open every file, whatever its name and mode say\n"
	"  --no-cache      remember nothing of files, and use nothing remembered\n"
	"  --format F      table, json\n"
	"  --json          the same as --format json\n"
	"  --color WHEN    auto, always, never\n"
	"Exit: 0 nothing, 1 found, 2 usage, policy or catalogue, 4 something could not be read,\n"
	"      found or not.\n";

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_MAX };

static const struct {
	const char *name;
	void (*print)(const struct scan_report *r, struct buf *out);
} formats[] = {
	[FORMAT_TABLE] = { "table", scan_table },
	[FORMAT_JSON] = { "json", scan_json },
};
_Static_assert(ARRAY_SIZE(formats) == FORMAT_MAX, "every format has a writer");

struct options {
	const char *root, *catalog;
	const char *only[ONLY_MAX + 1];
	bool has_only, shows_all, is_long, is_deep, no_cache, has_color;
	enum format format;
};

static int parse_color(const char *when, bool *ret)
{
	const char *no_color = getenv("NO_COLOR");

	if (!strcmp(when, "always"))
		*ret = true;
	else if (!strcmp(when, "never"))
		*ret = false;
	else if (!strcmp(when, "auto"))
		*ret = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	else
		return -EINVAL;
	return 0;
}

static int parse_format(const char *name, enum format *ret)
{
	for (unsigned int i = 0; i < FORMAT_MAX; i++)
		if (!strcmp(formats[i].name, name)) {
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

static bool is_collector(const char *name)
{
	for (const struct collector *c = collectors; c->name; c++)
		if (!strcmp(c->name, name))
			return true;
	return false;
}

/* Splits @list in place; the words live as long as it does. */
static int parse_only(char *list, struct options *o)
{
	size_t cnt = 0;
	char *save = NULL;

	for (char *name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		if (cnt < ONLY_MAX && is_collector(name)) {
			o->only[cnt++] = name;
			continue;
		}
		fprintf(stderr, "weir: scan: --only: no collector \"%s\"; there are:\n", name);
		for (const struct collector *c = collectors; c->name; c++)
			fprintf(stderr, "  %-12s %s\n", c->name, c->what ? c->what : "");
		return -EINVAL;
	}
	o->has_only = true;
	return cnt ? 0 : -EINVAL;
}

static const struct option longs[] = {
	{ "root", required_argument, NULL, 'r' },
	{ "catalog", required_argument, NULL, 'c' },
	{ "all", no_argument, NULL, 'a' },
	{ "long", no_argument, NULL, 'l' },
	{ "only", required_argument, NULL, 'o' },
	{ "deep", no_argument, NULL, 'd' },
	{ "no-cache", no_argument, NULL, 'n' },
	{ "format", required_argument, NULL, 'f' },
	{ "json", no_argument, NULL, 'j' },
	{ "color", required_argument, NULL, 'k' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* 0, or -EINVAL: the argument makes no sense. */
static int take_option(int c, struct options *o)
{
	switch (c) {
	case 'r':
		o->root = optarg;
		return 0;
	case 'c':
		o->catalog = optarg;
		return 0;
	case 'a':
		o->shows_all = true;
		return 0;
	case 'l':
		o->is_long = true;
		return 0;
	case 'o':
		return parse_only(optarg, o);
	case 'd':
		o->is_deep = true;
		return 0;
	case 'n':
		o->no_cache = true;
		return 0;
	case 'f':
		return parse_format(optarg, &o->format);
	case 'j':
		o->format = FORMAT_JSON;
		return 0;
	default:
		return parse_color(optarg, &o->has_color);
	}
}

/* 0: go on; else the exit code plus one, since --help ends with 0. */
static int parse_options(int argc, char **argv, struct options *o)
{
	int c;

	optind = 1;
	parse_color("auto", &o->has_color);
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'h')
			return fputs(usage, stdout) < 0 ? EXIT_INCOMPLETE + 1 : EXIT_FINE + 1;
		if (c == '?')
			return fputs(usage, stderr), EXIT_USAGE + 1;
		if (take_option(c, o)) {
			fprintf(stderr, "weir: scan: %s: not understood\n%s", optarg, usage);
			return EXIT_USAGE + 1;
		}
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "weir: scan: %s: not expected\n%s", argv[optind], usage);
	return EXIT_USAGE + 1;
}

static int complain(const struct diag *d, int err)
{
	char line[1024];

	diag_format(d, line, sizeof(line));
	fprintf(stderr, "%s\n", line);
	/* A file that is named and absent is a mistake of the command line. */
	return err == -EINVAL || err == -ENOENT ? EXIT_USAGE : EXIT_INCOMPLETE;
}

/* 0, or an exit code after the complaint was printed. */
static int load(const struct options *o, char *dir, size_t size, struct sources *s)
{
	struct sources_wish wish = { .catalog = dir };
	struct diag d;
	int err;

	if (o->catalog) {
		snprintf(dir, size, "%s", o->catalog);
	} else if (sources_default_catalog(dir, size)) {
		fputs("weir: scan: there is no catalogue in " SOURCES_CATALOG
		      "; name one with --catalog DIR\n", stderr);
		return EXIT_USAGE;
	}
	err = sources_load(&wish, s, &d);
	return err ? complain(&d, err) : 0;
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

static int print(const struct options *o, const struct scan_report *r)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	int err;

	formats[o->format].print(r, &out);
	err = out.err;
	if (!err && (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout)))
		err = -errno;
	if (err)
		fprintf(stderr, "weir: scan: standard output: %s\n", strerror(-err));
	return err;
}

static int tell(const struct options *o, const struct scan_report *r)
{
	tell_unread(r);
	if (print(o, r) || !scan_is_complete(r))
		return EXIT_INCOMPLETE;
	return r->findings->cnt ? EXIT_FOUND : EXIT_FINE;
}

static int scan(const struct options *o, const struct sources *s, const char *catalog_dir)
{
	const char *root = o->root ? o->root : "/";
	CLEANUP(close_fdp) int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(look_exit) struct look l = { 0 };
	struct look_wish wish = {
		.root_fd = root_fd,
		.only = o->has_only ? o->only : NULL,
		.is_deep = o->is_deep,
		.has_cache = !o->no_cache,
		.has_progress = isatty(STDERR_FILENO),
	};
	struct host host;
	int err;

	if (root_fd < 0) {
		fprintf(stderr, "weir: scan: %s: %s\n", root, strerror(errno));
		return EXIT_USAGE;
	}
	err = look(s->catalog, &wish, &l);
	if (err) {
		fprintf(stderr, "weir: scan: %s: %s\n", root, strerror(-err));
		return EXIT_INCOMPLETE;
	}
	host_read(root_fd, &host);
	return tell(o, &(struct scan_report){
		.catalog = s->catalog,
		.catalog_dir = catalog_dir,
		.findings = l.findings,
		.unread = l.unread,
		.unread_cnt = l.unread_cnt,
		.unread_more = l.unread_more,
		.host = { host.name, host.machine_id, host.os, host.kernel, host.arch },
		.root = root,
		.version = WEIR_VERSION,
		.time_s = (int64_t)time(NULL),
		.only = wish.only,
		.shows_all = o->shows_all,
		.is_long = o->is_long,
		.has_color = o->has_color,
	});
}

int cmd_scan(int argc, char **argv)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	struct options o = { 0 };
	char dir[WEIR_PATH_MAX];
	int code;

	code = parse_options(argc, argv, &o);
	if (code)
		return code - 1;
	code = load(&o, dir, sizeof(dir), &s);
	return code ? code : scan(&o, &s, dir);
}
