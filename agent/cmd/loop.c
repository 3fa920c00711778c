// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop: rings, signals, timers, status. One thread; the only work that may
 * take time, reading new executables, is the identifier's.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "cmd/notify.h"
#include "sense/pins.h"

/*
 * Records are submitted without a wake-up (one costs 13 to 15 us, a verdict
 * 0.1 to 0.3), so the rings are looked at by the clock: often while there is
 * something in them, seldom when there is not. A denial wakes us at once.
 */
#define DRAIN_BUSY_MS 20
#define DRAIN_IDLE_MS 200

/* Losses, stuck identifiers, the watchdog. */
#define TEND_MS 1000

/* The gates prove themselves again, and the table's lapse is put off. */
#define PROVE_EVERY_TENDS 60

/* A wall clock that moved this far was set; slewing is slower. */
#define CLOCK_STEP_NS 2000000000LL

/* What could not be worked out by a new clock is not tried all the time. */
#define CLOCK_RETRY_NS 60000000000ULL

#define EVENTS 16

struct loop {
	int epoll, signals, drain_timer, tend_timer, stop_timer, listen;
	unsigned int tends;
	bool is_busy, stop;
	bool was_trial; /* ended at the keyboard or by --duration */
};

static int watch(struct loop *l, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return fd < 0 || epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

void agent_note_policy(struct agent *a)
{
	const struct trusted *t = &a->now->trusted;
	char text[900], trust[600];
	bool is_held = t->held_s && t->held_s <= time(NULL);

	origin_text(&a->now->sources.policy_from, trust, sizeof(trust));
	snprintf(text, sizeof(text), "policy loaded, %s%s%s", trust,
		 is_held ? "; no step up is taken: " : "", is_held ? t->held_why : "");
	agent_note(a, EVENT_POLICY_LOADED, NULL, text, NULL);
}

static void set_refusal(struct agent *a, const struct diag *d, int err)
{
	if (d->text[0])
		diag_format(d, a->refusal, sizeof(a->refusal));
	else
		snprintf(a->refusal, sizeof(a->refusal), "policy could not be loaded: %s",
			 strerror(-err));
}

static void note_refusal(struct agent *a, const char *what)
{
	agent_note(a, EVENT_POLICY_REFUSED, NULL, a->refusal, NULL);
	fprintf(stderr, "%s\nweir: %s; serial %lld stays in force\n", a->refusal, what,
		(long long)a->now->sources.policy->serial);
}

void agent_reload(struct agent *a)
{
	struct diag d;
	int err;

	notify_state("RELOADING=1");
	err = agent_load(a, &d);
	if (!err) {
		agent_note_policy(a);
		agent_note_guard(a);
		agent_say(a, "weir: policy %s serial %lld in force",
			  a->now->sources.policy->name,
			  (long long)a->now->sources.policy->serial);
	} else {
		a->is_stale = false;
		set_refusal(a, &d, err);
		note_refusal(a, "the policy is refused");
	}
	notify_state("READY=1");
}

int agent_refill(struct agent *a, const char *why)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct diag d;
	int err = agent_load_again(a, &d);

	if (!err) {
		buf_addf(&text, "the same policy, worked out anew: %s", why);
		agent_note(a, EVENT_POLICY_LOADED, NULL, buf_str(&text), NULL);
		agent_note_guard(a);
		if (a->is_stale)
			a->refusal[0] = '\0';
		a->is_stale = false;
		return 0;
	}
	/* One on disk that is refused comes first: somebody waits for it. */
	if (a->refusal[0] && !a->is_stale)
		return err;
	a->is_stale = true;
	a->wanted_serial = a->now->sources.policy->serial;
	set_refusal(a, &d, err);
	note_refusal(a, "what is in force could not be worked out anew");
	return err;
}

static void set_timer(int fd, int ms)
{
	struct itimerspec t = { .it_value = { .tv_sec = ms / 1000,
					      .tv_nsec = ms % 1000 * 1000000L } };

	t.it_interval = t.it_value;
	timerfd_settime(fd, 0, &t, NULL);
}

/* Quick while there is traffic, slow while there is none. */
static void drain(struct agent *a, struct loop *l)
{
	bool busy = agent_drain(a);

	if (busy != l->is_busy)
		set_timer(l->drain_timer, busy ? DRAIN_BUSY_MS : DRAIN_IDLE_MS);
	l->is_busy = busy;
}

void agent_watch_arm(struct agent *a)
{
	struct weir_arm arm = {};
	uint32_t zero = 0;
	static const struct {
		enum event_kind kind;
		const char *text;
	} notes[] = {
		[ARMED_NO] = { EVENT_DISARM, "disarmed" },
		[ARMED_UNTIL] = { EVENT_ARM, "armed; ends by itself unless confirmed" },
		[ARMED_CONFIRMED] = { EVENT_CONFIRM, "armed and confirmed" },
	};
	struct event_note note = {};
	enum armed state;

	if (gates_map_get(gates_map(a->gates, "weir_arm"), &zero, &arm))
		return;
	state = arming_state(&arm, arming_now_ns());
	note.uid = arm.uid;
	note.session = arm.session;
	note.auid = ~0u;
	if (state == ARMED_NO && arming_ran_out(&arm)) {
		a->armed = state;
		agent_note(a, EVENT_DISARM, &note, "the arm ran out unconfirmed", NULL);
		/* Told first: who is killed in between tells it once more. */
		agent_write_down(a);
		arming_told_ran_out(&arm);
	}
	if (state == a->armed)
		return;
	a->armed = state;
	agent_note(a, notes[state].kind, &note, notes[state].text, NULL);
}

static void watch_gates(struct agent *a)
{
	struct event_note note = {};

	if (gates_prove(a->gates))
		return;
	agent_note(a, EVENT_GATE_LOST, &note, "a gate no longer stops its canary", NULL);
	fprintf(stderr, "weir: a gate no longer stops its canary: see weir status\n");
}

/*
 * The kernel skips a program that is active on the CPU already. Where a gate has
 * spares this is the most that can have got past all of them; of that an exec is
 * killed.
 */
static void watch_skips(struct agent *a)
{
	uint64_t skips = gates_skips(a->gates);
	char text[128];

	if (skips <= a->skips)
		return;
	snprintf(text, sizeof(text), "the kernel skipped a busy gate, up to %llu times",
		 (unsigned long long)(skips - a->skips));
	a->skips = skips;
	agent_note(a, EVENT_GATE_LOST, NULL, text, NULL);
}

/*
 * Dates became marks on the boot clock when the table was made. A wall clock
 * that has been set since makes them late or early: they are worked out anew.
 * What phases had reached stays reached, also when it was set back.
 */
static void watch_clock(struct agent *a)
{
	int64_t step_ns = host_boot_offset_ns() - a->offset_ns;
	int64_t step_s = llabs(step_ns) / 1000000000;
	char why[96];

	if (llabs(step_ns) <= CLOCK_STEP_NS || arming_now_ns() < a->clock_retry_ns)
		return;
	snprintf(why, sizeof(why), "the clock was set %s by %lld s",
		 step_ns > 0 ? "forward" : "back", (long long)step_s);
	if (agent_refill(a, why))
		a->clock_retry_ns = arming_now_ns() + CLOCK_RETRY_NS;
}

/* A new indicator has been watched for as long as the policy wants: it counts now. */
static void watch_ages(struct agent *a)
{
	if (trusted_is_due(&a->now->trusted, time(NULL)))
		agent_refill(a, "new indicators have been watched for long enough");
}

/* A pass of the inventory that begins has a descriptor of its own. */
static void feed(struct agent *a, struct loop *l)
{
	int fd = feeder_tend(a);

	if (fd >= 0)
		watch(l, fd, EPOLLIN);
}

static void tend(struct agent *a, struct loop *l)
{
	watch_clock(a);
	agent_watch_freeze(a);
	watch_ages(a);
	agent_report_losses(a);
	agent_report_faults(a);
	agent_watch_arm(a);
	agent_watch_holds(a);
	fold_tend(a, false);
	requests_take(a);
	agent_watch_phases(a);
	agent_watch_protection(a);
	agent_watch_switch(a);
	backoff_tend(a);
	boots_tend(&a->boots);
	watch_skips(a);
	agent_settle(a);
	identify_tend(a->identify);
	feed(a, l);
	if (++l->tends % PROVE_EVERY_TENDS == 0) {
		watch_gates(a);
		agent_touch_lapse(a);
		feeder_save(a);
		exempt_count(a);
		exempt_watch(a);
	}
	notify_state("WATCHDOG=1");
}

static void take_signal(struct agent *a, struct loop *l)
{
	struct signalfd_siginfo info;

	while (read(l->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			agent_reload(a);
			continue;
		}
		l->was_trial |= info.ssi_signo == SIGINT;
		l->stop = true;
	}
}

static void eat_timer(int fd)
{
	uint64_t ticks;

	if (read(fd, &ticks, sizeof(ticks)) < 0)
		return;
}

static void dispatch(struct agent *a, struct loop *l, int fd)
{
	if (fd == l->signals) {
		take_signal(a, l);
	} else if (fd == l->listen) {
		control_serve(a, fd);
	} else if (fd == identify_fd(a->identify)) {
		agent_take_identified(a);
	} else if (fd == a->feeder.lines_fd || fd == a->feeder.packages_fd ||
		   fd == a->feeder.mounts_fd || fd == a->feeder.arrivals.fd) {
		feeder_take(a, fd);
	} else if (fd == l->stop_timer) {
		l->was_trial = true;
		l->stop = true;
	} else if (fd == l->tend_timer) {
		eat_timer(fd);
		tend(a, l);
	} else {
		if (fd == l->drain_timer)
			eat_timer(fd);
		drain(a, l);
		agent_watch_pins(a);
	}
}

static int new_timer(void)
{
	return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
}

static int open_loop(struct agent *a, struct loop *l)
{
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	l->drain_timer = new_timer();
	l->tend_timer = new_timer();
	l->stop_timer = new_timer();
	set_timer(l->drain_timer, DRAIN_IDLE_MS);
	set_timer(l->tend_timer, TEND_MS);
	if (a->opts->duration_s)
		set_timer(l->stop_timer, a->opts->duration_s * 1000);
	err = watch(l, l->signals, EPOLLIN);
	if (!err)
		err = watch(l, l->drain_timer, EPOLLIN);
	if (!err)
		err = watch(l, l->tend_timer, EPOLLIN);
	if (!err)
		err = watch(l, l->stop_timer, EPOLLIN);
	if (!err)
		err = watch(l, l->listen, EPOLLIN);
	if (!err)
		err = watch(l, identify_fd(a->identify), EPOLLIN);
	if (!err)
		err = watch(l, a->gates->ring[WEIR_RING_DENIALS].map_fd, EPOLLIN);
	/* A host without them has no package database, or no /proc: no error. */
	if (!err && a->feeder.packages_fd >= 0)
		watch(l, a->feeder.packages_fd, EPOLLIN);
	if (!err && a->feeder.arrivals.fd >= 0)
		watch(l, a->feeder.arrivals.fd, EPOLLIN);
	if (!err && a->feeder.mounts_fd >= 0)
		watch(l, a->feeder.mounts_fd, EPOLLPRI);
	return err;
}

/*
 * A service that stops leaves its gates to the next one. A trial in which
 * nothing was enforced leaves nothing: there is no verdict to keep up.
 */
static void clear_up(struct agent *a, const struct loop *l)
{
	agent_drain(a);
	fold_tend(a, true);
	exempt_count(a);
	if (a->pins.state == PINS_GONE)
		agent_note(a, EVENT_STOP, NULL, "its pins were removed, nothing stays", NULL);
	else if (l->was_trial && !a->gates->control.enforce && pins_remove() >= 0)
		agent_note(a, EVENT_STOP, NULL, "nothing was enforced, nothing stays", NULL);
	else
		agent_note(a, EVENT_STOP, NULL, "the gates stay in the kernel", NULL);
}

int agent_loop(struct agent *a, int listen_fd)
{
	struct epoll_event events[EVENTS];
	struct loop l = { .listen = listen_fd };
	int i, n, err = open_loop(a, &l);

	if (err)
		return err;
	/* Before anybody is answered: what stands in files is still of the agent before us. */
	tend(a, &l);
	while (!l.stop) {
		n = epoll_wait(l.epoll, events, EVENTS, -1);
		for (i = 0; i < n; i++)
			dispatch(a, &l, events[i].data.fd);
	}
	notify_state("STOPPING=1");
	clear_up(a, &l);
	return 0;
}
