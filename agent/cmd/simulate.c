// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir simulate: a policy rehearsed on what this host has recorded.
 *
 * Nothing of the output comes from a clock: the moment rehearsed is what --at
 * says, else the end of what is recorded, so the same inputs give the same
 * bytes. The journal is read first, since only its end says when that is.
 */
#include "cmd/simulate.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/date.h"
#include "cmd/catalog_source.h"
#include "cmd/exit.h"
#include "cmd/simulation.h"
#include "cmd/since.h"

#define DEFAULT_JOURNAL "/var/log/weir"
#define DEFAULT_STATE "/var/lib/weir"

struct options {
	const char *policy, *catalog, *journal, *state, *scan, *since, *at;
	bool is_json;
};

static const char usage[] =
	"Usage: weir simulate [OPTION...] POLICY\n"
	"  --since T      only what was recorded from T on: 10m, 2h, 3d ago, or a date\n"
	"  --at DATE      rehearse that moment; default: the end of what is recorded\n"
	"  --journal DIR  default " DEFAULT_JOURNAL "\n"
	"  --scan FILE    the inventory; default scan.json of the state\n"
	"  --state DIR    what the agent keeps; default " DEFAULT_STATE "\n"
	"  --catalog DIR  default " CATALOG_SOURCE_DIR "\n"
	"  --json         one object; its keys are in agent/cmd/simulate.h of the sources\n"
	"Exit: 0 nothing would be stopped, 1 something, 2 usage or policy, 4 incomplete.\n";

/* 0: go on; else the exit code plus one, since --help ends with 0. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "since", required_argument, NULL, 's' },
		{ "at", required_argument, NULL, 'a' },
		{ "journal", required_argument, NULL, 'd' },
		{ "scan", required_argument, NULL, 'n' },
		{ "state", required_argument, NULL, 't' },
		{ "catalog", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char **const texts[] = { ['s'] = &o->since, ['a'] = &o->at,   ['d'] = &o->journal,
				       ['n'] = &o->scan,  ['t'] = &o->state, ['c'] = &o->catalog };
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'h')
			return fputs(usage, stdout) < 0 ? EXIT_INCOMPLETE + 1 : 1;
		if (c == '?')
			return fputs(usage, stderr), EXIT_USAGE + 1;
		if (c == 'j')
			o->is_json = true;
		else
			*texts[c] = optarg;
	}
	if (optind == argc - 1) {
		o->policy = argv[optind];
		return 0;
	}
	fprintf(stderr, "weir: simulate: which POLICY?\n%s", usage);
	return EXIT_USAGE + 1;
}

/* "3d" is that long before --at, or before now. */
static bool parse_times(const struct options *o, struct simulation *s)
{
	struct date d;

	s->at_s = INT64_MIN;
	s->since_ms = INT64_MIN;
	if (o->at) {
		if (date_parse(o->at, strlen(o->at), &d)) {
			fprintf(stderr, "weir: simulate: --at %s: not a date\n", o->at);
			return false;
		}
		s->at_s = date_to_epoch(&d);
	}
	if (o->since && !since_parse(o->since, o->at ? s->at_s : time(NULL), &s->since_ms)) {
		fprintf(stderr, "weir: simulate: --since %s: not understood\n", o->since);
		return false;
	}
	return true;
}

static int load(const struct options *o, struct simulation *s)
{
	struct sources_wish wish = { .catalog = o->catalog, .policy = o->policy };
	char dir[WEIR_PATH_MAX], line[800];
	struct diag d = { 0 };

	if (catalog_source_find("simulate", &wish.catalog, dir, sizeof(dir)))
		return EXIT_USAGE;
	if (!sources_load(&wish, &s->sources, &d))
		return EXIT_FINE;
	diag_format(&d, line, sizeof(line));
	fprintf(stderr, "%s\n", line);
	return EXIT_USAGE;
}

/* The end of what is recorded; the clock only where nothing is. */
static void find_moment(struct simulation *s)
{
	int64_t end_s = (s->coverage.last_ms + 999) / 1000;

	if (s->at_s != INT64_MIN)
		return;
	if (s->inventory.time_s > end_s)
		end_s = s->inventory.time_s;
	s->at_s = end_s ? end_s : (int64_t)time(NULL);
}

static void simulation_exit(struct simulation *s)
{
	rehearse_exit(&s->past);
	inventory_exit(&s->inventory);
	coverage_exit(&s->coverage);
	compiled_free(s->compiled);
	protection_end(&s->protection);
	known_exit(&s->known);
	installed_exit(&s->before);
	installed_exit(&s->installed);
	if (s->sources.policy)
		s->sources.policy->withheld = NULL;
	sources_exit(&s->sources);
	free(s->withheld);
	free(s->uids);
	free(s->is_void);
	free(s->never_seen);
	while (s->doubt_cnt)
		free(s->doubts[--s->doubt_cnt]);
	free(s->doubts);
}

static bool would_stop(const struct rehearsal *x)
{
	for (uint32_t i = 0; i < x->cnt; i++)
		if (x->acts[i].begins_s != INT64_MAX)
			return true;
	return false;
}

static int exit_code(const struct options *o, const struct simulation *s)
{
	if (s->coverage.err || s->coverage.damaged)
		return EXIT_INCOMPLETE;
	/* That nobody has looked yet is told; what was asked for must be there. */
	if (s->inventory.err && (o->scan || s->inventory.err != -ENOENT))
		return EXIT_INCOMPLETE;
	return would_stop(&s->past) || would_stop(&s->inventory.running) ? EXIT_FOUND : EXIT_FINE;
}

static int print(const struct options *o, const struct simulation *s)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	int err;

	if (o->is_json)
		simulate_json(s, &out);
	else
		simulate_text(s, &out);
	err = out.err;
	if (!err && (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout)))
		err = -errno;
	return err;
}

static int rehearse(const struct options *o, struct simulation *s)
{
	struct diag d = { 0 };
	char line[800];
	int err = simulate_journal(s);

	if (!err)
		err = simulate_scan(s);
	if (!err) {
		find_moment(s);
		err = simulate_host(s, &d);
	}
	if (err == -EINVAL) {
		diag_format(&d, line, sizeof(line));
		fprintf(stderr, "%s\n", line);
		return EXIT_USAGE;
	}
	if (!err)
		err = simulate_doubts(s);
	if (!err)
		err = print(o, s);
	if (!err)
		return exit_code(o, s);
	fprintf(stderr, "weir: simulate: %s\n", strerror(-err));
	return EXIT_INCOMPLETE;
}

int cmd_simulate(int argc, char **argv)
{
	struct options o = { .journal = DEFAULT_JOURNAL, .state = DEFAULT_STATE };
	CLEANUP(freep) struct simulation *s = calloc(1, sizeof(*s));
	char scan[WEIR_PATH_MAX];
	int code = parse_options(argc, argv, &o);

	if (code)
		return code - 1;
	if (!s || !parse_times(&o, s))
		return EXIT_USAGE;
	snprintf(scan, sizeof(scan), "%s/scan.json", o.state);
	s->journal = o.journal;
	s->state = o.state;
	s->scan = o.scan ? o.scan : scan;
	code = load(&o, s);
	if (!code)
		code = rehearse(&o, s);
	simulation_exit(s);
	return code;
}
