// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir arm, confirm, disarm: straight to the pinned map, so that none of them
 * depends on an agent that answers. The agent notices and writes it down; with
 * no agent the disarm still stands on disk and is honoured by the next one.
 *
 * An arm ends by itself after ten minutes unless it is confirmed from another
 * login session: whoever armed and thereby locked himself out cannot confirm,
 * and so gets back in.
 */
#include "cmd/arm.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "cmd/arming.h"
#include "cmd/exit.h"
#include "cmd/status.h"
#include "sense/pins.h"

struct wish {
	const char *verb;
	const char *reason;
	uint64_t for_ns; /* 0: the default */
};

static int usage(const char *verb)
{
	fprintf(stderr, "Usage: weir %s%s [--reason TEXT]\n", verb,
		strcmp(verb, "arm") ? "" : " [--for T]");
	return EXIT_USAGE;
}

/* "90s", "10m", "2h"; 0 when it is none. */
static uint64_t duration_ns(const char *text)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);
	unsigned long long unit = 0;

	if (!strcmp(end, "s"))
		unit = 1;
	else if (!strcmp(end, "m"))
		unit = 60;
	else if (!strcmp(end, "h"))
		unit = 3600;
	return text[0] >= '1' && text[0] <= '9' && n <= 24 * 3600 ? n * unit * 1000000000 : 0;
}

static bool parse(int argc, char **argv, struct wish *w)
{
	static const struct option options[] = {
		{ "reason", required_argument, NULL, 'r' },
		{ "for", required_argument, NULL, 'f' },
		{},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'r')
			w->reason = optarg;
		else if (opt == 'f' && !strcmp(w->verb, "arm"))
			w->for_ns = duration_ns(optarg);
		else
			return false;
		if (opt == 'f' && !w->for_ns) {
			fprintf(stderr, "weir: --for %s: give 1s to 24h\n", optarg);
			return false;
		}
	}
	if (optind < argc && strcmp(argv[optind], "--"))
		fprintf(stderr, "weir: %s %s: single products cannot be %sed by this version; "
				"the whole host can\n", w->verb, argv[optind], w->verb);
	return optind == argc;
}

static int no_gates(const char *verb, int err)
{
	if (err == -ENOENT)
		fprintf(stderr, "weir: %s: no gates are pinned on this host: start `weir run`\n",
			verb);
	else
		fprintf(stderr, "weir: %s: %s\n", verb, strerror(-err));
	return EXIT_CANNOT;
}

/* What an administrator did to the host belongs into the host's own log too. */
static void tell(const struct wish *w, const char *what)
{
	openlog("weir", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_NOTICE, "%s by uid %u, session %u: %s", what, getuid(), arming_session(),
	       w->reason ? w->reason : "no reason given");
	printf("weir: %s\n", what);
}

static int write_arm(const struct wish *w, uint64_t until_ns)
{
	struct weir_arm arm = { .until_ns = until_ns,
				.since_ns = arming_now_ns(),
				.session = arming_session(),
				.uid = getuid() };
	int err = pins_write_arm(&arm);

	return err ? no_gates(w->verb, err) : EXIT_FINE;
}

int cmd_arm(int argc, char **argv)
{
	struct wish w = { .verb = "arm" };
	char what[96];
	int rc;

	if (!parse(argc, argv, &w))
		return usage(w.verb);
	if (arming_is_off()) {
		fputs("weir: arm: weir.off is on the kernel command line: nothing is armed on "
		      "this boot\n", stderr);
		return EXIT_CANNOT;
	}
	if (!w.for_ns)
		w.for_ns = ARMING_UNCONFIRMED_NS;
	rc = write_arm(&w, arming_now_ns() + w.for_ns);
	if (rc)
		return rc;
	arming_forget_disarmed();
	snprintf(what, sizeof(what), "armed for %llu s; `weir confirm` from a new login keeps it",
		 (unsigned long long)(w.for_ns / 1000000000));
	tell(&w, what);
	return EXIT_FINE;
}

int cmd_confirm(int argc, char **argv)
{
	struct wish w = { .verb = "confirm" };
	struct weir_arm arm;
	char name[64];
	int64_t serial;
	int err, rc;

	if (!parse(argc, argv, &w))
		return usage(w.verb);
	err = pins_read_arm(&arm);
	if (err)
		return no_gates(w.verb, err);
	if (arming_state(&arm, arming_now_ns()) == ARMED_NO) {
		fputs("weir: confirm: nothing is armed (it may have run out): `weir arm` first\n",
		      stderr);
		return EXIT_CANNOT;
	}
	if (arm.until_ns == WEIR_NEVER) {
		puts("weir: confirmed already");
		return EXIT_FINE;
	}
	if (arm.session == arming_session()) {
		fputs("weir: confirm: this is the session that armed: confirm from a new login, "
		      "which proves that one is still possible\n", stderr);
		return EXIT_CANNOT;
	}
	rc = write_arm(&w, WEIR_NEVER);
	if (rc)
		return rc;
	if (!status_policy(name, sizeof(name), &serial) &&
	    arming_remember_confirmed(name, serial))
		fputs("weir: confirm: could not be written to " ARMING_STATE
		      ": it will not survive a reboot\n", stderr);
	tell(&w, "confirmed: stays armed");
	return EXIT_FINE;
}

int cmd_disarm(int argc, char **argv)
{
	struct wish w = { .verb = "disarm" };
	int rc;

	if (!parse(argc, argv, &w))
		return usage(w.verb);
	rc = write_arm(&w, 0);
	/* Even with no gates pinned: the next agent must not arm by itself. */
	if (arming_remember_disarmed(w.reason ? w.reason : "no reason given"))
		fputs("weir: disarm: could not be written to " ARMING_STATE
		      ": a restart may arm again\n", stderr);
	if (!rc)
		tell(&w, "disarmed: nothing is blocked until `weir arm`");
	return rc;
}
