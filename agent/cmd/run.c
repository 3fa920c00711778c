// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir run: the agent.
 *
 * Comes up as a ladder (lock, gates, journal, policy, socket), says READY only
 * when that is all true, and hands over to the loop. It may be killed at any
 * line of this file; the gates are pinned.
 */
#include "cmd/run.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "cmd/canary.h"
#include "cmd/catalog_source.h"
#include "cmd/exit.h"
#include "cmd/guarding.h"
#include "cmd/keying.h"
#include "cmd/lock.h"
#include "cmd/notify.h"
#include "cmd/version.h"

#define NS_PER_S 1000000000ULL

/* Questions to the identifier that may wait; beyond it they are counted. */
#define IDENTIFY_QUEUE 4096

static int complain(const char *what, int err)
{
	fprintf(stderr, "weir: %s: %s\n", what, strerror(-err));
	return err;
}

static void say_gates(struct agent *a)
{
	const struct gate_state *s;
	int hook;

	for (hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		s = &a->gates->hook[hook];
		if (hook == WEIR_HOOK_CONNECT && !s->needed)
			agent_say(a, "weir: connect gate: not needed, not attached");
		else if (s->strength == WEIR_CAN_DENY)
			agent_say(a, "weir: %s gate: deny by %s, proven by canary",
				  hook_name(hook), mechanism_name(s->mechanism));
		else
			agent_say(a, "weir: %s gate: %s: %s", hook_name(hook),
				  strength_name(s->strength), s->why_not);
	}
}

static void note_gates(struct agent *a)
{
	struct event_note note = {};
	const char *why;
	int hook;

	for (hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		if (!a->gates->hook[hook].needed)
			continue;
		note.gate.hook = hook;
		note.gate.mechanism = a->gates->hook[hook].mechanism;
		note.gate.strength = a->gates->hook[hook].strength;
		why = a->gates->hook[hook].why_not;
		agent_note(a, EVENT_GATE_PROVEN, &note, why[0] ? why : NULL, NULL);
	}
}

static int open_gates(struct agent *a)
{
	struct gates_options opts = { .canary = a->opts->canary,
				      .pin = true,
				      .by_module = a->opts->by_module };
	int err = gates_open(&opts, &a->gates);

	if (err == -ENOENT || err == -EACCES)
		fprintf(stderr, "weir: canary %s: %s: install it or pass --canary\n",
			a->opts->canary, strerror(-err));
	else if (err && err != -ENODEV)
		complain("no gate and no sensor can be loaded on this host (see weir doctor)", err);
	return err;
}

static int open_output(struct agent *a)
{
	struct journal_options jopts = { .dir = a->opts->journal };
	struct ocsf_host host = { .hostname = a->host.name,
				  .machine_id = a->host.machine_id,
				  .boot_id = a->host.boot_id,
				  .os_name = a->host.os,
				  .kernel = a->host.kernel,
				  .version = WEIR_VERSION };
	int err = journal_open(&jopts, time(NULL) * 1000, &a->journal);

	if (err)
		return complain(a->opts->journal, err);
	err = ocsf_new(&host, &a->ocsf);
	if (!err)
		err = resume_open(&a->resume, true);
	if (!err)
		err = resume_copy(&a->resume, a->read);
	if (!err)
		a->count.lost = *a->resume.told;
	if (!err && agent_resume(a))
		fputs("weir: the journal's end cannot be read: what an agent wrote as it was "
		      "killed may be written again\n", stderr);
	return err ? complain("journal", err) : 0;
}

/* Without it the inventory begins anew, which costs time and no safety. */
static void read_known(struct agent *a)
{
	int err = known_read(FEEDER_KNOWN, &a->known);

	if (err && err != -ENOENT)
		fprintf(stderr, "weir: %s: %s: the inventory begins anew\n", FEEDER_KNOWN,
			err == -EINVAL ? "damaged" : strerror(-err));
	err = installed_read(FREEZE_INSTALLED, &a->installed);
	if (err && err != -ENOENT)
		fprintf(stderr, "weir: %s: %s: freezes let run what is found now\n",
			FREEZE_INSTALLED, err == -EINVAL ? "damaged" : strerror(-err));
}

static int load_first(struct agent *a)
{
	struct diag d;
	char text[800];
	int err = agent_load(a, &d);

	if (!err)
		return 0;
	guarding_leave(a);
	if (d.text[0]) {
		diag_format(&d, text, sizeof(text));
		fprintf(stderr, "%s\n", text);
		return -EINVAL;
	}
	return complain("policy could not be loaded", err);
}

/* What the loop still needs; everything else is given up for good. */
static int drop_capabilities(void)
{
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_BPF, CAP_PERFMON,
			  CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, -1))
		return -EINVAL;
	/* A parser's child becomes nobody, and has to be ended all the same. */
	if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SETUID, CAP_SETGID,
			  CAP_KILL, -1))
		return -EINVAL;
	return capng_apply(CAPNG_SELECT_CAPS) ? -EPERM : 0;
}

/* Signals are taken by descriptor; before the first thread is made. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void announce(struct agent *a)
{
	const struct policy *p = a->now->sources.policy;
	char why[256];
	bool ready = agent_is_ready(a, why, sizeof(why));

	agent_say(a, "weir: policy %s serial %lld, enforce: %s, %zu known files, %zu directories, "
		     "%u hashes, %u prefixes; %zu files guarded",
		  p->name, (long long)p->serial, p->enforce ? "true" : "false",
		  a->now->plan->file_cnt, a->now->plan->dir_cnt, a->now->plan->compiled->hash_cnt,
		  a->now->plan->compiled->prefix_cnt, a->now->plan->guard_cnt);
	say_gates(a);
	if (ready)
		agent_say(a, "weir: ready; journal in %s", a->opts->journal);
	else
		fprintf(stderr, "weir: not ready: %s\n", why);
	/* READY once gates are proven and the table is in; arming may come later. */
	notify_state("READY=1");
}

static uint32_t namespace_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

static int bring_up(struct agent *a)
{
	int err;

	host_read(a->root_fd, &a->host);
	a->mnt_ns = namespace_of("/proc/self/ns/mnt");
	a->host_mnt_ns = namespace_of("/proc/1/ns/mnt");
	err = open_gates(a);
	if (!err)
		err = open_output(a);
	if (err)
		return err;
	a->units.groups_fd = gates_map(a->gates, "weir_groups");
	a->started_ns = arming_now_ns();
	read_known(a);
	exempt_read_uses(EXEMPT_USES, &a->uses);
	holds_restore();
	return load_first(a);
}

/* What came before: gates of ours, of another build, or a host that had none. */
static void note_start(struct agent *a)
{
	unsigned long long since_ns = a->gates->active.since_ns;
	char text[96] = "agent started; pinned gates taken over";

	if (a->gates->succeeds)
		snprintf(text, sizeof(text), "agent started; its gates follow those of build "
			 "%016llx", a->gates->active.retiring);
	else if (!a->gates->adopted)
		snprintf(text, sizeof(text), "agent started; uncovered at boot: %llu.%llu s",
			 since_ns / NS_PER_S, since_ns / 100000000 % 10);
	agent_note(a, EVENT_START, NULL, text, NULL);
}

static int work(struct agent *a)
{
	CLEANUP(close_fdp) int listen_fd = control_listen();
	int err;

	if (listen_fd < 0)
		return complain(AGENT_SOCKET, listen_fd);
	/* After the last child of ours that needs more: threads keep what is left. */
	err = drop_capabilities();
	if (err)
		return complain("capabilities could not be dropped", err);
	a->gates->is_limited = true;
	err = identify_new(IDENTIFY_QUEUE, a->now->expectation, &a->identify);
	if (err)
		return complain("identifier", err);
	ocsf_set(a->ocsf, host_boot_offset_ns() / 1000000, a->now->sources.policy->arguments);
	note_start(a);
	agent_note_policy(a);
	fold_report_lost(a);
	note_gates(a);
	agent_note_guard(a);
	agent_watch_arm(a);
	announce(a);
	feeder_open(&a->feeder);
	guarding_open(a);
	requests_open();
	keying_watch(a);
	err = agent_loop(a, listen_fd);
	return err ? complain("event loop", err) : 0;
}

static void take_down(struct agent *a)
{
	identify_free(a->identify);
	/* The table stays in the kernel: only our memory of it goes. */
	journal_close(a->journal, time(NULL) * 1000);
	ocsf_free(a->ocsf);
	resume_close(&a->resume);
	free(a->read[0]);
	written_exit(&a->written);
	phases_exit(&a->phases);
	protection_end(&a->protection);
	switch_end(&a->at_switch);
	boots_end(&a->boots);
	backoff_end(&a->backoff);
	units_exit(&a->units);
	while (a->hold_cnt)
		free(a->holds[--a->hold_cnt].product);
	free(a->holds);
	feeder_save(a);
	guarding_close();
	feeder_close(&a->feeder);
	known_exit(&a->known);
	exempt_free_uses(&a->uses);
	installed_exit(&a->installed);
	unlink(AGENT_SOCKET);
	gates_close(a->gates);
	buf_free(&a->line);
	buf_free(&a->text);
	match_free(&a->match);
}

static int run(const struct run_options *opts)
{
	struct agent a = { .opts = opts,
			   .resume.fd = -1,
			   .feeder = { .packages_fd = -1, .mounts_fd = -1, .lines_fd = -1,
				       .arrivals.fd = -1 } };
	CLEANUP(close_fdp) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_fdp) int lock = lock_take(AGENT_LOCK, opts->replace);
	int err;

	if (lock == -EWOULDBLOCK) {
		fprintf(stderr, "weir: another agent is running (%s is locked): --replace takes "
				"over from it\n", AGENT_LOCK);
		return EXIT_CANNOT;
	}
	if (lock < 0)
		return complain(AGENT_LOCK, lock), EXIT_CANNOT;
	a.root_fd = root;
	block_signals();
	err = bring_up(&a);
	if (!err)
		err = work(&a);
	take_down(&a);
	if (!err)
		return EXIT_FINE;
	return err == -EINVAL ? EXIT_USAGE : EXIT_CANNOT;
}

static int64_t seconds(const char *text)
{
	char *end;
	long long n = strtoll(text, &end, 10);

	if (n <= 0 || end == text)
		return -1;
	if (!*end || !strcmp(end, "s"))
		return n;
	if (!strcmp(end, "m"))
		return n * 60;
	return !strcmp(end, "h") ? n * 3600 : -1;
}

static int usage(FILE *out, int rc)
{
	fputs("Usage: weir run --policy FILE | --bundle FILE [--trust DIR] [--catalog DIR]\n"
	      "                [--journal DIR] [--duration T] [--gate bpf|module] [--confirmed]\n"
	      "                [--canary FILE] [--json] [--replace]\n",
	      out);
	return rc;
}

static const struct option options[] = {
	{ "policy", required_argument, NULL, 'p' },
	{ "bundle", required_argument, NULL, 'p' },
	{ "trust", required_argument, NULL, 't' },
	{ "catalog", required_argument, NULL, 'c' },
	{ "journal", required_argument, NULL, 'J' },
	{ "duration", required_argument, NULL, 'd' },
	{ "gate", required_argument, NULL, 'g' },
	{ "confirmed", no_argument, NULL, 'C' },
	{ "canary", required_argument, NULL, 'y' },
	{ "json", no_argument, NULL, 'j' },
	{ "replace", no_argument, NULL, 'r' },
	{ "help", no_argument, NULL, 'h' },
	{},
};

static int take_option(struct run_options *o, int opt)
{
	switch (opt) {
	case 'p':
		o->policy = optarg;
		return 0;
	case 'c':
		o->catalog = optarg;
		return 0;
	case 't':
		o->trust = optarg;
		return 0;
	case 'J':
		o->journal = optarg;
		return 0;
	case 'y':
		o->canary = optarg;
		return 0;
	case 'd':
		o->duration_s = seconds(optarg);
		return o->duration_s > 0 ? 0 : -EINVAL;
	case 'C':
		o->confirmed = true;
		return 0;
	case 'j':
		o->json = true;
		return 0;
	case 'r':
		o->replace = true;
		return 0;
	case 'g':
		o->by_module = !strcmp(optarg, "module");
		if (o->by_module || !strcmp(optarg, "bpf"))
			return 0;
		fprintf(stderr, "weir: --gate %s: there are bpf and module\n", optarg);
		return -EINVAL;
	default:
		return -EINVAL;
	}
}

int cmd_run(int argc, char **argv)
{
	char catalog[4096], canary[4200];
	struct run_options o = { .policy = SOURCES_POLICY,
				 .journal = "/var/log/weir",
				 .trusted_files = true };
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (take_option(&o, opt))
			return opt == 'h' ? usage(stdout, EXIT_FINE) : usage(stderr, EXIT_USAGE);
	if (optind < argc)
		return usage(stderr, EXIT_USAGE);
	if (geteuid()) {
		fputs("weir: run: root is needed to load gates\n", stderr);
		return EXIT_CANNOT;
	}
	if (catalog_source_find("run", &o.catalog, catalog, sizeof(catalog)))
		return EXIT_USAGE;
	if (!o.canary) {
		canary_path(canary, sizeof(canary));
		o.canary = canary;
	}
	o.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	return run(&o);
}
