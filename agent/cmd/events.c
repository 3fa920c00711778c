// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir events: prints the journal, from a time on, and with -f what comes.
 *
 * Text is made again from the stored JSON, --json gives the stored lines as
 * they are. Needs no agent. What cannot be read is told on stderr and by exit
 * code 4, and never stops the rest from being shown.
 */
#include "cmd/events.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "cmd/since.h"
#include "journal/read.h"
#include "out/text.h"

#define DEFAULT_DIR "/var/log/weir"

enum { EXIT_USAGE = 2, EXIT_INCOMPLETE = 4 };

struct options {
	const char *dir;
	int64_t since_ms;
	bool follows, is_json, has_color;
};

static const char usage[] =
	"Usage: weir events [-f] [--since T] [--json] [--journal DIR] [--color WHEN]\n"
	"  -f, --follow    go on with what comes\n"
	"  --since T       from T on: 10m, 2h, 3d ago, or 2026-11-25, 2026-11-25T10:00:00Z (UTC)\n"
	"  --json          the stored lines, OCSF 1.8.0\n"
	"  --journal DIR   default " DEFAULT_DIR "\n"
	"  --color WHEN    auto, always, never\n";

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

/* 0: go on; else the exit code plus one, since --help ends with 0. */
static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "follow", no_argument, NULL, 'f' },
		{ "since", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "journal", required_argument, NULL, 'd' },
		{ "color", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "fh", longs, NULL)) != -1) {
		bool is_bad = false;

		if (c == 'f')
			o->follows = true;
		else if (c == 'j')
			o->is_json = true;
		else if (c == 'd')
			o->dir = optarg;
		else if (c == 's')
			is_bad = !since_parse(optarg, (int64_t)time(NULL), &o->since_ms);
		else if (c == 'c')
			is_bad = parse_color(optarg, &o->has_color) != 0;
		else if (c == 'h')
			return fputs(usage, stdout) < 0 ? EXIT_INCOMPLETE + 1 : 1;
		else
			return fputs(usage, stderr), EXIT_USAGE + 1;
		if (is_bad) {
			fprintf(stderr, "weir: events: --%s %s: not understood\n%s",
				c == 's' ? "since" : "color", optarg, usage);
			return EXIT_USAGE + 1;
		}
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "weir: events: %s: not expected\n%s", argv[optind], usage);
	return EXIT_USAGE + 1;
}

static const char *string_in(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static enum outcome outcome_in(json_t *unmapped)
{
	const char *name = string_in(unmapped, "outcome");

	for (int i = 0; name && i < OUTCOME_MAX; i++)
		if (!strcmp(name, outcome_name((enum outcome)i)))
			return (enum outcome)i;
	return OUTCOME_NOTE;
}

/* The bytes of the path, from their digits where JSON could not hold them. */
static void add_path(struct buf *out, json_t *event, json_t *unmapped)
{
	const char *hex = string_in(unmapped, "path_hex"), *path = NULL;
	static const char *const holders[] = { "process", "module", "driver" };
	size_t len = hex ? strlen(hex) : 0;

	for (size_t i = 0; i < ARRAY_SIZE(holders) && !path; i++) {
		json_t *file = json_object_get(json_object_get(event, holders[i]), "file");

		path = string_in(file, "path") ? string_in(file, "path") : string_in(file, "name");
	}
	if (!path)
		path = string_in(json_object_get(unmapped, "identified"), "path");
	if (hex && buf_reserve(out, len / 2) && !hex_decode(hex, len, (uint8_t *)out->data))
		out->len = len / 2;
	else if (path)
		buf_add_str(out, path);
}

static void add_address(struct buf *out, json_t *event)
{
	json_t *endpoint = json_object_get(event, "dst_endpoint");
	json_t *info = json_object_get(event, "connection_info");
	const char *ip = string_in(endpoint, "ip"), *protocol = string_in(info, "protocol_name");
	json_t *port = json_object_get(endpoint, "port");

	if (!ip)
		return;
	buf_addf(out, strchr(ip, ':') ? "[%s]" : "%s", ip);
	if (json_is_integer(port))
		buf_addf(out, ":%lld", (long long)json_integer_value(port));
	if (protocol)
		buf_addf(out, "/%s", protocol);
	else
		buf_addf(out, "/%lld",
			 (long long)json_integer_value(json_object_get(info, "protocol_num")));
}

static uint32_t number_in(json_t *object, const char *key)
{
	json_t *v = json_object_get(object, key);

	/* User ids are text in OCSF, process ids numbers. */
	if (json_is_string(v))
		return (uint32_t)strtoul(json_string_value(v), NULL, 10);
	return (uint32_t)json_integer_value(v);
}

static void print_text(struct buf *out, const struct journal_line *from, bool has_color)
{
	json_t *unmapped = json_object_get(from->event, "unmapped");
	json_t *actor = json_object_get(from->event, "actor");
	json_t *process = json_object_get(actor, "process");
	struct text_line line = {
		.time_ms = from->time_ms,
		.outcome = outcome_in(unmapped),
		.event = string_in(json_object_get(from->event, "metadata"), "event_code"),
		.who = string_in(process, "name"),
		.pid = number_in(process, "pid"),
		.uid = number_in(json_object_get(actor, "user"), "uid"),
		.product = string_in(unmapped, "product"),
		.reason = string_in(from->event, "message"),
	};
	struct buf object = { 0 };

	if (!line.event)
		line.event = "event";
	add_path(&object, from->event, unmapped);
	add_address(&object, from->event);
	if (object.len) {
		line.object = object.data;
		line.object_len = object.len;
	}
	text_line(out, &line, has_color);
	buf_free(&object);
}

/* 0, or -EPIPE and the like: nobody reads on. */
static int print_line(const struct journal_line *line, const struct options *o)
{
	struct buf out = { 0 };
	int err = 0;

	if (o->is_json) {
		buf_add(&out, line->text, line->len);
		buf_add_char(&out, '\n');
	} else {
		print_text(&out, line, o->has_color);
	}
	if (out.err)
		err = out.err;
	else if (fwrite(out.data, 1, out.len, stdout) != out.len)
		err = -errno;
	buf_free(&out);
	return err;
}

/* Prints what there is. 0, EXIT_INCOMPLETE, or -errno of stdout. */
static int print_present(struct journal_reader *r, const struct options *o)
{
	struct journal_line line;
	int got, err, ret = 0;

	while ((got = journal_reader_next(r, &line)) > 0) {
		if (!line.event) {
			fprintf(stderr, "weir: journal: %s:%llu: %s; skipped\n", line.file,
				(unsigned long long)line.number, line.why);
			ret = EXIT_INCOMPLETE;
			continue;
		}
		err = print_line(&line, o);
		if (err)
			return err;
	}
	if (got < 0) {
		fprintf(stderr, "weir: journal: %s: %s\n", o->dir, strerror(-got));
		ret = EXIT_INCOMPLETE;
	}
	if (fflush(stdout))
		return -errno;
	return ret;
}

static int print_all(struct journal_reader *r, const struct options *o)
{
	int err, ret = 0;

	for (;;) {
		err = print_present(r, o);
		if (err < 0) {
			fprintf(stderr, "weir: events: standard output: %s\n", strerror(-err));
			return EXIT_INCOMPLETE;
		}
		ret = err ? err : ret;
		if (!o->follows)
			return ret;
		err = journal_reader_wait(r, -1);
		if (err < 0) {
			fprintf(stderr, "weir: journal: %s: %s\n", o->dir, strerror(-err));
			return EXIT_INCOMPLETE;
		}
	}
}

int cmd_events(int argc, char **argv)
{
	struct options o = { .dir = DEFAULT_DIR, .since_ms = INT64_MIN };
	CLEANUP(journal_reader_freep) struct journal_reader *r = NULL;
	int err;

	parse_color("auto", &o.has_color);
	err = parse_options(argc, argv, &o);
	if (err)
		return err - 1;
	err = journal_reader_new(o.dir, o.since_ms, &r);
	/* Before the first look: what comes in between is then not missed. */
	if (!err && o.follows)
		err = journal_reader_follow(r);
	if (err) {
		fprintf(stderr, "weir: journal: %s: %s\n", o.dir, strerror(-err));
		return EXIT_INCOMPLETE;
	}
	return print_all(r, &o);
}
