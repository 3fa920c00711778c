// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which table may leave the kernel, and which set of gates may not follow upon
 * another: what can be said of it without a kernel.
 */
#include "sense/gates_private.h"

#include "tap.h"

#define S 1000000000ULL

static void test_retired(void)
{
	struct retired r = { .cnt = 0 };

	ok(!retired_due(&r, 1000 * S), "nothing is due at first");
	retired_add(&r, 7, 100 * S);
	retired_add(&r, 7, 130 * S);
	ok(retired_has(&r, 7) && !retired_has(&r, 6), "a table that is not in force is known");
	ok(!retired_due(&r, 159 * S), "it stays as long as somebody may sleep in it");
	ok(retired_due(&r, 160 * S) == 7, "and no longer, however often it is told of");
	retired_add(&r, 8, 120 * S);
	retired_remove(&r, 7);
	ok(!retired_due(&r, 160 * S) && retired_due(&r, 180 * S) == 8, "each has its own time");
	for (uint64_t n = 20; n < 40; n++)
		retired_add(&r, n, 0);
	ok(r.cnt == WEIR_GENERATIONS, "more than there can be are not counted");
}

static void test_victim(void)
{
	static const struct {
		const char *title;
		uint64_t there[4], in_force, want;
	} cases[] = {
		{ "the oldest makes room", { 5, 4, 7, 6 }, 7, 4 },
		{ "before that, what never came into force", { 5, 4, 7, 6 }, 6, 7 },
		{ "never the one in force", { 4, 4, 4, 4 }, 4, 0 },
		{ "the oldest, too, when nobody knows which one is", { 9, 8, 7, 6 }, 0, 6 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(retired_victim(cases[i].there, 4, cases[i].in_force) == cases[i].want, "%s",
		   cases[i].title);
}

static void test_weaker(void)
{
	static const struct {
		const char *title;
		enum weir_hook hook;
		enum weir_mechanism before;
		struct gate_state now;
		bool want;
	} cases[] = {
		{ "exec that could refuse has to", WEIR_HOOK_EXEC, WEIR_VIA_LSM,
		  { .mechanism = WEIR_VIA_TRACEPOINT, .strength = WEIR_CAN_KILL, .needed = true },
		  true },
		{ "by another mechanism as well", WEIR_HOOK_EXEC, WEIR_VIA_LSM,
		  { .mechanism = WEIR_VIA_FMOD_RET, .strength = WEIR_CAN_DENY, .needed = true },
		  false },
		{ "so does load", WEIR_HOOK_LOAD, WEIR_VIA_FMOD_RET,
		  { .mechanism = WEIR_VIA_NONE, .strength = WEIR_BLIND, .needed = true }, true },
		{ "so does connect, by cgroups", WEIR_HOOK_CONNECT, WEIR_VIA_CGROUP,
		  { .mechanism = WEIR_VIA_CGROUP, .strength = WEIR_WATCH, .needed = true }, true },
		{ "unless no table asks for it any more", WEIR_HOOK_CONNECT, WEIR_VIA_CGROUP,
		  { .mechanism = WEIR_VIA_NONE, .strength = WEIR_BLIND, .needed = false }, false },
		{ "who only watched may go on watching", WEIR_HOOK_EXEC, WEIR_VIA_TRACEPOINT,
		  { .mechanism = WEIR_VIA_TRACEPOINT, .strength = WEIR_WATCH, .needed = true },
		  false },
		{ "a module gate without a proof is one", WEIR_HOOK_MODULE, WEIR_VIA_LSM,
		  { .mechanism = WEIR_VIA_LSM, .strength = WEIR_WATCH, .needed = true }, false },
		{ "but not one that is missing", WEIR_HOOK_MODULE, WEIR_VIA_LSM,
		  { .mechanism = WEIR_VIA_NONE, .strength = WEIR_WATCH, .needed = true }, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(gate_is_weaker(cases[i].hook, (uint8_t)cases[i].before, &cases[i].now) ==
			   cases[i].want,
		   "%s", cases[i].title);
}

int main(void)
{
	test_retired();
	test_victim();
	test_weaker();
	return tap_done();
}
