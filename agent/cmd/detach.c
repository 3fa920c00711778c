// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "cmd/errand.h"
#include "cmd/exit.h"
#include "cmd/lock.h"
#include "cmd/unmask.h"
#include "cmd/version.h"
#include "sense/module_gate.h"
#include "sense/pins.h"

struct wish {
	const char *reason, *journal;
	bool stop, help;
};

static int usage(const struct wish *w)
{
	fputs("Usage: weir detach [--stop] [--reason TEXT] [--journal DIR]\n",
	      w->help ? stdout : stderr);
	return w->help ? EXIT_FINE : EXIT_USAGE;
}

static bool parse(int argc, char **argv, struct wish *w)
{
	static const struct option options[] = {
		{ "stop", no_argument, NULL, 's' },
		{ "reason", required_argument, NULL, 'r' },
		{ "journal", required_argument, NULL, 'J' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 's') {
			w->stop = true;
		} else if (opt == 'r') {
			w->reason = optarg;
		} else if (opt == 'J') {
			w->journal = optarg;
		} else {
			w->help = opt == 'h';
			return false;
		}
	}
	return optind == argc;
}

static int make_event(const char *text, struct event **ret)
{
	struct event_note n = { .time_ns = arming_now_ns(),
				.seq = 1,
				.pid = getpid(),
				.uid = getuid(),
				.auid = ~0u,
				.session = arming_session() };

	return event_note(EVENT_STOP, &n, text, NULL, ret);
}

/* No agent is there to write it. */
static int write_event(const struct wish *w, const char *text)
{
	CLEANUP(close_fdp) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct journal_options opts = { .dir = w->journal };
	const struct decide_context ctx = { .now_s = time(NULL) };
	CLEANUP(event_freep) struct event *ev = NULL;
	CLEANUP(ocsf_freep) struct ocsf *ocsf = NULL;
	CLEANUP(buf_free) struct buf line = {};
	int64_t now_ms = time(NULL) * 1000;
	struct host h = { 0 };
	struct journal *j;
	struct decision d;
	int err;

	host_read(root, &h);
	err = ocsf_new(&(struct ocsf_host){ .hostname = h.name,
					    .machine_id = h.machine_id,
					    .boot_id = h.boot_id,
					    .os_name = h.os,
					    .kernel = h.kernel,
					    .version = WEIR_VERSION },
		       &ocsf);
	if (!err)
		err = make_event(text, &ev);
	if (!err)
		err = journal_open(&opts, now_ms, &j);
	if (err)
		return err;
	d = decide(&ctx, ev, NULL);
	ocsf_set(ocsf, host_boot_offset_ns() / 1000000, ARGV_NONE);
	ocsf_event(ocsf, ev, &d, &line);
	if (!line.err)
		journal_append(j, line.data, line.len, now_ms);
	err = line.err ? line.err : journal_flush(j, now_ms);
	journal_close(j, now_ms);
	return err;
}

static void tell(const struct wish *w, int pins)
{
	char text[512];
	int err;

	snprintf(text, sizeof(text), "detached by uid %u: %d pins removed, nothing of weir is "
		 "left in the kernel: %.256s", getuid(), pins,
		 w->reason ? w->reason : "no reason given");
	openlog("weir", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_NOTICE, "%s", text);
	err = write_event(w, text);
	if (err)
		fprintf(stderr, "weir: detach: %s: %s: the journal does not tell of it\n",
			w->journal, strerror(-err));
	printf("weir: %d pins removed from " WEIR_PIN_DIR ": nothing of weir is left in the "
	       "kernel.\nThe journal in %s, /etc/weir and " ARMING_STATE " stay.\n",
	       pins, w->journal);
}

/*
 * systemd starts a service again that was killed, or that Restart= says so of: it
 * has to know that somebody means it. No wait: the agent is asked to end anyhow.
 */
static void stop_service(void)
{
	static const char *const argv[] = { "systemctl", "--no-ask-password", "--no-block", "stop",
					    "--", "weir.service", NULL };
	struct errand errand = { 0 };

	if (access("/run/systemd/system", F_OK) || errand_start(&errand, argv))
		return;
	errand_wait(&errand);
	errand_end(&errand);
}

int cmd_detach(int argc, char **argv)
{
	struct wish w = { .journal = "/var/log/weir" };
	CLEANUP(close_fdp) int lock = -1;
	int pins, err;

	if (!parse(argc, argv, &w))
		return usage(&w);
	if (geteuid()) {
		fputs("weir: detach: root is needed\n", stderr);
		return EXIT_CANNOT;
	}
	if (w.stop)
		stop_service();
	lock = lock_keep_out(AGENT_LOCK, w.stop);
	if (lock == -EWOULDBLOCK) {
		fputs("weir: detach: an agent is running and would put pins back: stop it "
		      "(systemctl stop weir), or pass --stop\n", stderr);
		return EXIT_CANNOT;
	}
	err = lock < 0 ? 0 : module_gate_leave();
	if (err) {
		fprintf(stderr, "weir: detach: the kernel module: %s: its gates may still stand\n",
			strerror(-err));
		return EXIT_CANNOT;
	}
	pins = lock < 0 ? lock : pins_remove();
	if (pins < 0) {
		fprintf(stderr, "weir: detach: " WEIR_PIN_DIR ": %s: some of weir may still be "
				"in the kernel\n", strerror(-pins));
		return EXIT_CANNOT;
	}
	holds_forget();
	unmask_units(NULL);
	if (pins)
		tell(&w, pins);
	else
		puts("weir: nothing of weir is pinned on this host");
	return EXIT_FINE;
}
