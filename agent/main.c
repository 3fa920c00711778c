// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir: one binary, one verb each.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/arm.h"
#include "cmd/bundle.h"
#include "cmd/calendar.h"
#include "cmd/check.h"
#include "cmd/detach.h"
#include "cmd/doctor.h"
#include "cmd/events.h"
#include "cmd/exemptions.h"
#include "cmd/exit.h"
#include "cmd/explain.h"
#include "cmd/feed.h"
#include "cmd/grant.h"
#include "cmd/run.h"
#include "cmd/scan.h"
#include "cmd/simulate.h"
#include "cmd/status.h"
#include "cmd/version.h"
#include "parse/cell.h"

static const struct {
	const char *verb;
	int (*run)(int argc, char **argv);
	const char *what;
} verbs[] = {
	{ "scan", cmd_scan, "what of the catalogue is on this host, or in this tree" },
	{ "check", cmd_check, "is a policy, vendor or directive file well formed" },
	{ "simulate", cmd_simulate, "what a policy would have stopped here, by the journal" },
	{ "run", cmd_run, "the agent: watch, and block what is armed" },
	{ "calendar", cmd_calendar, "when which mode begins on this host, and why then" },
	{ "status", cmd_status, "what is in force, how strong, what was lost" },
	{ "events", cmd_events, "what happened, from the journal" },
	{ "explain", cmd_explain, "which rule decides about a file, process, address or name" },
	{ "doctor", cmd_doctor, "what this kernel can do, and why not more" },
	{ "feed", cmd_feed, "what the agent asks of the inventory: listed files, a line each" },
	{ "exemptions", cmd_exemptions, "who is spared, until when, and how often it was needed" },
	{ "request", cmd_request, "ask for an exemption from what was refused" },
	{ "grant", cmd_grant, "give one, for a file and a user, until a date" },
	{ "bundle", cmd_bundle, "a policy and a catalogue in one signed file" },
	{ "arm", cmd_arm, "let the policy block, for ten minutes" },
	{ "confirm", cmd_confirm, "keep it armed, from a new login" },
	{ "disarm", cmd_disarm, "block nothing; works with the agent stopped" },
	{ "detach", cmd_detach, "take all of weir out of the kernel, before an uninstallation" },
	{ "remove-window", cmd_remove_window, "let a product's own uninstaller run, for a while" },
};

static int help(FILE *out, int rc)
{
	size_t i;

	fputs("Usage: weir VERB [OPTIONS]\n", out);
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(out, "  %-13s %s\n", verbs[i].verb, verbs[i].what);
	fputs("Exit: 0 fine, 1 found, 2 usage or policy, 3 this host cannot, 4 incomplete. "
	      "See weir(8).\n", out);
	return rc;
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc && !strcmp(argv[0], CELL_ARGV0))
		cell_main();
	if (argc < 2)
		return help(stderr, EXIT_USAGE);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))
		return help(stdout, EXIT_FINE);
	if (!strcmp(argv[1], "--version")) {
		puts("weir " WEIR_VERSION);
		return EXIT_FINE;
	}
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(argv[1], verbs[i].verb))
			return verbs[i].run(argc - 1, argv + 1);
	fprintf(stderr, "weir: unknown verb \"%s\"\n", argv[1]);
	return help(stderr, EXIT_USAGE);
}
