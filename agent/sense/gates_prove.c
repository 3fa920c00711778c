// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proof: what a gate is worth is what it does to the canary, now.
 */
#include <stdio.h>
#include <string.h>

#include "sense/boot_clock.h"
#include "sense/gates_private.h"
#include "sense/module_gate.h"
#include "sense/proof.h"

struct search {
	enum weir_hook hook;
	uint64_t since_ns;
	bool found;
};

static void look_for_canary(void *ctx, const void *record, size_t len)
{
	const struct weir_rec *rec = record;
	struct search *s = ctx;

	if (len >= sizeof(*rec) && rec->flags & WEIR_REC_CANARY && rec->hook == s->hook &&
	    rec->time_ns >= s->since_ns)
		s->found = true;
}

static uint64_t losses(const struct gates *g)
{
	struct weir_losses l;
	uint64_t sum = 0;
	int t;

	if (gates_losses(g, &l))
		return 0;
	for (t = 0; t < WEIR_REC_MAX; t++)
		sum += l.by_type[t];
	return sum;
}

/* When a proof began, and what had been counted by then. */
struct start {
	uint64_t ns, lost;
	uint64_t stopped[WEIR_HOOK_MAX]; /* canaries, by the module */
};

static struct start start(const struct gates *g)
{
	struct start at = { .ns = boot_clock_ns(), .lost = losses(g) };

	if (g->module)
		module_gate_canaries(g->module, at.stopped);
	return at;
}

/* The module counts canaries that it stopped, and writes no record of them. */
static bool counted(const struct gates *g, enum weir_hook hook, const struct start *at)
{
	uint64_t now[WEIR_HOOK_MAX];

	return !module_gate_canaries(g->module, now) && now[hook] > at->stopped[hook];
}

/*
 * Did @hook leave a record of the canary? Looks ahead; consumes nothing. A ring
 * that is full, because nobody read it for a while, costs the record but not
 * the count of it: that is a trace too.
 */
static bool recorded(const struct gates *g, enum weir_hook hook, const struct start *at)
{
	struct search s = { .hook = hook, .since_ns = at->ns };
	int i;

	if (g->module && g->hook[hook].mechanism == WEIR_VIA_MODULE)
		return counted(g, hook, at);
	for (i = 0; i < WEIR_RING_MAX; i++)
		ring_look_ahead(&g->ring[i], look_for_canary, &s);
	return s.found || losses(g) > at->lost;
}

static enum weir_strength strength_of(enum proof proof, bool has_record)
{
	if (!has_record)
		return WEIR_BLIND; /* a denial nobody can read did not happen */
	switch (proof) {
	case PROOF_DENIED:
		return WEIR_CAN_DENY;
	case PROOF_KILLED:
		return WEIR_CAN_KILL;
	default:
		return WEIR_WATCH;
	}
}

static bool settle(struct gate_state *state, enum weir_strength strength)
{
	enum weir_strength promised = state->mechanism == WEIR_VIA_TRACEPOINT ? WEIR_WATCH :
										 WEIR_CAN_DENY;

	state->strength = strength;
	if (strength != WEIR_BLIND)
		state->proven_ns = boot_clock_ns();
	return strength >= promised;
}

static bool prove_exec(struct gates *g)
{
	struct start since = start(g);
	enum proof proof = proof_exec(g->p->opts.canary);

	return settle(&g->hook[WEIR_HOOK_EXEC],
		      strength_of(proof, recorded(g, WEIR_HOOK_EXEC, &since)));
}

static bool prove_load(struct gates *g)
{
	struct start since = start(g);
	enum proof map, protect;

	if (g->hook[WEIR_HOOK_LOAD].mechanism == WEIR_VIA_TRACEPOINT) {
		/* No tracepoint tells of mappings. */
		g->hook[WEIR_HOOK_LOAD].mechanism = WEIR_VIA_NONE;
		g->hook[WEIR_HOOK_LOAD].strength = WEIR_BLIND;
		return false;
	}
	map = proof_load(g->p->opts.canary);
	protect = proof_mprotect(g->p->opts.canary);
	return settle(&g->hook[WEIR_HOOK_LOAD],
		      strength_of(protect == PROOF_DENIED ? map : protect,
				  recorded(g, WEIR_HOOK_LOAD, &since)));
}

/*
 * Without CAP_SYS_MODULE finit_module fails with the same EPERM; only the
 * record tells the gate's refusal from the kernel's. So an agent that has
 * dropped the capability keeps the proof of its start.
 */
static void prove_module(struct gates *g)
{
	struct gate_state *state = &g->hook[WEIR_HOOK_MODULE];
	struct start since = start(g);
	enum proof proof;

	if (g->is_limited)
		return;
	if (state->mechanism == WEIR_VIA_TRACEPOINT) {
		state->strength = WEIR_WATCH;
		return;
	}
	proof = proof_module(g->p->opts.canary);
	if (proof == PROOF_DENIED && recorded(g, WEIR_HOOK_MODULE, &since))
		settle(state, WEIR_CAN_DENY);
	else if (proof == PROOF_PASSED || !state->proven_ns)
		state->strength = WEIR_WATCH;
}

static bool prove_connect(struct gates *g)
{
	struct start since = start(g);
	enum proof proof = proof_connect();

	return settle(&g->hook[WEIR_HOOK_CONNECT],
		      strength_of(proof, recorded(g, WEIR_HOOK_CONNECT, &since)));
}

/* Like module, provable only while the agent may still open a raw socket. */
static bool prove_socket(struct gates *g)
{
	struct start since = start(g);
	enum proof proof;

	/* Raised by a reload: it stands beside a proven connect gate, and says so. */
	if (g->is_limited && g->socket.strength != WEIR_CAN_DENY)
		snprintf(g->socket.why_not, sizeof(g->socket.why_not),
			 "raised by a reload: proven at the next start");
	if (g->is_limited)
		return true;
	proof = proof_raw_connect();

	if (proof == PROOF_UNTRIED)
		return g->socket.strength == WEIR_CAN_DENY;
	return settle(&g->socket, strength_of(proof, recorded(g, WEIR_HOOK_CONNECT, &since)));
}

bool gates_prove_family(struct gates *g, enum family family)
{
	bool holds;

	switch (family) {
	case FAMILY_EXEC:
		return prove_exec(g);
	case FAMILY_LOAD:
		holds = prove_load(g);
		prove_module(g);
		return holds;
	case FAMILY_CONNECT:
		return prove_connect(g);
	default:
		return prove_socket(g);
	}
}

bool gates_prove(struct gates *g)
{
	enum weir_strength before[WEIR_HOOK_MAX];
	bool holds = true;
	int i;

	for (i = 0; i < WEIR_HOOK_MAX; i++)
		before[i] = g->hook[i].strength;
	for (i = 0; i < FAMILY_MAX; i++)
		if (g->p->attached[i])
			gates_prove_family(g, i);
	for (i = 0; i < WEIR_HOOK_MAX; i++)
		holds &= g->hook[i].strength >= before[i];
	return holds;
}
