// SPDX-License-Identifier: GPL-2.0-only
/*
 * What phases have reached, from one agent and boot to the next: a clock that is
 * behind lowers nothing, another plan may, and a damaged memory is none. What is
 * told of all that, by whom, and once.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "cmd/phases.h"
#include "fixture.h"
#include "policy/calendar.h"
#include "tap.h"

static const char steps[] =
	"rules:\n- {vendor: examplewall, phases: [{mode: observe}, {mode: freeze, from: "
	"2031-01-01}, {mode: block, from: 2031-02-01}]}\n"
	"- {product: examplewall/agent, mode: block, rollout: [{percent: 100, from: 2031-03-01}]}\n";

static int64_t day(int mon, int mday)
{
	return date_to_days(2031, mon, mday) * 86400;
}

static struct policy *parse_rules(const struct catalog *c, const char *name, int serial,
				  const char *rules)
{
	struct policy_context ctx = { .catalog = c, .host = "h", .machine_id = "m" };
	struct policy *p = NULL;
	struct diag d;
	char text[1000];

	snprintf(text, sizeof(text), "policy: %s\nserial: %d\n%s", name, serial, rules);
	if (policy_parse(&ctx, "p", text, strlen(text), &p, &d))
		printf("# %u: %s\n", d.line, d.text);
	return p;
}

static struct policy *parse(const struct catalog *c, const char *name, int serial)
{
	return parse_rules(c, name, serial, steps);
}

static uint8_t mode(const struct policy *p, int rule, int64_t at)
{
	return calendar_mode(p, &p->rules[rule], at);
}

/* An agent that has seen February and March go by. */
static struct phases seen(const struct catalog *c)
{
	CLEANUP(policy_freep) struct policy *p = parse(c, "p", 7);
	struct phases ph = { 0 };

	phases_take(&ph, p, c, day(3, 5));
	for (uint32_t i = 0; i < ph.cnt; i++) {
		phases_reach(&ph.list[i], day(3, 5));
		ph.list[i].rule = NULL;
	}
	return ph;
}

static void test_hold(const struct catalog *c)
{
	CLEANUP(phases_exit) struct phases ph = seen(c);
	CLEANUP(policy_freep) struct policy *same = parse(c, "p", 7), *older = parse(c, "p", 6),
					    *newer = parse(c, "p", 8), *other = parse(c, "q", 7),
					    *ahead = parse(c, "p", 7), *boot = parse(c, "p", 7);
	struct phases none = { 0 };

	ok(phases_hold(&ph, same, INT64_MIN, day(1, 5)) == 2 &&
	   mode(same, 0, day(1, 5)) == WEIR_BLOCK && mode(same, 1, day(1, 5)) == WEIR_BLOCK,
	   "a clock that is back in January lowers nothing");
	ok(phases_hold(&ph, older, INT64_MIN, day(1, 5)) == 2 &&
	   mode(older, 0, day(1, 5)) == WEIR_BLOCK, "nor does an older policy");
	ok(phases_hold(&ph, newer, INT64_MIN, day(1, 5)) == 2 &&
	   mode(newer, 0, day(1, 5)) == WEIR_BLOCK && mode(newer, 1, day(1, 5)) == WEIR_BLOCK,
	   "nor one with a higher serial and the same dates");
	ok(!phases_hold(&ph, other, INT64_MIN, day(1, 5)) &&
	   mode(other, 0, day(1, 5)) == WEIR_FREEZE, "and another policy");
	ok(!phases_hold(&ph, ahead, INT64_MIN, day(3, 6)) &&
	   ahead->rules[0].phases[2].begins == day(2, 1),
	   "what the clock says by itself keeps its date");
	snprintf(none.policy, sizeof(none.policy), "p");
	none.serial = 7;
	ok(phases_hold(&none, boot, day(2, 2), day(1, 5)) == 1 &&
	   mode(boot, 0, day(1, 5)) == WEIR_BLOCK && mode(boot, 1, day(1, 5)) == WEIR_OBSERVE,
	   "what the kernel has done while no agent was there has been done");
}

/* Of another plan a phase is reached when it is the same one and comes no later. */
static void test_other_plan(const struct catalog *c)
{
	static const char rest[] = "rules:\n- {vendor: examplewall, phases: [{mode: observe}, "
				   "{mode: freeze, from: 2031-01-01}]}\n";
	static const char later[] = "rules:\n- {vendor: examplewall, phases: [{mode: observe}, "
				    "{mode: freeze, from: 2031-01-01}, "
				    "{mode: block, from: 2031-02-02}]}\n";
	static const char shared[] = "rules:\n- {vendor: examplewall, phases: [{mode: observe}, "
				     "{mode: block, from: 2031-02-01, rollout: [{percent: 1}, "
				     "{percent: 100, from: 2031-06-01}]}]}\n";
	CLEANUP(policy_freep) struct policy *less = parse_rules(c, "p", 8, rest),
					    *off = parse_rules(c, "p", 8, later),
					    *part = parse_rules(c, "p", 8, shared),
					    *p = parse(c, "p", 7), *q = parse(c, "p", 8);
	CLEANUP(phases_exit) struct phases ph = seen(c), was = { 0 };

	ok(phases_hold(&ph, less, INT64_MIN, date_to_days(2030, 6, 1) * 86400) == 1 &&
	   mode(less, 0, date_to_days(2030, 6, 1) * 86400) == WEIR_FREEZE,
	   "what is left of a plan was reached");
	ok(!phases_hold(&ph, off, INT64_MIN, day(1, 5)) && mode(off, 0, day(1, 5)) == WEIR_FREEZE,
	   "a phase that was put off was not");
	ok(!phases_hold(&ph, part, INT64_MIN, day(1, 5)) &&
	   mode(part, 0, day(1, 5)) == WEIR_OBSERVE, "nor one that this host takes later now");
	phases_take(&was, p, c, day(1, 5));
	ok(phases_hold(&was, q, day(2, 2), day(1, 6)) == 1 && mode(q, 0, day(1, 6)) == WEIR_BLOCK,
	   "what the kernel has done meanwhile has been done under a higher serial, too");
	was.held_s = day(1, 20);
	ok(!phases_hold(&was, p, day(2, 2), day(1, 6)) && mode(p, 0, day(1, 6)) == WEIR_FREEZE,
	   "a step that was held was not taken");
}

static const struct phase_seen *named(const struct phases *ph, const char *name)
{
	for (uint32_t i = 0; i < ph->cnt; i++)
		if (!strcmp(ph->list[i].name, name))
			return &ph->list[i];
	return NULL;
}

static void test_file(const struct catalog *c, const char *dir)
{
	CLEANUP(phases_exit) struct phases ph = seen(c), back = { 0 };
	const struct phase_seen *s;
	char path[300];

	snprintf(path, sizeof(path), "%s/phases.json", dir);
	snprintf(ph.boot_id, sizeof(ph.boot_id), "b");
	ph.offset_ns = 12345678901234567;
	ok(!phases_write(path, &ph) && !phases_read(path, &back) && back.cnt == 2 &&
	   !strcmp(back.policy, "p") && back.serial == 7 && back.offset_ns == ph.offset_ns &&
	   !strcmp(back.boot_id, "b"), "what was reached is written and read");
	s = named(&back, "vendor examplewall");
	ok(s && s->mode == WEIR_BLOCK && s->marks[WEIR_BLOCK].is_reached &&
	   s->marks[WEIR_BLOCK].from == day(2, 1) && s->marks[WEIR_BLOCK].begins == day(2, 1) &&
	   s->marks[WEIR_FREEZE].is_reached && !s->marks[WEIR_OBSERVE].is_there &&
	   s->told_s == day(3, 5) && s->until_s == day(3, 5), "with the dates of its phases");
	s = named(&back, "product examplewall/agent");
	ok(s && s->marks[WEIR_BLOCK].is_reached && s->marks[WEIR_BLOCK].from == INT64_MIN,
	   "or that it has none of its own");
}

static const char *const damaged[] = {
	"", "{", "[]", "{}", "{\"policy\": 1, \"rules\": {}}", "{\"policy\": \"p\"}",
	"{\"policy\": \"p\", \"rules\": []}", "{\"policy\": \"p\", \"rules\": {\"a\": 1}}",
	"{\"policy\": \"p\", \"rules\": {\"a\": {\"mode\": \"blocked\"}}}",
	"{\"policy\": \"p\", \"rules\": {\"a\": {\"mode\": \"block\", \"phases\": [7]}}}",
	"{\"policy\": \"p\", \"policy\": \"p\", \"rules\": {}}",
	"{\"policy\": \"0123456789012345678901234567890123456789012345678901234567890123456\", "
	"\"rules\": {}}",
};

static void test_damage(const char *dir)
{
	unsigned int wrong = 0;
	char path[300];
	struct phases ph;

	snprintf(path, sizeof(path), "%s/damaged.json", dir);
	ok(phases_read(path, &ph) == -ENOENT, "without a file there is nothing to remember");
	for (size_t i = 0; i < ARRAY_SIZE(damaged); i++) {
		CLEANUP(fclosep) FILE *f = fopen(path, "w");

		if (!f || fputs(damaged[i], f) < 0 || fflush(f))
			return;
		wrong += phases_read(path, &ph) != -EINVAL || ph.cnt || ph.list;
	}
	ok(!wrong, "a damaged one is told apart");
	unlink(path);
	ok(!mkfifo(path, 0600) && phases_read(path, &ph) == -EINVAL, "and a FIFO is not waited for");
	unlink(path);
	ok(!mkdir(path, 0700) && phases_read(path, &ph) == -EINVAL, "nor a directory read");
	rmdir(path);
}

/* The list that is told of, from one policy to the next. */
static void test_take(const struct catalog *c)
{
	CLEANUP(policy_freep) struct policy *p = parse(c, "p", 7), *q = parse(c, "p", 8);
	CLEANUP(phases_exit) struct phases ph = { 0 };
	const struct phase_seen *s;

	phases_take(&ph, p, c, day(1, 5));
	s = named(&ph, "vendor examplewall");
	ok(ph.cnt == 2 && s && s->mode == WEIR_FREEZE && s->product_cnt == 3 && !s->is_behind &&
	   s->told_s == day(1, 5), "a rule that is new is told of from now on");
	phases_take(&ph, p, c, day(2, 5));
	s = named(&ph, "vendor examplewall");
	ok(s && s->mode == WEIR_FREEZE && s->is_behind && !s->is_by_policy &&
	   s->told_s == day(1, 5), "under the same policy what came meanwhile is still to be told");
	phases_take(&ph, q, c, day(2, 6));
	s = named(&ph, "vendor examplewall");
	ok(s && s->is_by_policy && !s->marks[WEIR_BLOCK].is_reached && ph.serial == 8,
	   "under another one the change is the policy's");
	phases_take(&ph, p, c, day(2, 7));
	ok(ph.serial == 8, "and an older one does not make the newer's word new");
}

/* What is told again, and from when on, when the clock was ahead for a while. */
static void test_back(const struct catalog *c)
{
	CLEANUP(policy_freep) struct policy *p = parse(c, "p", 7), *other = parse(c, "q", 7);
	CLEANUP(phases_exit) struct phases ph = { 0 };
	const struct phase_seen *s;

	phases_take(&ph, p, c, day(3, 5));
	phases_take(&ph, p, c, day(1, 5));
	s = named(&ph, "vendor examplewall");
	ok(s && s->told_s == day(1, 5), "after a clock was set back hours are told as they come");
	phases_take(&ph, p, c, day(3, 5));
	phases_take(&ph, other, c, day(1, 6));
	s = named(&ph, "vendor examplewall");
	ok(s && s->told_s == day(1, 6), "and of another policy everything from now on");
}

static void test_time(const struct catalog *c)
{
	CLEANUP(policy_freep) struct policy *p = parse(c, "p", 1);
	char text[64];

	phases_time(p, day(1, 5) + 61, text, sizeof(text));
	ok(!strcmp(text, "2031-01-05 00:01 +00:00"), "times name their zone: %s", text);
}

/* The clock of a table is that of its boot, and of no other. */
static void test_table_time(void)
{
	CLEANUP(fclosep) FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");
	struct phases ph = { .offset_ns = 86400 * 1000000000LL };
	int64_t at = 7;

	ok(phases_table_time(&ph, &at) == -ESTALE && at == 7, "no boot is not this one");
	snprintf(ph.boot_id, sizeof(ph.boot_id), "00000000-0000-0000-0000-000000000000");
	ok(phases_table_time(&ph, &at) == -ESTALE, "nor is another");
	if (!f || !fgets(ph.boot_id, sizeof(ph.boot_id), f))
		return;
	ok(!phases_table_time(&ph, &at) && at >= 86400, "this one's clock is told");
}

/* --- what is told --- */

static const char hours[] =
	"rules:\n- {vendor: examplewall, phases: [{mode: observe}, {mode: freeze, from: "
	"2031-01-01}, {mode: block, from: 2031-02-01, only-during: \"Mon-Sun 01:00-02:00\", "
	"otherwise: freeze}]}\n";

struct told {
	struct change list[200];
	uint32_t left_out[200];
	uint32_t cnt;
};

static void take(void *ctx, const struct phase_seen *s, const struct change *c, const char *why,
		 uint32_t left_out)
{
	struct told *t = ctx;

	(void)s;
	(void)why;
	if (t->cnt == ARRAY_SIZE(t->list))
		return;
	t->left_out[t->cnt] = left_out;
	t->list[t->cnt++] = *c;
}

/* As the agent does it, with the clock at @now_s. */
static uint32_t tell(struct phases *ph, const struct policy *p, const struct catalog *c,
		     int64_t now_s, struct told *t)
{
	struct phase_seen *s;

	phases_take(ph, p, c, now_s);
	s = (struct phase_seen *)(uintptr_t)named(ph, "vendor examplewall");
	t->cnt = 0;
	phases_changes(p, s, now_s, take, t);
	if (s->told_s < now_s)
		s->told_s = now_s;
	if (s->until_s < now_s)
		s->until_s = now_s;
	phases_reach(s, now_s);
	return t->cnt;
}

static void test_twice(const struct catalog *c)
{
	CLEANUP(policy_freep) struct policy *p = parse_rules(c, "p", 7, hours);
	CLEANUP(phases_exit) struct phases ph = { 0 };
	struct told t;
	int64_t night = day(2, 8) + 3600;

	phases_take(&ph, p, c, day(2, 5));
	ok(tell(&ph, p, c, day(2, 10), &t) == 10 && t.list[0].to == WEIR_BLOCK &&
	   t.list[0].at == day(2, 5) + 3600 && t.list[9].to == WEIR_FREEZE,
	   "five nights without an agent are told");
	ok(!tell(&ph, p, c, day(2, 7), &t), "a clock that is set back tells nothing");
	ok(tell(&ph, p, c, night, &t) == 1 && t.list[0].at == night &&
	   t.list[0].from == WEIR_FREEZE && t.list[0].to == WEIR_BLOCK,
	   "hours that come again are told as they come");
	ok(tell(&ph, p, c, night + 3600, &t) == 1 && t.list[0].to == WEIR_FREEZE, "and end");
	ok(tell(&ph, p, c, day(2, 11), &t) == 2 && t.list[0].at == day(2, 10) + 3600,
	   "set forward again, only what is new is told: %u", t.cnt);
	tell(&ph, p, c, day(2, 7), &t);
	ok(tell(&ph, p, c, night + 600, &t) == 1 && t.list[0].at == night + 600 &&
	   t.list[0].to == WEIR_BLOCK, "and set into hours that were told, that they are here");
}

static void test_left_out(const struct catalog *c)
{
	CLEANUP(policy_freep) struct policy *p = parse_rules(c, "p", 7, hours);
	CLEANUP(phases_exit) struct phases ph = { 0 }, old = { 0 };
	int64_t year = date_to_days(2032, 1, 5) * 86400, start = day(1, 1) - 86400;
	struct told t;

	phases_take(&ph, p, c, start);
	tell(&ph, p, c, year, &t);
	/* 338 nights of two changes each. */
	ok(t.cnt == 66 && t.list[0].to == WEIR_FREEZE && t.list[1].to == WEIR_FREEZE &&
	   t.left_out[1] == 2 * 338 - 64 && !t.left_out[2] && t.list[65].to == WEIR_FREEZE,
	   "of a year the last hours are told, and how many were before: %u, %u", t.cnt,
	   t.left_out[1]);
	phases_take(&old, p, c, start);
	tell(&old, p, c, year + 40 * 365 * 86400LL, &t);
	ok(t.cnt == 67 && !t.left_out[0] && t.list[0].at == day(1, 1) &&
	   t.left_out[1] == LEFT_OUT_MANY && t.left_out[2] == 2 * 400 - 64,
	   "of forty years, that there were more: %u, %u, %u", t.cnt, t.left_out[1],
	   t.left_out[2]);
}

/* --- an agent that was killed between an event and the state --- */

static void test_recall(const struct catalog *c, const char *dir)
{
	CLEANUP(policy_freep) struct policy *p = parse(c, "p", 7), *other = parse(c, "p", 8);
	CLEANUP(phases_exit) struct phases ph = { .is_telling = true, .file = 5, .bytes = 77 },
			     back = { 0 };
	static const char line[] =
		"{\"time\":1932000000000,\"metadata\":{\"event_code\":\"phase\"},\"unmapped\":"
		"{\"serial\":7,\"phase\":{\"from\":\"freeze\",\"to\":\"block\","
		"\"at\":1927670400000,\"line\":4}}}";
	static const char ahead[] =
		"{\"time\":1927065600000,\"metadata\":{\"event_code\":\"phase-ahead\"},"
		"\"unmapped\":{\"serial\":7,\"phase\":{\"from\":\"freeze\",\"to\":\"block\","
		"\"at\":1927670400000,\"line\":4}}}";
	const struct phase_seen *s;
	char path[300];

	snprintf(path, sizeof(path), "%s/phases.json", dir);
	snprintf(ph.policy, sizeof(ph.policy), "p");
	ok(!phases_write(path, &ph) && !phases_read(path, &back) && back.is_telling &&
	   back.file == 5 && back.bytes == 77, "that something is being told is written down");
	phases_take(&ph, p, c, day(1, 5));
	s = named(&ph, "vendor examplewall");
	phases_recall(&ph, other, line, strlen(line));
	phases_recall(&ph, p, "\"phase\"", 7);
	phases_recall(&ph, p, line, strlen(line) - 1);
	phases_recall(&ph, p, "{\"time\":\"phase\",\"metadata\":7}", 29);
	ok(s && s->mode == WEIR_FREEZE && s->told_s == day(1, 5), "what is something else is none");
	phases_recall(&ph, p, ahead, strlen(ahead));
	ok(s && s->mode == WEIR_FREEZE && s->warned_at == day(2, 1) && s->warned_days == 7,
	   "a warning that is in the journal was given");
	phases_recall(&ph, p, line, strlen(line));
	ok(s && s->mode == WEIR_BLOCK && s->told_s == day(2, 1) && s->until_s == day(2, 1),
	   "a change that is in the journal was told");
}

int main(void)
{
	CLEANUP(catalog_freep) struct catalog *c = fixture_catalog();
	char dir[] = "/tmp/weir-phases-XXXXXX", path[300];

	if (!ok(c && mkdtemp(dir), "the fixtures' catalogue is sealed"))
		return tap_done();
	test_hold(c);
	test_other_plan(c);
	test_file(c, dir);
	test_damage(dir);
	test_take(c);
	test_back(c);
	test_table_time();
	test_twice(c);
	test_left_out(c);
	test_recall(c, dir);
	test_time(c);
	snprintf(path, sizeof(path), "%s/phases.json", dir);
	unlink(path);
	rmdir(dir);
	return tap_done();
}
