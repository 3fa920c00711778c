// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rehearsal: each mode, exemptions, weak evidence, classes, freezes, addresses
 * and phases to come; folding; and for random policies and records the same
 * answer as from weir_decide(), asked with what the policy's text says.
 */
#include "policy/rehearse.h"

#include <netinet/in.h>

#include "fixture.h"
#include "tap.h"

#define AT_S 1795000000ll /* 2026-11-18 */
#define DAY_S 86400

struct world {
	struct catalog *c;
	struct policy *p;
	struct compiled *t;
	struct rehearsal x;
	struct rehearse_candidate candidate;
};

static void world_exit(struct world *w)
{
	rehearse_exit(&w->x);
	compiled_free(w->t);
	policy_free(w->p);
	catalog_free(w->c);
	*w = (struct world){ 0 };
}

/* Below /opt/examplewall/old is what was there. */
static bool is_installed(void *ctx, const struct rehearse_record *r, uint32_t product)
{
	(void)ctx;
	(void)product;
	return r->path && strstr(r->path, "/old");
}

static bool build(struct world *w, const char *policy)
{
	struct policy_context ctx;
	struct diag d = { .text = "" };
	int err;

	*w = (struct world){ .c = fixture_catalog() };
	if (!w->c)
		return false;
	ctx = fixture_context(w->c);
	err = policy_parse(&ctx, "p.yaml", policy, strlen(policy), &w->p, &d);
	if (!err)
		err = compile(w->c, w->p, AT_S, REHEARSE_BOOT_NS, &w->t, &d);
	if (err)
		printf("# %u:%u: %s\n", d.line, d.col, d.text);
	w->candidate = (struct rehearse_candidate){
		.catalog = w->c, .policy = w->p, .compiled = w->t, .at_s = AT_S,
		.host = { .is_installed = is_installed, .is_counted = true },
	};
	return !err;
}

static struct rehearse_record exec_of(const char *path)
{
	return (struct rehearse_record){ .product = "examplewall/agent", .kind = "dir",
					 .value = "/opt/examplewall/", .path = path, .by = "cron",
					 .unit = "cron.service", .uid = 0, .cnt = 1,
					 .time_ms = AT_S * 1000, .hook = WEIR_HOOK_EXEC };
}

static struct rehearse_record connect_to(const char *ip, uint16_t port)
{
	return (struct rehearse_record){ .product = "examplewall/agent", .ip = ip, .port = port,
					 .protocol = IPPROTO_TCP, .uid = 7, .cnt = 1,
					 .time_ms = AT_S * 1000, .hook = WEIR_HOOK_CONNECT };
}

static const struct rehearse_act *judge_one(struct world *w, const struct rehearse_record *r)
{
	if (rehearse_add(&w->x, r) || rehearse_judge(&w->x, &w->candidate) || w->x.cnt != 1)
		return NULL;
	return &w->x.acts[0];
}

#define HEAD "policy: p\nserial: 1\nzone: UTC\n"
#define AGENT HEAD "rules:\n  - product: examplewall/agent\n"

enum { TO_OLD, TO_NEW, TO_WEAK, TO_OSS, TO_NET, TO_OTHER_PORT, TO_CONSOLE };

static struct rehearse_record record_of(int what)
{
	struct rehearse_record r = exec_of(what == TO_OLD ? "/opt/examplewall/old" :
							    "/opt/examplewall/new");

	if (what == TO_WEAK) {
		r.product = "examplewall/console";
		r.kind = "path";
		r.value = r.path = "/usr/bin/ewconsole";
	} else if (what == TO_OSS) {
		r.product = "examplewall/tools";
		r.kind = "path";
		r.value = r.path = "/usr/bin/ew-tool";
	} else if (what == TO_NET) {
		r = connect_to("203.0.113.3", 443);
	} else if (what == TO_OTHER_PORT) {
		r = connect_to("198.51.100.3", 80);
	} else if (what == TO_CONSOLE) {
		r = connect_to("203.0.113.9", 443);
	}
	return r;
}

#define EXEMPT(more) "exemptions:\n  - {id: EX-1, product: examplewall/agent, until: 2027-06-30, " \
		     "reason: r, owner: o" more "}\n"

static const struct {
	const char *policy;
	int what;
	uint8_t reason;
	const char *title;
} cases[] = {
	{ AGENT "    mode: observe\n", TO_OLD, WEIR_BY_MODE, "observe stops nothing" },
	{ AGENT "    mode: freeze\n", TO_OLD, WEIR_BY_INSTALLED, "freeze lets run what is there" },
	{ AGENT "    mode: freeze\n", TO_NEW, WEIR_BY_RULE, "and nothing else" },
	{ AGENT "    mode: freeze\n", TO_NET, WEIR_BY_MODE, "freeze lets it connect" },
	{ AGENT "    mode: offline\n", TO_NET, WEIR_BY_RULE, "offline does not" },
	{ AGENT "    mode: offline\n", TO_OLD, WEIR_BY_INSTALLED, "but lets it run" },
	{ AGENT "    mode: block\n", TO_OLD, WEIR_BY_RULE, "block stops what is there" },
	{ AGENT "    mode: block\n    allow: [{to: 203.0.113.9/32, ports: [tcp/443], why: w}]\n",
	  TO_CONSOLE, WEIR_BY_NO_KEY, "what the candidate allows is reachable" },
	{ AGENT "    mode: block\n    allow: [{to: 203.0.113.9/32, ports: [tcp/443], why: w}]\n",
	  TO_NET, WEIR_BY_RULE, "and what it does not is not" },
	{ AGENT "    mode: block\n", TO_OTHER_PORT, WEIR_BY_NO_KEY,
	  "an address that is listed no more is reachable" },
	{ HEAD "rules:\n  - vendor: examplewall\n    mode: block\n", TO_WEAK, WEIR_BY_EVIDENCE,
	  "medium confidence is too weak" },
	{ HEAD "rules:\n  - vendor: examplewall\n    mode: block\n", TO_OSS, WEIR_BY_CLASS,
	  "a vendor's rule does not enforce on the distribution's build" },
	{ HEAD "rules:\n  - product: examplewall/tools\n    mode: block\n", TO_OSS, WEIR_BY_RULE,
	  "one that names the product does" },
	{ HEAD "rules:\n  - product: examplewall/tools\n    mode: block\n", TO_OLD, WEIR_BY_NO_KEY,
	  "of a product without a rule nothing is stopped" },
	{ AGENT "    mode: block\n" EXEMPT(""), TO_OLD, WEIR_BY_EXEMPTION, "an exemption spares" },
	{ AGENT "    mode: block\n" EXEMPT(", hosts: [\"web-*\"]"), TO_OLD, WEIR_BY_RULE,
	  "on its hosts only" },
	{ AGENT "    mode: block\n" EXEMPT(", path: /opt/examplewall/old"), TO_OLD,
	  WEIR_BY_EXEMPTION, "one for a file spares that file" },
	{ AGENT "    mode: block\n" EXEMPT(", path: /opt/examplewall/old"), TO_NEW, WEIR_BY_RULE,
	  "and no other" },
	{ AGENT "    mode: block\n" EXEMPT(", path: /opt/examplewall/"), TO_NEW, WEIR_BY_EXEMPTION,
	  "one for a directory spares what is below" },
	{ AGENT "    mode: block\n" EXEMPT(", path: /opt/examplewall/"), TO_NET, WEIR_BY_RULE,
	  "but not its connections" },
	{ AGENT "    mode: block\n" EXEMPT(", cap: freeze"), TO_NEW, WEIR_BY_RULE,
	  "one that is capped by freeze still stops what is new" },
	{ AGENT "    mode: block\n" EXEMPT(", cap: freeze"), TO_OLD, WEIR_BY_EXEMPTION,
	  "and lets run what is there" },
	{ AGENT "    mode: block\n" EXEMPT(", cap: freeze"), TO_NET, WEIR_BY_EXEMPTION,
	  "and connect" },
	{ AGENT "    mode: block\n" EXEMPT(", cap: offline"), TO_OLD, WEIR_BY_EXEMPTION,
	  "one that is capped by offline lets run what is there" },
	{ AGENT "    mode: block\n" EXEMPT(", cap: offline"), TO_NEW, WEIR_BY_RULE,
	  "and stops what is new" },
	{ AGENT "    mode: block\n" EXEMPT(", cap: offline"), TO_NET, WEIR_BY_RULE,
	  "and what connects" },
};

static void test_cases(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rehearse_record r = record_of(cases[i].what);
		const struct rehearse_act *act = NULL;
		struct world w;

		if (build(&w, cases[i].policy))
			act = judge_one(&w, &r);
		if (!ok(act && act->now.reason == cases[i].reason &&
			act_is_stopped(act) == (cases[i].reason == WEIR_BY_RULE),
			"%s", cases[i].title) && act)
			printf("# reason %u, verdict %u\n", act->now.reason, act->now.verdict);
		world_exit(&w);
	}
}

static void test_users(void)
{
	struct rehearse_record r = exec_of("/opt/examplewall/old");
	const struct rehearse_act *act = NULL;
	uint32_t uids[1] = { 1000 };
	bool is_void[1] = { false };
	struct world w;

	for (int i = 0; i < 3; i++) {
		r.uid = i ? 1000 : 0;
		is_void[0] = i == 2;
		if (!build(&w, AGENT "    mode: block\n" EXEMPT(", user: alice")))
			return;
		w.candidate.host.uids = uids;
		w.candidate.host.is_void = is_void;
		act = judge_one(&w, &r);
		ok(act && act_is_stopped(act) == (i != 1), "an exemption for a user: %s",
		   i == 0 ? "not for another" : i == 1 ? "for that one" : "for nobody if unknown");
		ok(act && (act->exemption != NULL) == (i == 1), "and it is named");
		world_exit(&w);
	}
}

static const char phased[] = AGENT
	"    phases:\n"
	"      - {mode: observe}\n"
	"      - {mode: freeze, from: 2026-11-25}\n"
	"      - {mode: offline, from: 2026-12-01}\n"
	"      - {mode: block, from: 2027-01-01}\n"
	EXEMPT(", path: /opt/examplewall/spared");

static const struct rehearse_act *act_of(const struct world *w, const char *path)
{
	for (uint32_t i = 0; i < w->x.cnt; i++)
		if (w->x.acts[i].first.path && !strcmp(w->x.acts[i].first.path, path))
			return &w->x.acts[i];
	return NULL;
}

static int64_t day(int year, int mon, int mday)
{
	return date_to_days(year, mon, mday) * DAY_S;
}

static void test_phases(void)
{
	struct rehearse_record r[] = { exec_of("/opt/examplewall/old"),
				       exec_of("/opt/examplewall/new"),
				       exec_of("/opt/examplewall/spared"),
				       connect_to("203.0.113.3", 443) };
	const struct rehearse_moment *m;
	struct world w;
	int err = 0;

	if (!build(&w, phased))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(r); i++)
		err |= rehearse_add(&w.x, &r[i]);
	err |= rehearse_judge(&w.x, &w.candidate);
	m = w.x.moments;
	ok(!err && w.x.moment_cnt == 5, "now, three steps and the end of an exemption (%u)",
	   w.x.moment_cnt);
	ok(m[0].at_s == AT_S && m[1].at_s == day(2026, 11, 25) && m[2].at_s == day(2026, 12, 1) &&
	   m[3].at_s == day(2027, 1, 1) && m[4].at_s == day(2027, 7, 1), "in their order");
	ok(!m[0].stopped[WEIR_HOOK_EXEC] && m[1].stopped[WEIR_HOOK_EXEC] == 1 &&
	   m[2].stopped[WEIR_HOOK_CONNECT] == 1 && m[3].stopped[WEIR_HOOK_EXEC] == 2 &&
	   m[4].stopped[WEIR_HOOK_EXEC] == 3, "each stops more than the one before");
	ok(m[1].units == 1 && !m[1].users && m[2].units == 1 && m[2].users == 1 &&
	   m[4].products == 1, "units and users are counted once");
	ok(act_of(&w, "/opt/examplewall/old")->begins_s == day(2027, 1, 1) &&
	   act_of(&w, "/opt/examplewall/new")->begins_s == day(2026, 11, 25) &&
	   act_of(&w, "/opt/examplewall/spared")->begins_s == day(2027, 7, 1),
	   "each act knows when it begins to be stopped");
	ok(act_of(&w, "/opt/examplewall/new")->begins_mode == WEIR_FREEZE, "and in which mode");
	world_exit(&w);
}

static void test_folding(void)
{
	struct rehearse_record r = exec_of("/opt/examplewall/old");
	struct world w;
	int err = 0;

	if (!build(&w, AGENT "    mode: block\n"))
		return;
	for (int i = 0; i < 1000; i++) {
		r.time_ms = AT_S * 1000 + (i * 7919 % 1000) * 1000;
		r.unit = i % 4 ? "cron.service" : "session-3.scope";
		r.uid = i % 4 ? 0 : 1000 + (uint32_t)(i % 3);
		err |= rehearse_add(&w.x, &r);
	}
	err |= rehearse_judge(&w.x, &w.candidate);
	ok(!err && w.x.cnt == 4, "a thousand records are four acts (%u)", w.x.cnt);
	ok(w.x.moments[0].stopped[WEIR_HOOK_EXEC] == 1000 && w.x.moments[0].units == 1 &&
	   w.x.moments[0].users == 3, "of one unit and three users: a session is a user's");
	ok(w.x.acts[0].cnt == 750 && w.x.whos[w.x.acts[0].who].unit, "units come first");
	ok(w.x.acts[0].first_ms >= AT_S * 1000 && w.x.acts[0].last_ms > w.x.acts[0].first_ms,
	   "an act has a first and a last time");
	world_exit(&w);
}

/* Two texts never make the key of two others. */
static void test_hostile_names(void)
{
	struct rehearse_record r = exec_of("/opt/examplewall/a");
	struct world w;
	int err = 0;

	if (!build(&w, AGENT "    mode: block\n"))
		return;
	r.by = "x\n:y";
	r.unit = "z.service";
	err |= rehearse_add(&w.x, &r);
	r.by = "x";
	r.unit = "y:z.service";
	err |= rehearse_add(&w.x, &r);
	r.by = NULL;
	err |= rehearse_add(&w.x, &r);
	r.by = "";
	err |= rehearse_add(&w.x, &r);
	ok(!err && w.x.cnt == 4, "no two of different names are folded");
	world_exit(&w);
}

static void test_bounds(void)
{
	struct world w;
	char path[64];
	int err = 0;

	if (!build(&w, AGENT "    mode: block\n"))
		return;
	for (uint32_t i = 0; i < REHEARSE_ACTS_MAX + 100; i++) {
		struct rehearse_record r;

		snprintf(path, sizeof(path), "/opt/examplewall/%u", i);
		r = exec_of(path);
		err |= rehearse_add(&w.x, &r);
	}
	ok(!err && w.x.cnt == REHEARSE_ACTS_MAX && w.x.uncounted == 100,
	   "beyond a bound records are counted, not kept");
	ok(!rehearse_judge(&w.x, &w.candidate), "and the rest is judged");
	world_exit(&w);
}

static void test_doubts(void)
{
	struct rehearse_record r = exec_of("/opt/examplewall/old");
	const struct rehearse_act *act;
	struct world w;

	if (!build(&w, AGENT "    mode: freeze\n"))
		return;
	w.candidate.host.is_counted = false;
	act = judge_one(&w, &r);
	ok(act && act->doubts == DOUBT_FREEZE && !act_is_stopped(act),
	   "a freeze whose set nobody has counted is in doubt");
	world_exit(&w);
	r.product = "nobody/nothing";
	act = build(&w, AGENT "    mode: block\n") ? judge_one(&w, &r) : NULL;
	ok(act && act->doubts == DOUBT_PRODUCT && !act_is_stopped(act), "so is an unknown product");
	world_exit(&w);
	r = exec_of("/opt/examplewall/old");
	r.value = "/opt/elsewhere/";
	act = build(&w, AGENT "    mode: block\n") ? judge_one(&w, &r) : NULL;
	ok(act && act->doubts == DOUBT_EVIDENCE && !act_is_stopped(act),
	   "and evidence that the catalogue has dropped");
	world_exit(&w);
	r = connect_to("not an address", 443);
	act = build(&w, AGENT "    mode: block\n") ? judge_one(&w, &r) : NULL;
	ok(act && act->doubts == DOUBT_ADDRESS && !act_is_stopped(act), "and no address");
	world_exit(&w);
	r = exec_of("/opt/examplewall/old");
	r.is_guarded = true;
	act = build(&w, AGENT "    mode: block\n") ? judge_one(&w, &r) : NULL;
	ok(act && act->now.reason == WEIR_BY_GUARD && !act->doubts, "what is guarded is certain");
	world_exit(&w);
}

/* --- random ones against the verdict itself --- */

static uint32_t seed = 20261118;

static uint32_t pick(uint32_t cnt)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % cnt;
}

static const char *const modes[] = { "observe", "freeze", "offline", "block" };
static const int64_t froms[] = { 0, 5, 20, 50 }; /* days after AT_S */

struct draw {
	char text[1024];
	int phase_cnt, modes[3];
	bool by_vendor, has_exemption;
	int cap, exempt_days;
};

/* Phases at AT_S, + 5 and + 20 days, modes growing. */
static void draw_policy(struct draw *d)
{
	int len, mode = (int)pick(3);
	char until[16];
	struct date date;

	*d = (struct draw){ .by_vendor = pick(2), .has_exemption = pick(2),
			    .cap = (int)pick(4), .exempt_days = (int)pick(40) + 1 };
	len = snprintf(d->text, sizeof(d->text), HEAD "enforce: %s\nrules:\n  - %s\n    phases:\n",
		       pick(2) ? "true" : "false",
		       d->by_vendor ? "vendor: examplewall" : "product: examplewall/agent");
	while (d->phase_cnt < 3 && mode < 4) {
		date_from_days(AT_S / DAY_S + 1 + froms[d->phase_cnt], &date);
		len += snprintf(d->text + len, sizeof(d->text) - (size_t)len,
				d->phase_cnt ? "      - {mode: %s, from: %04d-%02d-%02d}\n" :
					       "      - {mode: %s}\n",
				modes[mode], date.year, date.mon, date.day);
		d->modes[d->phase_cnt++] = mode;
		mode += 1 + (int)pick(2);
	}
	if (!d->has_exemption)
		return;
	date_from_days(AT_S / DAY_S + d->exempt_days, &date);
	snprintf(until, sizeof(until), "%04d-%02d-%02d", date.year, date.mon, date.day);
	snprintf(d->text + len, sizeof(d->text) - (size_t)len,
		 "exemptions:\n  - {id: E, product: examplewall/agent, until: %s, cap: %s, "
		 "reason: r, owner: o}\n", until, modes[d->cap]);
}

/* What the text of @d says about @what on the day @days after AT_S. */
static struct weir_answer expected(const struct draw *d, int what, int days)
{
	struct weir_question q = {
		.now_ns = 1, .host = { WEIR_NEVER, WEIR_NEVER, 1, 0 },
		.cap = WEIR_BLOCK, .strength = WEIR_CAN_DENY,
		.key = { .rule = 1, .kind = what == TO_NET ? WEIR_KEY_PREFIX : WEIR_KEY_FILE },
	};
	bool of_agent = what == TO_OLD || what == TO_NEW || what == TO_NET;

	if (!of_agent && !d->by_vendor)
		q.key.rule = 0;
	if (what != TO_WEAK)
		q.key.flags = WEIR_KEY_ENFORCE;
	if (what != TO_OSS)
		q.rule_flags = WEIR_RULE_ENFORCE;
	for (int i = 0; i < d->phase_cnt; i++)
		if (!i || 1 + froms[i] <= days)
			q.mode = (uint8_t)d->modes[i];
	if (what == TO_OLD)
		q.flags = WEIR_Q_INSTALLED;
	/* `until` is the whole day. */
	if (d->has_exemption && of_agent && days <= d->exempt_days)
		q.cap = (uint8_t)d->cap;
	return weir_decide(&q);
}

static bool same(const struct weir_answer *a, const struct weir_answer *b)
{
	return a->verdict == b->verdict && a->reason == b->reason && a->mode == b->mode &&
	       a->would == b->would;
}

static bool agrees(const struct draw *d, int what, struct world *w)
{
	struct rehearse_record r = record_of(what);
	int64_t begins = INT64_MAX;
	const struct rehearse_act *act = judge_one(w, &r);
	struct weir_answer want;

	if (!act)
		return false;
	want = expected(d, what, 0);
	if (!same(&act->now, &want))
		return false;
	for (int days = 0; days < 100 && begins == INT64_MAX; days++)
		if (expected(d, what, days).verdict != WEIR_ALLOW)
			begins = days ? (AT_S / DAY_S + days) * DAY_S : AT_S;
	return act->begins_s == begins;
}

static void test_random(void)
{
	unsigned int good = 0, stopped = 0;

	for (int i = 0; i < 400; i++) {
		int what = (int)pick(TO_OTHER_PORT);
		struct draw d;
		struct world w;

		draw_policy(&d);
		if (!build(&w, d.text) || !agrees(&d, what, &w))
			printf("# record %d:\n# %s\n", what, d.text);
		else
			good++;
		stopped += w.x.cnt && w.x.acts[0].begins_s != INT64_MAX;
		world_exit(&w);
	}
	ok(good == 400, "400 random policies and records: the prediction is weir_decide()'s (%u)",
	   good);
	ok(stopped > 50 && stopped < 350, "of which some stop and some do not (%u)", stopped);
}

int main(void)
{
	test_cases();
	test_users();
	test_phases();
	test_folding();
	test_hostile_names();
	test_bounds();
	test_doubts();
	test_random();
	return tap_done();
}
