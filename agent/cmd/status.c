// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir status: what the running agent says of itself; without one, what the
 * kernel still does on its own.
 */
#include "cmd/status.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "cmd/exit.h"
#include "cmd/outlook.h"
#include "out/text.h"
#include "sense/pins.h"

/* An agent that is stopped accepts and never answers. */
#define ANSWER_TIMEOUT_S 5

/* -ENOENT: no agent. -ETIMEDOUT: one that does not answer. */
static int ask(struct buf *out)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = AGENT_SOCKET };
	struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	CLEANUP(close_fdp) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char piece[4096];
	ssize_t n;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)))
		return errno == ECONNREFUSED ? -ENOENT : -errno;
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		buf_add(out, piece, n);
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return out->err ? out->err : out->len ? 0 : -ETIMEDOUT;
}

static const char *str(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "?";
}

static long long num(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

static void print_gates(const json_t *gates)
{
	const char *why;
	size_t i;
	json_t *g;

	puts("  hook     mechanism   strength  effect");
	json_array_foreach(gates, i, g) {
		printf("  %-8s %-11s %-9s %s\n", str(g, "hook"), str(g, "mechanism"),
		       str(g, "strength"), str(g, "effect"));
		why = json_string_value(json_object_get(g, "why"));
		if (why)
			printf("             %s\n", why);
	}
}

static void print_counters(const json_t *c, const json_t *t)
{
	printf("table: %lld files, %lld directories, %lld hashes, %lld build-ids, %lld prefixes; "
	       "%lld files guarded\n",
	       num(t, "files"), num(t, "directories"), num(t, "hashes"), num(t, "build_ids"),
	       num(t, "prefixes"), num(t, "guarded"));
	printf("since start: %lld records, %lld denials, %lld lost, %lld identified, "
	       "%lld keys added, %lld journal lines lost\n",
	       num(c, "records"), num(c, "denials"), num(c, "lost"), num(c, "identified"),
	       num(c, "keys_added"), num(c, "journal_lost"));
}

/* Nothing of it is usual. */
static void print_parser(const json_t *c)
{
	if (!(num(c, "parser_crashed") || num(c, "parser_hung") || num(c, "parser_lied") ||
	      num(c, "parser_absent")))
		return;
	printf("PARSER: crashed on %lld files, hung on %lld, lied on %lld, not started for %lld: "
	       "see weir events\n",
	       num(c, "parser_crashed"), num(c, "parser_hung"), num(c, "parser_lied"),
	       num(c, "parser_absent"));
}

static void print_inventory(const json_t *i)
{
	if (!i)
		return;
	printf("inventory: %s, %lld passes, %lld listed files, %lld with a key, %lld guarded, "
	       "%lld places not read\n",
	       str(i, "state"), num(i, "passes"), num(i, "files"), num(i, "keys"),
	       num(i, "guarded"), num(i, "unread"));
	if (num(i, "failures"))
		printf("INVENTORY: %lld passes did not come to their end: see weir events\n",
		       num(i, "failures"));
}

/* What is not as the policy has it, and until when. */
static void print_holds(const json_t *j)
{
	const json_t *holds = json_object_get(j, "holds"), *h;
	size_t i;

	if (num(j, "arm_left_s"))
		printf("UNCONFIRMED: ends in %lld s unless `weir confirm` comes from a new login\n",
		       num(j, "arm_left_s"));
	if (num(j, "arms_again_s"))
		printf("DISARMED: armed again in %lld s\n", num(j, "arms_again_s"));
	json_array_foreach(holds, i, h) {
		printf("HELD: %s: %s", str(h, "product"), str(h, "state"));
		if (json_object_get(h, "left_s"))
			printf(" for another %lld s", num(h, "left_s"));
		putchar('\n');
	}
}

static void print_trust(const json_t *j)
{
	const json_t *o = json_object_get(j, "origin");

	printf("trust: %s\n", str(j, "trust"));
	if (json_object_get(o, "held"))
		printf("STEPS HELD: no step up is taken: %s\n", str(o, "held"));
	if (num(o, "young_indicators"))
		printf("NEW: %lld indicators are newer than the pinned catalogue and only "
		       "watched\n",
		       num(o, "young_indicators"));
}

#define AHEAD_S (30 * 86400)

/* What comes within a month, and what this version does not do of it. */
static void print_phases(const json_t *j)
{
	const json_t *phases = json_object_get(j, "phases"), *w = json_object_get(j, "windows"), *s;
	size_t i;

	json_array_foreach(phases, i, s) {
		const json_t *next = json_object_get(s, "next");

		if (next && num(next, "left_s") <= AHEAD_S)
			printf("AHEAD: %s: %s -> %s at %s, in %lld d %lld h\n", str(s, "rule"),
			       str(s, "mode"), str(next, "mode"), str(next, "at"),
			       num(next, "left_s") / 86400, num(next, "left_s") / 3600 % 24);
	}
	if (json_is_true(json_object_get(j, "offline")))
		puts("OFFLINE: " OUTLOOK_OFFLINE);
	if (w && !json_is_true(json_object_get(w, "lapse_first")))
		printf("WINDOWS: the kernel knows those of only-during until %s; without an agent "
		       "the mode is `otherwise` from then on\n", str(w, "reach"));
}

/* A name that somebody else has chosen. */
static void print_escaped(const char *text)
{
	CLEANUP(buf_free) struct buf out = { 0 };

	text_escaped(&out, text ? text : "?", text ? strlen(text) : 1);
	fputs(buf_str(&out), stdout);
}

/* What is not taken away yet, or was with nothing in its place. */
static void print_protection(const json_t *j)
{
	const json_t *list = json_object_get(j, "protection"), *cuts = json_object_get(j, "cuts");
	const json_t *s;
	size_t i;

	json_array_foreach(list, i, s) {
		bool is_open = json_is_true(json_object_get(s, "unprotected"));

		if (json_is_true(json_object_get(s, "held")))
			printf("STEP HELD: %s\n", str(s, "why"));
		if (is_open || num(s, "unprotected_s"))
			printf("UNPROTECTED: %s (line %lld): %lld min in all%s\n", str(s, "rule"),
			       num(s, "line"), num(s, "unprotected_min"),
			       is_open ? ", and now" : "");
	}
	json_array_foreach(cuts, i, s)
		printf("NETWORK: %s%s\n", str(s, "why"),
		       json_is_true(json_object_get(s, "held")) ? ": held below offline" : "");
}

/* What of a blocked product still runs, and which units are kept from starting. */
static void print_switch(const json_t *j)
{
	const json_t *list = json_object_get(j, "running"), *masked = json_object_get(j, "masked");
	const json_t *s;
	size_t i;

	json_array_foreach(list, i, s) {
		printf("RUNS: %s: pid %lld ", str(s, "product"), num(s, "pid"));
		print_escaped(json_string_value(json_object_get(s, "path")));
		printf(", %s%s, user ", json_string_value(json_object_get(s, "unit")) ? "unit " :
											 "no unit",
		       json_string_value(json_object_get(s, "unit")) ? str(s, "unit") : "");
		print_escaped(str(s, "user"));
		printf(": %s\n", str(s, "fate"));
	}
	json_array_foreach(masked, i, s)
		printf("MASKED: %s (%s)\n", str(s, "unit"), str(s, "product"));
}

static void print_text(const json_t *j)
{
	const json_t *p = json_object_get(j, "policy"), *r = json_object_get(j, "refused");

	printf("EFFECTIVE: %s\n", str(j, "effective"));
	printf("agent: running, pid %lld, %s%s\n", num(j, "pid"),
	       json_is_true(json_object_get(j, "ready")) ? "ready" : "NOT ready: ",
	       json_is_true(json_object_get(j, "ready")) ? "" : str(j, "not_ready"));
	printf("policy: %s serial %lld, enforce: %s, %s (%s)\n", str(p, "name"),
	       num(p, "serial"), json_is_true(json_object_get(p, "enforce")) ? "true" : "false",
	       str(j, "arm"), str(p, "file"));
	if (json_object_get(p, "kept"))
		printf("GUARDED: %s: that runs, all else is in force\n", str(p, "kept"));
	if (r)
		printf("REFUSED: wanted %lld, running %lld, because %s\n",
		       num(r, "wanted_serial"), num(p, "serial"), str(r, "because"));
	printf("uncovered at boot: %lld.%lld s\n", num(j, "uncovered_at_boot_ms") / 1000,
	       num(j, "uncovered_at_boot_ms") / 100 % 10);
	print_trust(j);
	print_holds(j);
	print_phases(j);
	print_protection(j);
	print_switch(j);
	print_gates(json_object_get(j, "gates"));
	print_counters(json_object_get(j, "counters"), json_object_get(j, "table"));
	print_parser(json_object_get(j, "counters"));
	print_inventory(json_object_get(j, "inventory"));
	if (json_object_get(j, "journal_trouble"))
		printf("JOURNAL: cannot be written: %s; the gates are not affected\n",
		       str(j, "journal_trouble"));
}

/* No agent to ask: the kernel's own state is on the pins. */
static int without_agent(int why, bool as_json)
{
	struct weir_control c = {};
	struct weir_arm arm;
	const char *agent = why == -ETIMEDOUT ? "does not answer" : "not running";
	int err = pins_read_control(&c);
	bool acts;

	if (err == -EPROTO && !as_json) {
		printf("EFFECTIVE: the kernel goes on alone, by another build of weir\n"
		       "agent: %s; `weir disarm` works without it\n", agent);
		return EXIT_CANNOT;
	}
	if (err || pins_read_arm(&arm)) {
		if (as_json)
			printf("{\"agent\":\"%s\",\"gates\":[],\"ready\":false}\n", agent);
		else
			printf("EFFECTIVE: nothing: agent %s, no gates pinned\n", agent);
		return EXIT_CANNOT;
	}
	acts = c.enforce && arming_state(&arm, arming_now_ns()) != ARMED_NO &&
	       c.lapse_ns > arming_now_ns();
	if (as_json)
		printf("{\"agent\":\"%s\",\"ready\":false,\"enforcing\":%s,\"generation\":%llu}\n",
		       agent, acts ? "true" : "false", (unsigned long long)c.generation);
	else
		printf("EFFECTIVE: the kernel goes on alone: %s by table generation %llu\n"
		       "agent: %s; `weir disarm` works without it\n",
		       acts ? "blocks" : "blocks nothing", (unsigned long long)c.generation,
		       agent);
	return EXIT_CANNOT;
}

int status_policy(char *name, size_t size, int64_t *serial)
{
	CLEANUP(buf_free) struct buf text = {};
	json_auto_t *j = NULL;
	const json_t *p;
	int err = ask(&text);

	if (err)
		return err;
	j = json_loadb(text.data, text.len, 0, NULL);
	p = json_object_get(j, "policy");
	if (!p)
		return -EPROTO;
	snprintf(name, size, "%s", str(p, "name"));
	*serial = num(p, "serial");
	return 0;
}

void status_sources(char *policy, size_t policy_size, char *catalog, size_t catalog_size)
{
	CLEANUP(buf_free) struct buf text = {};
	json_auto_t *j = NULL;
	const json_t *p;

	if (ask(&text))
		return;
	j = json_loadb(text.data, text.len, 0, NULL);
	p = json_object_get(j, "policy");
	if (json_is_string(json_object_get(p, "file")))
		snprintf(policy, policy_size, "%s", str(p, "file"));
	if (json_is_string(json_object_get(p, "catalog")))
		snprintf(catalog, catalog_size, "%s", str(p, "catalog"));
}

pid_t status_pid(void)
{
	CLEANUP(buf_free) struct buf text = {};
	json_auto_t *j = NULL;

	if (ask(&text))
		return -1;
	j = json_loadb(text.data, text.len, 0, NULL);
	return j ? (pid_t)num(j, "pid") : -1;
}

static int show(bool as_json, bool want_ready)
{
	CLEANUP(buf_free) struct buf text = {};
	json_auto_t *j = NULL;
	int err = ask(&text);

	if (err && want_ready)
		return EXIT_CANNOT;
	if (err)
		return without_agent(err, as_json);
	j = json_loadb(text.data, text.len, 0, NULL);
	if (!j) {
		fputs("weir: status: the agent's answer is damaged\n", stderr);
		return EXIT_INCOMPLETE;
	}
	if (want_ready && !json_is_true(json_object_get(j, "ready")))
		return EXIT_CANNOT;
	if (as_json)
		fwrite(text.data, 1, text.len, stdout);
	else
		print_text(j);
	return EXIT_FINE;
}

/* Asks again every so often until ready or the time is up; then tells why not. */
static int wait_ready(bool as_json, unsigned int timeout_s)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000000L };
	uint64_t end = arming_now_ns() + timeout_s * 1000000000ULL;

	while (show(as_json, true) != EXIT_FINE) {
		if (arming_now_ns() >= end) {
			fprintf(stderr, "weir: status: not ready within %u s\n", timeout_s);
			show(as_json, false);
			return EXIT_CANNOT;
		}
		nanosleep(&pause, NULL);
	}
	return EXIT_FINE;
}

static int usage(FILE *out, int rc)
{
	fputs("Usage: weir status [--json] [--wait ready [--timeout SECONDS]]\n", out);
	return rc;
}

int cmd_status(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "wait", required_argument, NULL, 'w' },
		{ "timeout", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	bool as_json = false, wait = false;
	long timeout = 30;
	char none[] = "", *end = none;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'j')
			as_json = true;
		else if (opt == 'w' && !strcmp(optarg, "ready"))
			wait = true;
		else if (opt == 't')
			timeout = strtol(optarg, &end, 10);
		else
			return opt == 'h' ? usage(stdout, EXIT_FINE) : usage(stderr, EXIT_USAGE);
	}
	if (optind < argc || *end || timeout < 0 || timeout > 86400)
		return usage(stderr, EXIT_USAGE);
	return wait ? wait_ready(as_json, timeout) : show(as_json, false);
}
