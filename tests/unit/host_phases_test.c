// SPDX-License-Identifier: GPL-2.0-only
/*
 * What phases have reached, from one agent and boot to the next: a clock that is
 * behind lowers nothing, a higher serial may, and a damaged memory is none.
 */
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

static struct policy *parse(const struct catalog *c, const char *name, int serial)
{
	struct policy_context ctx = { .catalog = c, .host = "h", .machine_id = "m" };
	struct policy *p = NULL;
	struct diag d;
	char text[1000];

	snprintf(text, sizeof(text), "policy: %s\nserial: %d\n%s", name, serial, steps);
	if (policy_parse(&ctx, "p", text, strlen(text), &p, &d))
		printf("# %u: %s\n", d.line, d.text);
	return p;
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
		ph.list[i].has_reached = true;
		ph.list[i].reached = WEIR_BLOCK;
		ph.list[i].reached_from = ph.list[i].rule->level == RULE_VENDOR ? day(2, 1) :
										   INT64_MIN;
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
	ok(!phases_hold(&ph, newer, INT64_MIN, day(1, 5)) &&
	   mode(newer, 0, day(1, 5)) == WEIR_FREEZE, "a higher serial may");
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
	ok(s && s->mode == WEIR_BLOCK && s->has_reached && s->reached_from == day(2, 1) &&
	   s->told_s == day(3, 5), "with the date of the phase");
	s = named(&back, "product examplewall/agent");
	ok(s && s->has_reached && s->reached_from == INT64_MIN, "or that it has none of its own");
}

static const char *const damaged[] = {
	"", "{", "[]", "{}", "{\"policy\": 1, \"rules\": {}}", "{\"policy\": \"p\"}",
	"{\"policy\": \"p\", \"rules\": []}", "{\"policy\": \"p\", \"rules\": {\"a\": 1}}",
	"{\"policy\": \"p\", \"rules\": {\"a\": {\"mode\": \"blocked\"}}}",
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
	ok(s && s->is_by_policy && !s->has_reached && ph.serial == 8,
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

int main(void)
{
	CLEANUP(catalog_freep) struct catalog *c = fixture_catalog();
	char dir[] = "/tmp/weir-phases-XXXXXX", path[300];

	if (!ok(c && mkdtemp(dir), "the fixtures' catalogue is sealed"))
		return tap_done();
	test_hold(c);
	test_file(c, dir);
	test_damage(dir);
	test_take(c);
	test_back(c);
	test_time(c);
	snprintf(path, sizeof(path), "%s/phases.json", dir);
	unlink(path);
	rmdir(dir);
	return tap_done();
}
