// SPDX-License-Identifier: GPL-2.0-only
/*
 * weir arm, confirm, disarm, remove-window: straight to the pinned maps, so that
 * none of them depends on an agent that answers. The agent notices and writes
 * it down; with no agent it still stands on disk and is honoured by the next.
 *
 * An arm ends by itself after ten minutes unless it is confirmed from another
 * login session: whoever armed and thereby locked himself out cannot confirm,
 * and so gets back in.
 */
#include "cmd/arm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/arm_guard.h"
#include "cmd/arm_network.h"
#include "cmd/arm_wish.h"
#include "cmd/arming.h"
#include "cmd/catalog_source.h"
#include "cmd/exit.h"
#include "cmd/holds.h"
#include "cmd/phases.h"
#include "cmd/sources.h"
#include "cmd/status.h"
#include "cmd/trusted.h"
#include "cmd/unmask.h"
#include "policy/compile.h"
#include "sense/pins.h"

#define NS_PER_S 1000000000ULL

/* For longer than this a policy should say so, not a command. */
#define WINDOW_S_MAX (24 * 3600)
#define DISARM_S_MAX (30 * 24 * 3600)

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
static void tell(const struct arm_wish *w, const char *what)
{
	openlog("weir", LOG_PID, LOG_AUTHPRIV);
	syslog(LOG_NOTICE, "%s by uid %u, session %u: %s", what, getuid(), arming_session(),
	       w->reason ? w->reason : "no reason given");
	printf("weir: %s\n", what);
}

static int write_arm(const struct arm_wish *w, struct weir_arm arm)
{
	int err;

	arm.since_ns = arming_now_ns();
	arm.session = arming_session();
	arm.uid = getuid();
	err = pins_write_arm(&arm);
	return err ? no_gates(w->verb, err) : EXIT_FINE;
}

/* A slip of the pen would hold nothing, and nobody would notice. */
static int check_product(const struct arm_wish *w, struct sources *ret)
{
	char dir[4096], text[800];
	struct sources_wish wish = { .catalog = w->catalog };
	const char *near;
	struct diag d = {};

	if (catalog_source_find(w->verb, &wish.catalog, dir, sizeof(dir)))
		return EXIT_USAGE;
	if (sources_load(&wish, ret, &d)) {
		diag_format(&d, text, sizeof(text));
		fprintf(stderr, "%s\n", text);
		return EXIT_USAGE;
	}
	if (catalog_product(ret->catalog, w->product))
		return EXIT_FINE;
	near = catalog_suggest(ret->catalog, w->product);
	fprintf(stderr, "weir: %s: no product \"%s\" in the catalogue%s%s%s\n", w->verb,
		w->product, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	sources_exit(ret);
	return EXIT_USAGE;
}

/* Into the kernel first, where it takes effect, and then onto the disk. */
static int write_hold(const struct arm_wish *w, struct weir_hold *h)
{
	int err;

	h->since_ns = arming_now_ns();
	h->session = arming_session();
	h->uid = getuid();
	err = pins_write_hold(product_number(w->product), h);
	if (err == -E2BIG)
		fprintf(stderr, "weir: %s: %u products are held already\n", w->verb, HOLDS_MAX);
	if (holds_remember(w->product, h, w->reason))
		fprintf(stderr, "weir: %s: could not be written to " ARMING_STATE
				": it will not survive a reboot\n", w->verb);
	return err ? no_gates(w->verb, err) : EXIT_FINE;
}

static int read_hold(const struct arm_wish *w, struct weir_hold *h)
{
	struct sources s;
	int rc = check_product(w, &s), err;

	if (rc)
		return rc;
	sources_exit(&s);
	err = pins_read_hold(product_number(w->product), h);
	return err ? no_gates(w->verb, err) : EXIT_FINE;
}

static bool is_off(void)
{
	if (!arming_is_off())
		return false;
	fputs("weir: arm: weir.off is on the kernel command line: nothing is armed on this boot\n",
	      stderr);
	return true;
}

static int arm_product(const struct arm_wish *w)
{
	struct weir_hold h;
	char what[256];
	int rc = read_hold(w, &h);

	if (rc)
		return rc;
	h.disarmed_ns = 0;
	/* What is confirmed stays so: ending its disarm is all that was asked. */
	if (h.armed_ns != WEIR_NEVER)
		h.armed_ns = arming_now_ns() + w->for_s * NS_PER_S;
	rc = write_hold(w, &h);
	if (rc)
		return rc;
	snprintf(what, sizeof(what),
		 h.armed_ns == WEIR_NEVER ?
			 "%s: armed" :
			 "%s: armed for %" PRIu64 " s; `weir confirm %s` from a new login keeps it",
		 w->product, w->for_s, w->product);
	tell(w, what);
	return EXIT_FINE;
}

int cmd_arm(int argc, char **argv)
{
	struct arm_wish w = { .verb = "arm", .for_s_max = 24 * 3600 };
	struct weir_arm arm = {};
	char what[96];
	int rc, err;

	if (!arm_wish_parse(argc, argv, &w))
		return arm_wish_usage(&w);
	if (is_off())
		return EXIT_CANNOT;
	if (!arm_clears_guard(w.catalog))
		return EXIT_USAGE;
	rc = arm_network_check(w.product, w.catalog);
	if (rc)
		return rc;
	if (!w.for_s)
		w.for_s = ARMING_UNCONFIRMED_NS / NS_PER_S;
	if (w.product)
		return arm_product(&w);
	/* What is confirmed stays so: ending its disarm is all that was asked. */
	err = pins_read_arm(&arm);
	if (!err && arm.until_ns == WEIR_NEVER) {
		rc = write_arm(&w, (struct weir_arm){ .until_ns = WEIR_NEVER });
		arming_forget_disarmed();
		if (!rc)
			tell(&w, "armed: it is confirmed already");
		return rc;
	}
	/*
	 * A confirmation of before must not outlive this arm: see agent_arm(). With
	 * nothing pinned there is no arm, and it stays.
	 */
	if (!err && arming_forget_confirmed())
		fputs("weir: arm: " ARMING_STATE " could not be written to: a restart may arm for "
		      "good\n", stderr);
	rc = write_arm(&w, (struct weir_arm){ .until_ns = arming_now_ns() + w.for_s * NS_PER_S });
	if (rc)
		return rc;
	arming_forget_disarmed();
	snprintf(what, sizeof(what), "armed for %" PRIu64 " s; `weir confirm` from a new login "
		 "keeps it", w.for_s);
	tell(&w, what);
	return EXIT_FINE;
}

/* May this session confirm what ends at @until? Says why not. */
static int may_confirm(uint64_t until_ns, uint32_t session)
{
	if (until_ns == WEIR_NEVER) {
		puts("weir: confirmed already");
		return EXIT_FOUND;
	}
	if (until_ns <= arming_now_ns()) {
		fputs("weir: confirm: nothing is armed (it may have run out): `weir arm` first\n",
		      stderr);
		return EXIT_CANNOT;
	}
	if (session != arming_session())
		return EXIT_FINE;
	fputs("weir: confirm: this is the session that armed: confirm from a new login, which "
	      "proves that one is still possible\n", stderr);
	return EXIT_CANNOT;
}

/* What blocks a security product for good has to be signed. */
static int refuse_unsigned(const struct arm_wish *w)
{
	char why[512];

	if (trusted_may_confirm(w->product, why, sizeof(why)))
		return EXIT_FINE;
	fprintf(stderr, "weir: confirm: %s\n", why);
	return EXIT_CANNOT;
}

static int confirm_product(const struct arm_wish *w)
{
	struct weir_hold h;
	char what[256];
	int rc = read_hold(w, &h);

	if (!rc)
		rc = may_confirm(h.armed_ns, h.session);
	if (!rc)
		rc = refuse_unsigned(w);
	if (rc == EXIT_FOUND)
		return EXIT_FINE;
	if (rc)
		return rc;
	h.armed_ns = WEIR_NEVER;
	rc = write_hold(w, &h);
	if (rc)
		return rc;
	snprintf(what, sizeof(what), "%s: confirmed: stays armed", w->product);
	tell(w, what);
	return EXIT_FINE;
}

/* Of an agent that does not answer it is known what it had in force. */
static int policy_in_force(char *name, size_t size, int64_t *serial)
{
	CLEANUP(phases_exit) struct phases last = { 0 };
	int err = status_policy(name, size, serial);

	if (!err)
		return 0;
	err = phases_read(PHASES_FILE, &last);
	if (err)
		return err;
	snprintf(name, size, "%s", last.policy);
	*serial = last.serial;
	return 0;
}

int cmd_confirm(int argc, char **argv)
{
	struct arm_wish w = { .verb = "confirm" };
	struct weir_arm arm;
	char name[65];
	int64_t serial;
	int err, rc;

	if (!arm_wish_parse(argc, argv, &w))
		return arm_wish_usage(&w);
	if (w.product)
		return confirm_product(&w);
	err = pins_read_arm(&arm);
	if (err)
		return no_gates(w.verb, err);
	rc = may_confirm(arm.until_ns, arm.session);
	if (!rc)
		rc = refuse_unsigned(&w);
	if (rc == EXIT_FOUND)
		return EXIT_FINE;
	if (rc)
		return rc;
	rc = write_arm(&w, (struct weir_arm){ .until_ns = WEIR_NEVER });
	if (rc)
		return rc;
	if (policy_in_force(name, sizeof(name), &serial) ||
	    arming_remember_confirmed(name, serial))
		fputs("weir: confirm: could not be written to " ARMING_STATE
		      ": it will not survive a reboot\n", stderr);
	tell(&w, "confirmed: stays armed");
	return EXIT_FINE;
}

static int disarm_product(const struct arm_wish *w)
{
	struct weir_hold h;
	char what[256];
	int rc = read_hold(w, &h);

	if (rc == EXIT_CANNOT)
		unmask_without_agent(w->product);
	if (rc)
		return rc;
	h.disarmed_ns = w->for_s ? arming_now_ns() + w->for_s * NS_PER_S : WEIR_NEVER;
	/* An arm of its own that nobody confirmed has no business coming back. */
	if (h.armed_ns != WEIR_NEVER)
		h.armed_ns = 0;
	rc = write_hold(w, &h);
	unmask_without_agent(w->product);
	if (rc)
		return rc;
	if (w->for_s)
		snprintf(what, sizeof(what), "%s: disarmed for %" PRIu64 " s", w->product,
			 w->for_s);
	else
		snprintf(what, sizeof(what), "%s: disarmed until `weir arm %s`", w->product,
			 w->product);
	tell(w, what);
	return EXIT_FINE;
}

/* For a while: what was armed comes back by itself, in the kernel. */
static int disarm_host(const struct arm_wish *w)
{
	struct weir_arm arm = {};
	uint64_t off_ns = w->for_s ? arming_now_ns() + w->for_s * NS_PER_S : 0;

	if (off_ns && !pins_read_arm(&arm) && arm.until_ns == WEIR_NEVER)
		return write_arm(w, (struct weir_arm){ .until_ns = WEIR_NEVER,
						      .off_ns = off_ns });
	/* An arm that nobody confirmed ends for good. */
	return write_arm(w, (struct weir_arm){ .off_ns = off_ns });
}

int cmd_disarm(int argc, char **argv)
{
	struct arm_wish w = { .verb = "disarm", .for_s_max = DISARM_S_MAX };
	char what[128] = "disarmed: nothing is blocked until `weir arm`";
	int rc;

	if (!arm_wish_parse(argc, argv, &w))
		return arm_wish_usage(&w);
	if (w.product)
		return disarm_product(&w);
	rc = disarm_host(&w);
	/* Even with no gates pinned: the next agent must not arm by itself. */
	if (arming_remember_disarmed(w.reason ? w.reason : "no reason given", w.for_s))
		fputs("weir: disarm: could not be written to " ARMING_STATE
		      ": a restart may arm again\n", stderr);
	unmask_without_agent(NULL);
	if (w.for_s)
		snprintf(what, sizeof(what), "disarmed for %" PRIu64
			 " s: nothing is blocked until then", w.for_s);
	if (!rc)
		tell(&w, what);
	return rc;
}

static void tell_how(const struct product *p)
{
	if (p->remove_cmd)
		printf("  its vendor's way to remove it: %s\n", p->remove_cmd);
	for (const char *const *path = p->remove_paths; path && *path; path++)
		printf("  its own uninstaller: %s\n", *path);
	if (p->remove_note)
		printf("  %s\n", p->remove_note);
	puts("  afterwards: weir scan");
}

static int open_window(const struct arm_wish *w, struct weir_hold *h)
{
	char what[256];
	struct sources s;
	int rc;

	h->window_ns = arming_now_ns() + w->for_s * NS_PER_S;
	rc = write_hold(w, h);
	unmask_without_agent(w->product);
	if (rc)
		return rc;
	snprintf(what, sizeof(what), "%s: removal window open for %" PRIu64
		 " s; all it runs meanwhile is recorded", w->product, w->for_s);
	tell(w, what);
	if (!check_product(w, &s)) {
		tell_how(catalog_product(s.catalog, w->product));
		sources_exit(&s);
	}
	return EXIT_FINE;
}

int cmd_remove_window(int argc, char **argv)
{
	struct arm_wish w = { .verb = "remove-window", .for_s_max = WINDOW_S_MAX };
	struct weir_hold h;
	char what[256];
	int rc;

	if (!arm_wish_parse(argc, argv, &w) || !w.product)
		return arm_wish_usage(&w);
	if (!w.close && (!w.for_s || !w.reason)) {
		fputs("weir: remove-window: --for and --reason are needed: it lets listed software "
		      "run\n", stderr);
		return arm_wish_usage(&w);
	}
	rc = read_hold(&w, &h);
	if (rc == EXIT_CANNOT && !w.close)
		unmask_without_agent(w.product);
	if (rc)
		return rc;
	if (!w.close)
		return open_window(&w, &h);
	h.window_ns = 0;
	rc = write_hold(&w, &h);
	if (rc)
		return rc;
	snprintf(what, sizeof(what), "%s: removal window closed", w.product);
	tell(&w, what);
	return EXIT_FINE;
}
