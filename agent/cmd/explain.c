// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir explain: says of a file, a process, an address or a name what is known
 * against it, which rule decides and what would become of it.
 *
 * Changes nothing and needs no agent. As root it sees more: other people's
 * files, and all of the guard.
 */
#include "cmd/explain.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <weir/limits.h>

#include "base/cleanup.h"
#include "cmd/account.h"
#include "cmd/catalog_source.h"

enum { EXIT_NOTHING = 0, EXIT_LISTED = 1, EXIT_USAGE = 2, EXIT_UNREAD = 4 };

struct options {
	const char *catalog, *policy, *root;
	bool is_json;
};

static const char usage[] =
	"Usage: weir explain [--catalog DIR] [--policy FILE] [--root DIR] [--json] WHAT\n"
	"WHAT := PATH | PID | ADDR[:PORT][/tcp|/udp|/sctp] | NAME\n"
	"  a PATH has a slash (./file); [ADDR]:PORT for IPv6; a NAME is that of a product,\n"
	"  vendor, directive, package, unit, process, library, module or domain\n"
	"  --catalog DIR  default " CATALOG_SOURCE_DIR "\n"
	"  --policy FILE  default " SOURCES_POLICY ", if there is one\n"
	"  --root DIR     look for a PATH or NAME in this tree\n"
	"  --json         the same facts as one object\n"
	"Exit: 0 nothing is known against it, 1 it is listed, 2 usage, policy or catalogue,\n"
	"      4 it could not be read.\n";

/* 0: go on; else the exit code plus one, since --help ends with 0. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "catalog", required_argument, NULL, 'c' },
		{ "policy", required_argument, NULL, 'p' },
		{ "root", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'c')
			o->catalog = optarg;
		else if (c == 'p')
			o->policy = optarg;
		else if (c == 'r')
			o->root = optarg;
		else if (c == 'j')
			o->is_json = true;
		else if (c == 'h')
			return fputs(usage, stdout) < 0 ? EXIT_UNREAD + 1 : EXIT_NOTHING + 1;
		else
			return fputs(usage, stderr), EXIT_USAGE + 1;
	}
	if (optind + 1 == argc && *argv[optind])
		return 0;
	fprintf(stderr, "weir: explain: %s\n%s",
		optind + 1 < argc ? "one thing at a time" : "explain what?", usage);
	return EXIT_USAGE + 1;
}

static int complain(const struct diag *d, int err)
{
	char line[1024];

	diag_format(d, line, sizeof(line));
	fprintf(stderr, "%s\n", line);
	/* A file that is named and absent is a mistake of the command line. */
	return err == -EINVAL || err == -ENOENT ? EXIT_USAGE : EXIT_UNREAD;
}

/* 0, or an exit code after the complaint was printed. */
static int load(const struct options *o, struct sources *s)
{
	struct sources_wish wish = { .catalog = o->catalog, .policy = o->policy };
	char fallback[WEIR_PATH_MAX];
	struct diag d;
	int err;

	if (catalog_source_find("explain", &wish.catalog, fallback, sizeof(fallback)))
		return EXIT_USAGE;
	if (!wish.policy && (!access(SOURCES_POLICY, F_OK) || errno != ENOENT))
		wish.policy = SOURCES_POLICY;
	err = sources_load(&wish, s, &d);
	return err ? complain(&d, err) : 0;
}

static int print(const struct account *a, bool is_json)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	int err;

	if (is_json) {
		account_json(a, &out);
		buf_add_char(&out, '\n');
	} else {
		account_text(a, &out);
	}
	err = out.err;
	if (!err && (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout)))
		err = -errno;
	if (err)
		fprintf(stderr, "weir: explain: standard output: %s\n", strerror(-err));
	return err;
}

static int explain(const struct sources *s, const char *what, const struct options *o)
{
	CLEANUP(account_exit) struct account a = { 0 };
	CLEANUP(subject_exit) struct subject subject = { 0 };
	struct diag d = { .text = "" };
	int err;

	err = subject_read(s->catalog, o->root, what, &subject);
	if (err == -EINVAL && o->root) {
		fprintf(stderr, "weir: explain: %s: no process runs in a tree\n", what);
		return EXIT_USAGE;
	}
	if (!err)
		err = account_make(s, &subject, &a, &d);
	if (err == -EINVAL && *d.text)
		return complain(&d, err);
	if (err) {
		fprintf(stderr, "weir: explain: %s: %s\n", what, strerror(-err));
		return EXIT_UNREAD;
	}
	if (print(&a, o->is_json))
		return EXIT_UNREAD;
	if (account_is_listed(&a))
		return EXIT_LISTED;
	if (!subject.err)
		return EXIT_NOTHING;
	fprintf(stderr, "weir: explain: %s: %s\n", what, strerror(-subject.err));
	return EXIT_UNREAD;
}

int cmd_explain(int argc, char **argv)
{
	CLEANUP(sources_exit) struct sources s = { 0 };
	struct options o = { 0 };
	int code;

	code = parse_options(argc, argv, &o);
	if (code)
		return code - 1;
	code = load(&o, &s);
	return code ? code : explain(&s, argv[optind], &o);
}
