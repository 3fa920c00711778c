// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/arm_wish.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/exit.h"

int arm_wish_usage(const struct arm_wish *w)
{
	FILE *out = w->help ? stdout : stderr;

	if (!strcmp(w->verb, "remove-window"))
		fputs("Usage: weir remove-window PRODUCT --for T --reason TEXT [--catalog DIR]\n"
		      "       weir remove-window PRODUCT --close [--reason TEXT]\n", out);
	else
		fprintf(out, "Usage: weir %s [PRODUCT]%s [--reason TEXT] [--catalog DIR]\n",
			w->verb, strcmp(w->verb, "confirm") ? " [--for T]" : "");
	return w->help ? EXIT_FINE : EXIT_USAGE;
}

/* "90s", "10m", "2h", "3d"; 0 when it is none, or longer than @max. */
static uint64_t duration_s(const char *text, uint64_t max)
{
	static const struct {
		const char *suffix;
		uint64_t seconds;
	} units[] = { { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
	char *end;
	unsigned long long n = strtoull(text, &end, 10);

	if (text[0] < '1' || text[0] > '9' || n > max)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(end, units[i].suffix))
			return n * units[i].seconds <= max ? n * units[i].seconds : 0;
	return 0;
}

static bool take_option(struct arm_wish *w, int opt)
{
	switch (opt) {
	case 'r':
		w->reason = optarg;
		return true;
	case 'c':
		w->catalog = optarg;
		return true;
	case 'x':
		w->close = true;
		return !strcmp(w->verb, "remove-window");
	case 'f':
		if (!w->for_s_max)
			return false;
		w->for_s = duration_s(optarg, w->for_s_max);
		if (!w->for_s)
			fprintf(stderr, "weir: %s: --for %s: give 1s to %" PRIu64 "h\n", w->verb,
				optarg, w->for_s_max / 3600);
		return w->for_s;
	case 'h':
		w->help = true;
		return false;
	default:
		return false;
	}
}

bool arm_wish_parse(int argc, char **argv, struct arm_wish *w)
{
	static const struct option options[] = {
		{ "reason", required_argument, NULL, 'r' },
		{ "for", required_argument, NULL, 'f' },
		{ "catalog", required_argument, NULL, 'c' },
		{ "close", no_argument, NULL, 'x' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take_option(w, opt))
			return false;
	if (optind < argc)
		w->product = argv[optind++];
	return optind == argc;
}
