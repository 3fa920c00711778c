// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calendar in rows: changes of clocks, blackouts, what fits into a table,
 * what has been reached, and which hosts take which step. Its arithmetic as a
 * whole is held against an independent reader in schedule_test.c.
 */
#include <stdlib.h>

#include "clock.h"
#include "fixture.h"
#include "policy/calendar.h"
#include "policy/compile.h"
#include "tap.h"

static struct policy *parse_as(const struct catalog *c, const char *host, const char *machine,
			       const char *text)
{
	struct policy_context ctx = { .catalog = c, .host = host, .machine_id = machine,
				      .zone_exists = clock_zone_exists, .zone_time = clock_time };
	struct diag d = { .text = "" };
	struct policy *p = NULL;

	if (policy_parse(&ctx, "p.yaml", text, strlen(text), &p, &d))
		printf("# %u:%u: %s\n", d.line, d.col, d.text);
	return p;
}

static struct policy *parse(const struct catalog *c, const char *zone, const char *rest)
{
	char text[2000];

	snprintf(text, sizeof(text), "policy: p\nserial: 1\nzone: %s\n%s\n", zone, rest);
	return parse_as(c, "db-1", "0123456789abcdef0123456789abcdef", text);
}

static int64_t utc(int year, int mon, int day, int hour, int min)
{
	struct date d = { .year = year, .mon = mon, .day = day, .hour = hour, .min = min };

	return date_to_epoch(&d);
}

/* --- when the step of a phase is taken --- */

static const struct {
	const char *zone, *from, *hours;
	int mon, day, hour, min; /* UTC, 2031 */
	const char *title;
} steps[] = {
	{ "Europe/Berlin", "2031-03-30", "Sun 02:15-02:45", 4, 6, 0, 15,
	  "a window in the hour that is left out does not take place" },
	{ "Europe/Berlin", "2031-03-30", "Sun 02:30-03:30", 3, 30, 1, 0,
	  "one that begins in it opens at the change" },
	{ "Europe/Berlin", "2031-03-30", "Sun 01:30-02:30", 3, 30, 0, 30,
	  "one that ends in it closes at the change" },
	{ "Europe/Berlin", "2031-10-26", "Sun 02:30-04:00", 10, 26, 0, 30,
	  "one that begins in a double hour opens in the first pass" },
	{ "Europe/Berlin", "2031-10-26T00:46:00Z", "Sun 02:15-02:45", 11, 2, 1, 15,
	  "and in the second pass it does not open again" },
	{ "Europe/Berlin", "2031-10-26T01:20:00Z", "Sun 02:15-03:00", 10, 26, 1, 20,
	  "one that ends after both passes takes both in" },
	{ "Test/Midnight", "2031-04-25", "Mon-Sun 00:00-24:00", 4, 24, 22, 0,
	  "a day without its midnight begins at the change" },
	{ "Test/Midnight", "2031-10-31", "Mon-Sun 00:00-24:00", 10, 30, 22, 0,
	  "a midnight that comes twice is the last" },
	{ "Test/Half", "2031-04-06", "Sun 01:30-01:45", 4, 5, 14, 30,
	  "half an hour that comes twice, the first pass" },
	{ "Test/Half", "2031-10-05", "Sun 02:00-02:20", 10, 11, 15, 0,
	  "half an hour that is left out" },
};

static void test_steps(const struct catalog *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		CLEANUP(policy_freep) struct policy *p = NULL;
		int64_t want = utc(2031, steps[i].mon, steps[i].day, steps[i].hour, steps[i].min);
		char text[300];

		snprintf(text, sizeof(text), "rules: [{vendor: examplewall, phases: [{mode: block, "
			 "from: %s, switch-in: \"%s\"}]}]", steps[i].from, steps[i].hours);
		p = parse(c, steps[i].zone, text);
		if (!ok(p && p->rules[0].phases[0].begins == want, "%s", steps[i].title) && p)
			printf("# %lld, not %lld\n", (long long)p->rules[0].phases[0].begins,
			       (long long)want);
	}
}

/* --- hours that come again --- */

static const struct {
	const char *zone, *hours, *blackout;
	int mon, day, hour; /* asked after this, UTC, 2031 */
	int64_t first_h, second_h; /* hours from then: up, down */
	const char *title;
} windows[] = {
	{ "UTC", "Mon-Sun 22:00-04:00", "2000-01-01", 6, 1, 12, 10, 16,
	  "a window opens and closes" },
	{ "UTC", "Mon-Sun 22:00-04:00", "2031-06-02", 6, 1, 12, 10, 16,
	  "one that is open stays open when a blackout begins" },
	{ "UTC", "Mon-Sun 22:00-04:00", "2031-06-01", 6, 1, 12, 12, 16,
	  "one that was to open in a blackout opens when that is over" },
	{ "UTC", "Mon-Sun 22:00-23:00", "2031-06-01", 6, 1, 12, 34, 35,
	  "or not at all when it is over then" },
	{ "Europe/Berlin", "Sun 00:00-24:00", "2000-01-01", 3, 29, 22, 1, 24,
	  "a Sunday of 23 hours" },
	{ "Europe/Berlin", "Sun 00:00-24:00", "2000-01-01", 10, 25, 21, 1, 26,
	  "a Sunday of 25 hours" },
	{ "Europe/Berlin", "Sat 22:00-03:00", "2000-01-01", 3, 29, 20, 1, 5,
	  "a window over the change into summer" },
	{ "Europe/Berlin", "Sat 22:00-03:00", "2000-01-01", 10, 25, 19, 1, 7,
	  "and out of it" },
};

static void test_windows(const struct catalog *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		CLEANUP(policy_freep) struct policy *p = NULL;
		int64_t at = utc(2031, windows[i].mon, windows[i].day, windows[i].hour, 0);
		struct change up = { 0 }, down = { 0 };
		char text[300];

		snprintf(text, sizeof(text), "blackout: [%s]\nrules: [{vendor: examplewall, phases: "
			 "[{mode: block, only-during: \"%s\", otherwise: freeze}]}]",
			 windows[i].blackout, windows[i].hours);
		p = parse(c, windows[i].zone, text);
		ok(p && calendar_next(p, &p->rules[0], at, at + 100 * 3600, &up) &&
		   calendar_next(p, &p->rules[0], up.at, at + 100 * 3600, &down) &&
		   up.at == at + windows[i].first_h * 3600 && up.to == WEIR_BLOCK && up.is_window &&
		   down.at == at + windows[i].second_h * 3600 && down.to == WEIR_FREEZE, "%s",
		   windows[i].title);
		if (up.at != at + windows[i].first_h * 3600)
			printf("# %lld %lld\n", (long long)(up.at - at) / 3600,
			       (long long)(down.at - at) / 3600);
	}
}

static void test_table(const struct catalog *c)
{
	CLEANUP(policy_freep) struct policy *p = parse(c, "UTC",
		"rules:\n- {vendor: examplewall, phases: [{mode: freeze}, {mode: offline, from: "
		"2031-01-01, only-during: \"Mon-Sun 01:00-02:00\", otherwise: freeze}, "
		"{mode: block, from: 2031-09-01}]}");
	struct change list[63];
	int64_t reach = 0, now = utc(2031, 1, 10, 0, 0);
	uint32_t cnt;

	if (!p)
		return;
	cnt = calendar_steps(p, &p->rules[0], now, list, 63, &reach);
	ok(cnt == 62 && list[60].to == WEIR_FREEZE && list[61].to == WEIR_BLOCK &&
	   list[61].at == utc(2031, 9, 1, 0, 0) && reach == utc(2031, 2, 9, 1, 0),
	   "of daily windows a month fits, and the phase after them is not left out");
	cnt = calendar_steps(p, &p->rules[0], utc(2031, 1, 10, 1, 30), list, 63, &reach);
	ok(cnt == 63 && list[0].to == WEIR_OFFLINE && list[61].to == WEIR_FREEZE &&
	   list[62].to == WEIR_BLOCK && reach == utc(2031, 2, 10, 1, 0),
	   "also from within a window");
	cnt = calendar_steps(p, &p->rules[0], utc(2031, 8, 20, 0, 0), list, 63, &reach);
	ok(cnt == 26 && reach == INT64_MAX, "near the end of the windows everything fits");
	cnt = calendar_steps(p, &p->rules[0], utc(2040, 1, 1, 0, 0), list, 63, &reach);
	ok(cnt == 1 && list[0].to == WEIR_BLOCK && reach == INT64_MAX, "and after it one step");
}

/* A window that never closes is closed where nobody has looked further. */
static void test_horizon(const struct catalog *c)
{
	CLEANUP(policy_freep) struct policy *p = parse(c, "UTC",
		"rules:\n- {vendor: examplewall, phases: [{mode: block, only-during: "
		"\"Mon-Sun 00:00-24:00\", otherwise: freeze}]}");
	int64_t reach = 0, now = utc(2031, 1, 10, 0, 0);
	struct change list[63];

	ok(p && calendar_steps(p, &p->rules[0], now, list, 63, &reach) == 2 &&
	   list[0].to == WEIR_BLOCK && list[1].to == WEIR_FREEZE && list[1].at == reach &&
	   reach > now + 365 * 86400, "a table does not end inside of a window");
}

static void test_reached(const struct catalog *c)
{
	CLEANUP(policy_freep) struct policy *p = parse(c, "UTC",
		"rules:\n- {vendor: examplewall, phases: [{mode: observe}, {mode: freeze, from: "
		"2031-01-01}, {mode: offline, from: 2031-02-01}, {mode: block, from: 2031-03-01}]}\n"
		"- {class: vendor_product, mode: observe}");
	int64_t early = utc(2030, 1, 1, 0, 0);

	if (!p)
		return;
	ok(!calendar_reached(&p->rules[0], WEIR_OFFLINE, early, early) &&
	   !calendar_reached(&p->rules[0], WEIR_FREEZE, utc(2031, 2, 1, 0, 0), early) &&
	   calendar_mode(p, &p->rules[0], early) == WEIR_OBSERVE,
	   "another phase than the one of this date was not reached");
	ok(!calendar_reached(&p->rules[0], WEIR_FREEZE, utc(2031, 1, 1, 0, 0),
			     utc(2031, 1, 1, 0, 0)) &&
	   p->rules[0].phases[1].begins == utc(2031, 1, 1, 0, 0),
	   "what the clock says needs no memory");
	ok(calendar_reached(&p->rules[0], WEIR_OFFLINE, utc(2031, 2, 1, 0, 0), early) &&
	   calendar_mode(p, &p->rules[0], early) == WEIR_OFFLINE &&
	   calendar_mode(p, &p->rules[0], utc(2031, 3, 1, 0, 0)) == WEIR_BLOCK,
	   "a phase once reached has begun, with those before it, and the next is still to come");
}

/* --- who --- */

#define AGENT_RULES "policy: p\nserial: 1\ngroups: {databases: [db-*, sql-?]}\nrules:\n" \
	"- {product: examplewall/agent, mode: freeze, hosts: [\"group:databases\", web-1]}\n" \
	"- {product: examplewall/agent, mode: offline, hosts: [mail]}\n" \
	"- {product: examplewall/agent, mode: observe}\n" \
	"- {class: vendor_product, mode: block, hosts: [sql-1]}\n" \
	"- {directive: test-2031, mode: freeze, hosts: [web-*]}\n" \
	"- {directive: test-2031, mode: observe}\n"

static const struct {
	const char *host, *product;
	int mode;
	const char *title;
} who[] = {
	{ "db-7", "examplewall/agent", WEIR_FREEZE, "a host of a group" },
	{ "sql-1", "examplewall/agent", WEIR_FREEZE, "the product's rule before the class's" },
	{ "web-1", "examplewall/agent", WEIR_FREEZE, "a host by its name" },
	{ "mail", "examplewall/agent", WEIR_OFFLINE, "another rule for other hosts" },
	{ "web-2", "examplewall/agent", WEIR_OBSERVE, "the rule for all takes the rest" },
	{ NULL, "examplewall/agent", WEIR_OBSERVE, "and a host without a name" },
	{ "sql-12", "examplewall/console", WEIR_OBSERVE, "a class's rule for other hosts is none" },
	{ "web-3", "examplewall/tools", WEIR_FREEZE, "a directive's rule for some hosts" },
	{ "db-1", "examplewall/tools", WEIR_OBSERVE, "and the one for all" },
};

static void test_who(const struct catalog *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(who); i++) {
		CLEANUP(policy_freep) struct policy *p = parse_as(c, who[i].host, NULL, AGENT_RULES);
		const struct product *prod = catalog_product(c, who[i].product);
		const struct rule *rule = NULL;

		if (p)
			rule = policy_rule_for(p, c, (uint32_t)(prod - c->products));
		ok(rule && rule->here && rule->phases[0].mode == who[i].mode, "%s", who[i].title);
	}
}

/* --- how many --- */

#define MACHINES 10000

static void machine_id(uint32_t i, char out[33])
{
	/* Neighbours on purpose: images that were numbered must not go together. */
	snprintf(out, 33, "%024d%08x", 0, i);
}

#define ROLLOUT "policy: p\nserial: 1\nrules:\n" \
	"- {vendor: examplewall, phases: [{mode: observe}, {mode: freeze, from: 2031-01-01, " \
	"rollout: 5%}, {mode: block, from: 2031-02-01, rollout: [{percent: 20}, " \
	"{percent: 60%, from: 2031-03-01}, {percent: 100, from: 2031-04-01}]}]}\n" \
	"- {class: vendor_product, mode: block, rollout: 5%}\n"

static void test_rollout(const struct catalog *c)
{
	unsigned int frozen = 0, first = 0, second = 0, all = 0, wrong = 0, other = 0, both = 0;

	for (uint32_t i = 0; i < MACHINES; i++) {
		CLEANUP(policy_freep) struct policy *p = NULL;
		const struct phase *ph;
		char id[33];
		bool is_frozen, is_other;

		machine_id(i, id);
		p = parse_as(c, "h", id, ROLLOUT);
		if (!p)
			return;
		ph = p->rules[0].phases;
		is_frozen = ph[1].begins == utc(2031, 1, 1, 0, 0);
		is_other = p->rules[1].phases[0].begins == INT64_MIN;
		wrong += !is_frozen && ph[1].begins != INT64_MAX;
		wrong += !is_other && p->rules[1].phases[0].begins != INT64_MAX;
		wrong += is_frozen && ph[2].begins != utc(2031, 2, 1, 0, 0);
		frozen += is_frozen;
		first += ph[2].begins == utc(2031, 2, 1, 0, 0);
		second += ph[2].begins == utc(2031, 3, 1, 0, 0);
		all += ph[2].begins == utc(2031, 4, 1, 0, 0);
		other += is_other;
		both += is_other && is_frozen;
	}
	/* Three standard deviations of a fair draw: 65 of 5 %, 120 of 20 %, 147 of 40 %. */
	ok(!wrong && first + second + all == MACHINES,
	   "every host takes each step once or never, and who goes early goes early");
	ok(abs((int)frozen - 500) < 65 && abs((int)first - 2000) < 120 &&
	   abs((int)second - 4000) < 147, "the shares of 10,000 hosts are as written");
	ok(abs((int)other - 500) < 65 && both < 60, "another rule tries other hosts");
	printf("# 5 %%: %u, %u, both %u; 20 %%: %u; 40 %%: %u; 40 %%: %u\n", frozen, other, both,
	       first, second, all);
}

static void test_no_machine(const struct catalog *c)
{
	CLEANUP(policy_freep) struct policy *p = parse_as(c, "h", NULL, ROLLOUT);

	ok(p && p->rules[0].phases[1].begins == INT64_MAX &&
	   p->rules[0].phases[1].why & PHASE_NOBODY &&
	   p->rules[0].phases[2].begins == utc(2031, 4, 1, 0, 0) &&
	   p->rules[1].phases[0].begins == INT64_MAX,
	   "without a machine-id a host is in no rollout short of 100 %%");
}

/* 10,000 delays of up to half an hour in a window of an hour. */
static void test_jitter(const struct catalog *c)
{
	static const char text[] =
		"policy: p\nserial: 1\njitter: 30m\nrules:\n- {vendor: examplewall, phases: [{mode: "
		"block, from: 2031-01-01, switch-in: \"Wed 03:00-03:20\"}]}\n"
		"- {class: vendor_product, phases: [{mode: block, from: 2031-01-01}]}\n";
	int64_t opens = utc(2031, 1, 1, 3, 0), midnight = utc(2031, 1, 1, 0, 0);
	unsigned int wrong = 0, late = 0, early = 0;

	for (uint32_t i = 0; i < MACHINES; i++) {
		CLEANUP(policy_freep) struct policy *p = NULL;
		int64_t in, free;
		char id[33];

		machine_id(i, id);
		p = parse_as(c, "h", id, text);
		if (!p)
			return;
		in = p->rules[0].phases[0].begins - opens;
		free = p->rules[1].phases[0].begins - midnight;
		wrong += in < 0 || in >= 20 * 60 || free < 0 || free >= 30 * 60;
		late += free >= 15 * 60;
		early += in < 10 * 60;
	}
	ok(!wrong && abs((int)late - 5000) < 150 && abs((int)early - 5000) < 150,
	   "delays are spread evenly and stay inside of the window (%u, %u)", late, early);
}

/* --- together, and not --- */

#define CLUSTER 12

static void cluster_policy(char *out, size_t size, const char *phase)
{
	int n = snprintf(out, size, "policy: p\nserial: 1\nzone: Europe/Berlin\njitter: 3h\n"
			 "blackout: [2031-04-12/2031-04-13]\nlabels:\n");

	for (int i = 0; i < CLUSTER; i++)
		n += snprintf(out + n, size - (size_t)n, "  node-%c: {cluster: blue}\n", 'a' + i);
	snprintf(out + n, size - (size_t)n, "  other: {cluster: red}\nrules:\n- {vendor: examplewall, "
		 "spread-by: cluster, rollout: [{percent: 50}, {percent: 100, from: 2031-05-01}], "
		 "phases: [%s]}\n", phase);
}

/* Each node with a machine-id of its own, as on so many hosts. */
static void test_cluster(const struct catalog *c, const char *phase, int64_t apart,
			 const char *title)
{
	int64_t begins[CLUSTER];
	unsigned int near = 0, shares = 0;
	char text[2000], id[33];
	uint16_t share = 0;

	cluster_policy(text, sizeof(text), phase);
	for (int i = 0; i < CLUSTER; i++) {
		CLEANUP(policy_freep) struct policy *p = NULL;
		char host[16];

		snprintf(host, sizeof(host), "node-%c", 'a' + i);
		machine_id((uint32_t)i * 7919, id);
		p = parse_as(c, host, id, text);
		if (!p)
			return;
		begins[i] = p->rules[0].phases[0].begins;
		shares += i && p->rules[0].share != share;
		share = p->rules[0].share;
		for (int k = 0; k < i; k++)
			near += llabs(begins[i] - begins[k]) < apart;
	}
	ok(!near && !shares && begins[0] < begins[1] && begins[10] < begins[11], "%s", title);
}

static void test_alone(const struct catalog *c)
{
	CLEANUP(policy_freep) struct policy *p = NULL;
	char text[2000], id[33];

	cluster_policy(text, sizeof(text), "{mode: block, from: 2031-04-01, jitter: 1s}");
	machine_id(1, id);
	p = parse_as(c, "elsewhere", id, text);
	ok(p && !p->rules[0].cluster && !p->rules[0].phases[0].slot,
	   "a host without the label waits for nobody");
}

int main(void)
{
	CLEANUP(catalog_freep) struct catalog *c = fixture_catalog();

	if (!ok(c, "the fixtures' catalogue is sealed"))
		return tap_done();
	test_steps(c);
	test_windows(c);
	test_table(c);
	test_horizon(c);
	test_reached(c);
	test_who(c);
	test_rollout(c);
	test_no_machine(c);
	test_jitter(c);
	/* A window lasts six hours, and the next is not before tomorrow's. */
	test_cluster(c, "{mode: block, from: 2031-04-01, switch-in: \"Sat,Sun 00:00-06:00\"}",
		     18 * 3600, "two nodes of a cluster never switch in one window");
	test_cluster(c, "{mode: block, from: 2031-04-01}", 21 * 3600,
		     "without windows they are a day apart, less a delay");
	test_alone(c);
	return tap_done();
}
