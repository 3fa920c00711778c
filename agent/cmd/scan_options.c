// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/scan_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/catalog_source.h"
#include "cmd/exit.h"
#include "cmd/history.h"
#include "collect/survey.h"

static const char usage[] =
	"Usage: weir scan [OPTIONS]\n"
	"  --root DIR      look at this tree, without touching the running system\n"
	"  --catalog DIR   default " CATALOG_SOURCE_DIR "\n"
	"  --policy FILE   say what this policy would do about what is found\n"
	"  --product ID    tell of this product or vendor alone\n"
	"  --all           also what was cleared, and what is too weak for a finding\n"
	"  --long          all things of each product, and what they were recognised by\n"
	"  --only LIST     these collectors alone, with commas\n"
	"  --deep          open every file, whatever its name and mode say\n"
	"  --no-cache      remember nothing of files, and use nothing remembered\n"
	"  --format F      table, json, csv or ocsf\n"
	"  --json          the same as --format json\n"
	"  --save FILE     write the JSON of the whole scan there, too\n"
	"  --diff FILE     say what is different from that earlier JSON (table, json)\n"
	"  --history FILE  keep there when things were first seen; default, for root and\n"
	"                  this host, " HISTORY_FILE "\n"
	"  --color WHEN    auto, always, never\n"
	"Exit: 0 nothing, 1 found (with --diff: something appeared or changed), 2 usage, policy\n"
	"      or catalogue, 4 something could not be read, found or not.\n";

static const char *const format_names[] = {
	[SCAN_TABLE] = "table", [SCAN_JSON] = "json", [SCAN_CSV] = "csv", [SCAN_OCSF] = "ocsf",
};
_Static_assert(ARRAY_SIZE(format_names) == SCAN_FORMAT_MAX, "every format has a name");

static const struct option longs[] = {
	{ "root", required_argument, NULL, 'r' },
	{ "catalog", required_argument, NULL, 'c' },
	{ "policy", required_argument, NULL, 'p' },
	{ "product", required_argument, NULL, 'i' },
	{ "all", no_argument, NULL, 'a' },
	{ "long", no_argument, NULL, 'l' },
	{ "only", required_argument, NULL, 'o' },
	{ "deep", no_argument, NULL, 'd' },
	{ "no-cache", no_argument, NULL, 'n' },
	{ "format", required_argument, NULL, 'f' },
	{ "json", no_argument, NULL, 'j' },
	{ "save", required_argument, NULL, 's' },
	{ "diff", required_argument, NULL, 'D' },
	{ "history", required_argument, NULL, 'H' },
	{ "color", required_argument, NULL, 'k' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
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

static int parse_format(const char *name, enum scan_format *ret)
{
	for (unsigned int i = 0; i < SCAN_FORMAT_MAX; i++)
		if (!strcmp(format_names[i], name)) {
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
static int parse_only(char *list, struct scan_options *o)
{
	size_t cnt = 0;
	char *save = NULL;

	for (char *name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		if (cnt < SCAN_ONLY_MAX && is_collector(name)) {
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

static bool take_flag(int c, struct scan_options *o)
{
	bool *flag = c == 'a' ? &o->shows_all :
		     c == 'l' ? &o->is_long :
		     c == 'd' ? &o->is_deep :
		     c == 'n' ? &o->no_cache :
				NULL;

	if (flag)
		*flag = true;
	return flag;
}

static bool take_text(int c, struct scan_options *o)
{
	const char **text = c == 'r' ? &o->root :
			    c == 'c' ? &o->catalog :
			    c == 'p' ? &o->policy :
			    c == 'i' ? &o->product :
			    c == 's' ? &o->save :
			    c == 'D' ? &o->diff :
			    c == 'H' ? &o->history :
				       NULL;

	if (text)
		*text = optarg;
	return text;
}

/* 0, or -EINVAL: the argument makes no sense. */
static int take_option(int c, struct scan_options *o)
{
	if (take_flag(c, o) || take_text(c, o))
		return 0;
	switch (c) {
	case 'o':
		return parse_only(optarg, o);
	case 'f':
		return parse_format(optarg, &o->format);
	case 'j':
		o->format = SCAN_JSON;
		return 0;
	default:
		return parse_color(optarg, &o->has_color);
	}
}

static int refuse(const char *what, const char *why)
{
	fprintf(stderr, "weir: scan: %s: %s\n%s", what, why, usage);
	return EXIT_USAGE + 1;
}

int scan_options_parse(int argc, char **argv, struct scan_options *o)
{
	int c;

	optind = 1;
	parse_color("auto", &o->has_color);
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'h')
			return fputs(usage, stdout) < 0 ? EXIT_INCOMPLETE + 1 : EXIT_FINE + 1;
		if (c == '?')
			return fputs(usage, stderr), EXIT_USAGE + 1;
		if (take_option(c, o))
			return refuse(optarg, "not understood");
	}
	if (optind < argc)
		return refuse(argv[optind], "not expected");
	if (o->diff && o->format != SCAN_TABLE && o->format != SCAN_JSON)
		return refuse(format_names[o->format], "a difference is told as table or json");
	return 0;
}
