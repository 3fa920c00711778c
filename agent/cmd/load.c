// SPDX-License-Identifier: GPL-2.0-only
/*
 * A policy comes into force: read, planned, loaded aside, switched to. At each
 * step before the switch a failure leaves what was in force untouched.
 */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "cmd/keying.h"

#define NS_PER_S 1000000000ULL

struct regime *regime_free(const struct gates *g, struct regime *r)
{
	if (!r)
		return NULL;
	free(r->exempt_seen);
	table_drop(g, r->table);
	plan_free(r->plan);
	stakes_exit(&r->stakes);
	trusted_exit(&r->trusted);
	if (!r->is_lent) {
		match_index_free(r->index);
		expectation_put(r->expectation);
		sources_exit(&r->sources);
	}
	free(r);
	return NULL;
}

/* An older serial is a rollback, whoever asks for it. */
static int refuse_rollback(const struct agent *a, const struct policy *p, struct diag *d)
{
	const struct policy *old = a->now ? a->now->sources.policy : NULL;

	if (!old || strcmp(old->name, p->name) || p->serial >= old->serial)
		return 0;
	return diag_set(d, p->file, 0, 0,
			"serial %" PRId64 " is older than %" PRId64
			", which is in force; raise the serial",
			p->serial, old->serial);
}

/* From disk. */
static int read_sources(struct agent *a, struct regime *r, struct diag *d)
{
	const struct sources_wish wish = { .catalog = a->opts->catalog,
					   .policy = a->opts->policy,
					   .trust = a->opts->trust,
					   .is_trusted = a->opts->trusted_files };
	int err = sources_load(&wish, &r->sources, d);

	if (!err)
		a->wanted_serial = r->sources.policy->serial;
	if (!err)
		err = refuse_rollback(a, r->sources.policy, d);
	if (!err)
		err = match_index_new(r->sources.catalog, &r->index);
	return err ? err : expectation_new(r->sources.catalog, &r->expectation);
}

/* From what is in force, which keeps them until the switch. */
static int borrow_sources(struct agent *a, struct regime *r, struct diag *d)
{
	(void)d;
	r->is_lent = true;
	sources_lend(&a->now->sources, &r->sources);
	r->index = a->now->index;
	r->expectation = a->now->expectation;
	return 0;
}

/* Did somebody see it work on this host, and say so? */
static bool is_agreed(const struct regime *r)
{
	return r->is_lent || arming_was_confirmed(r->sources.policy);
}

/* What follows from them at this moment, on this host. */
static int prepare(struct agent *a, struct regime *r, struct diag *d)
{
	const char *const own[] = { a->opts->canary, NULL };
	struct table_plan plan;
	int err;

	agent_hold_phases(a, r->sources.policy);
	err = trusted_check(&r->sources, TRUSTED_STATE, time(NULL), &r->trusted, d);
	if (!err)
		err = agent_withhold(a, r);
	if (!err)
		err = plan_new(a->gates, r->sources.catalog, r->sources.policy, a->root_fd, own,
			       &a->known, &a->installed, is_agreed(r), &r->plan, d);
	/* The compiler alone asks; a lent policy outlives what is worked out here. */
	r->sources.policy->withheld = NULL;
	if (err)
		return err;
	plan = plan_table(r->plan);
	return table_load(a->gates, &plan, &r->table);
}

void agent_touch_lapse(struct agent *a)
{
	a->gates->control.lapse_ns =
		arming_now_ns() + a->now->sources.policy->lapse_s * NS_PER_S;
	gates_control(a->gates);
}

/* Everything of the policy that is not a table. */
static void set_control(struct agent *a, const struct policy *p)
{
	struct weir_control *c = &a->gates->control;
	int64_t left = p->record_until - time(NULL);

	c->enforce = p->enforce && !arming_is_off();
	c->argv = p->arguments == ARGV_NONE;
	c->deny_unhashable = p->deny_unhashable;
	c->kill = p->require_exec == WEIR_CAN_KILL;
	c->lapse_ns = arming_now_ns() + p->lapse_s * NS_PER_S;
	c->flags &= ~WEIR_RECORD_ALL;
	if (p->record_all && left > 0) {
		c->flags |= WEIR_RECORD_ALL;
		c->record_until_ns = arming_now_ns() + left * NS_PER_S;
	}
}

static void write_installed(const struct installed *in)
{
	int err = installed_write(FREEZE_INSTALLED, in);

	if (err)
		fprintf(stderr, "weir: %s: %s: after a restart a freeze counts anew\n",
			FREEZE_INSTALLED, strerror(-err));
}

/* The sets belong to the table that is in force now, and outlive both. */
static void keep_installed(struct agent *a, struct regime *r)
{
	struct installed *in = &r->plan->installed;

	in->is_counted = a->installed.is_counted;
	if (freeze_is_meant(r->plan->compiled))
		write_installed(in);
	installed_exit(&a->installed);
	a->installed = *in;
	*in = (struct installed){ 0 };
}

void agent_watch_freeze(struct agent *a)
{
	if (a->now && installed_begin(&a->installed, a->now->plan->compiled,
				      a->now->sources.catalog, arming_now_ns()) > 0)
		write_installed(&a->installed);
}

/* With a table in place this build's gates are in force, if they were not. */
static int take_over(struct agent *a)
{
	int err = gates_take_over(a->gates);

	if (err == -ENOTSUP)
		fputs("weir: on this host this build can refuse less than the one whose gates are "
		      "in the kernel: those stay in force\n", stderr);
	return err;
}

/* From here on it is @r that decides, and what was before it is done with. */
static int put_in_force(struct agent *a, struct regime *r)
{
	const uint64_t in_force = a->gates->control.generation;
	struct weir_control before;
	int err;

	/* Before the switch: the new rules may need hooks that are not there. */
	gates_want(a->gates, r->plan->wants_connect,
		   r->plan->wants_connect && r->plan->compiled->needs_socket_hooks);
	before = a->gates->control;
	set_control(a, r->sources.policy);
	err = table_switch(a->gates, r->table);
	if (!err)
		err = take_over(a);
	if (err) {
		a->gates->control = before;
		return err;
	}
	if (!a->now)
		exempt_count_left(a, in_force);
	r->since_ns = arming_now_ns();
	keep_installed(a, r);
	trusted_remember(&r->sources, TRUSTED_STATE, &r->trusted);
	exempt_count(a);
	/* Those of the table before cannot be named any more after this. */
	if (a->now)
		fold_tend(a, true);
	a->before = regime_free(a->gates, a->before);
	a->before = a->now;
	a->now = r;
	/* What a table and its catalogue were made of is not to pile up in holes. */
	malloc_trim(0);
	if (r->is_lent) {
		r->is_lent = false;
		a->before->is_lent = true;
	}
	a->offset_ns = r->plan->offset_ns;
	exempt_count(a);
	agent_take_phases(a);
	agent_take_protection(a);
	agent_take_switch(a);
	if (a->identify)
		identify_expect(a->identify, r->expectation);
	keying_watch(a);
	keying_ask_again(a);
	/* What an exec gate can do depends on whether it may kill. */
	if (before.kill != a->gates->control.kill)
		gates_prove(a->gates);
	return 0;
}

typedef int source_fn(struct agent *a, struct regime *r, struct diag *d);

static int load(struct agent *a, source_fn *source, struct diag *d)
{
	struct regime *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	memset(d, 0, sizeof(*d));
	agent_watch_freeze(a);
	err = source(a, r, d);
	if (!err)
		err = prepare(a, r, d);
	if (!err)
		err = put_in_force(a, r);
	if (err)
		regime_free(a->gates, r);
	return err;
}

static int agent_arm(struct agent *a);

int agent_load(struct agent *a, struct diag *d)
{
	int err = load(a, read_sources, d);

	if (err)
		return err;
	a->wanted_serial = 0;
	a->refusal[0] = '\0';
	a->is_stale = false;
	return agent_arm(a);
}

/* Who armed it, and for how long, is as it was. */
int agent_load_again(struct agent *a, struct diag *d)
{
	return load(a, borrow_sources, d);
}

/* Is this not one of several boots in a row that came to nothing? */
static bool is_trusted_boot(struct agent *a)
{
	static const char why[] = "three boots in a row did not reach multi-user; "
				  "`weir arm` arms again";
	unsigned int quick;

	/* Counted once: what happens after the host has come up is no boot. */
	if (a->boots.is_settled)
		return true;
	quick = boots_enter(BOOTS_FILE, a->host.boot_id, time(NULL));
	if (quick < BOOTS_QUICK)
		return true;
	arming_remember_disarmed(why, 0);
	fprintf(stderr, "weir: not armed: %s\n", why);
	agent_note(a, EVENT_DISARM, NULL, why, NULL);
	return false;
}

/*
 * Where the organisation signs (there are keys in trust.d), security products
 * are blocked for good by signed policies only.
 */
static bool may_stay_armed(const struct agent *a)
{
	uint32_t cnt = trusted_tell_unsigned(&a->now->sources, a->now->plan->compiled);

	if (cnt && (a->opts->confirmed || arming_was_confirmed(a->now->sources.policy)))
		fprintf(stderr, "weir: not armed: the policy is unsigned and blocks %u security "
				"products: `weir arm` arms for a while; see weir-bundle(5)\n", cnt);
	return !cnt;
}

/*
 * A policy that was confirmed before is armed again; a disarm that somebody
 * asked for outlives restarts; an arm that is running out goes on doing so.
 */
static int agent_arm(struct agent *a)
{
	const struct policy *p = a->now->sources.policy;
	int64_t off_s = arming_disarmed_left_s();
	struct weir_arm arm = {};
	uint32_t zero = 0;
	int fd = gates_map(a->gates, "weir_arm");
	int err = gates_map_get(fd, &zero, &arm);

	if (err)
		return err;
	if (!p->enforce || arming_is_off() || off_s == INT64_MAX)
		arm.until_ns = 0;
	else if (!may_stay_armed(a))
		arm.until_ns = arm.until_ns == WEIR_NEVER ? 0 : arm.until_ns;
	else if (a->opts->confirmed || (arming_was_confirmed(p) && is_trusted_boot(a)))
		arm = (struct weir_arm){ .until_ns = WEIR_NEVER,
					 .since_ns = arming_now_ns(),
					 .session = arming_session(),
					 .uid = getuid() };
	else if (arm.until_ns == WEIR_NEVER)
		/* Confirmed was another policy: this one has to prove itself too. */
		arm.until_ns = arming_now_ns() + ARMING_UNCONFIRMED_NS;
	/* For a while only: it ends in the kernel, with or without us. */
	if (off_s && off_s != INT64_MAX)
		arm.off_ns = arming_now_ns() + (uint64_t)off_s * NS_PER_S;
	return gates_write_arm(a->gates, &arm);
}
