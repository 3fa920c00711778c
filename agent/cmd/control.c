// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control socket: whoever may connect gets one JSON document about the
 * agent's state and the connection is closed. Nothing can be asked for and
 * nothing changed here; arm and disarm go to the kernel by themselves.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "cmd/version.h"
#include "policy/effective.h"

static bool armed(const struct agent *a)
{
	struct weir_arm arm = {};
	uint32_t zero = 0;

	return !gates_map_get(gates_map(a->gates, "weir_arm"), &zero, &arm) &&
	       arming_state(&arm, arming_now_ns()) != ARMED_NO;
}

/* Does any rule with keys of its own block at this moment? */
static bool blocks_now(const struct agent *a)
{
	const struct compiled *t = a->now->plan->compiled;
	uint64_t now = arming_now_ns();
	uint32_t i;

	for (i = 1; i < t->rule_cnt; i++)
		if (t->rules[i].flags & WEIR_RULE_ENFORCE &&
		    weir_mode_at(&t->rules[i], now) == WEIR_BLOCK)
			return true;
	return false;
}

static enum weir_strength required(const struct agent *a, enum weir_hook hook)
{
	const struct policy *p = a->now->sources.policy;

	if (hook == WEIR_HOOK_EXEC)
		return p->require_exec;
	return hook == WEIR_HOOK_CONNECT ? p->require_connect : p->require_load;
}

static enum effect effect_on(const struct agent *a, enum weir_hook hook)
{
	struct situation s = {
		.enforce = a->gates->control.enforce,
		.armed = armed(a),
		.blocks = blocks_now(a),
		.strength = a->gates->hook[hook].strength,
		.required = required(a, hook),
	};

	return effect_of(&s);
}

/*
 * Ready: with enforce off, records flow; with it on, armed and every hook that
 * the policy requires proven. The module hook is never required: what loads
 * from a buffer passes every gate there is.
 */
bool agent_is_ready(const struct agent *a, char *why, size_t size)
{
	static const enum weir_hook needed[] = { WEIR_HOOK_EXEC, WEIR_HOOK_LOAD,
						 WEIR_HOOK_CONNECT };
	const struct gate_state *g;
	unsigned int i;

	if (a->gates->hook[WEIR_HOOK_EXEC].strength == WEIR_BLIND) {
		snprintf(why, size, "exec: no records arrive: %s",
			 a->gates->hook[WEIR_HOOK_EXEC].why_not);
		return false;
	}
	if (!a->now->sources.policy->enforce)
		return true;
	if (!armed(a)) {
		snprintf(why, size, "not armed: run `weir arm`");
		return false;
	}
	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		g = &a->gates->hook[needed[i]];
		if (!blocks_now(a) || !g->needed || g->strength >= required(a, needed[i]))
			continue;
		/* `kill` on exec says that the host may do without the load hook. */
		if (needed[i] == WEIR_HOOK_LOAD &&
		    a->now->sources.policy->require_exec == WEIR_CAN_KILL)
			continue;
		snprintf(why, size, "%s: strength %s, the policy requires %s: %s",
			 hook_name(needed[i]), strength_name(g->strength),
			 strength_name(required(a, needed[i])), g->why_not);
		return false;
	}
	return true;
}

static void add_gate(struct jout *j, const char *name, const struct gate_state *g,
		     const char *effect)
{
	jout_object(j);
	jout_add_str(j, "hook", name);
	jout_add_str(j, "mechanism", mechanism_name(g->mechanism));
	jout_add_str(j, "strength", strength_name(g->strength));
	jout_add_bool(j, "needed", g->needed);
	jout_add_bool(j, "hashes", g->hashes);
	jout_add_str(j, "effect", effect);
	/* Module and socket are proven at the start only: later the agent may not. */
	if (g->proven_ns)
		jout_add_u64(j, "proven_s_ago", (arming_now_ns() - g->proven_ns) / 1000000000);
	if (g->strength != WEIR_CAN_DENY && g->why_not[0])
		jout_add_str(j, "why", g->why_not);
	jout_end(j);
}

static void add_gates(struct jout *j, const struct agent *a)
{
	const struct gate_state *g;
	int hook;

	jout_add_array(j, "gates");
	for (hook = 0; hook < WEIR_HOOK_MAX; hook++) {
		g = &a->gates->hook[hook];
		add_gate(j, hook_name(hook), g,
			 g->needed ? effect_name(effect_on(a, hook)) : "not-needed");
	}
	g = &a->gates->socket;
	add_gate(j, "socket", g, g->needed ? strength_name(g->strength) : "not-needed");
	jout_end(j);
}

static void add_policy(struct jout *j, const struct agent *a)
{
	const struct policy *p = a->now->sources.policy;

	jout_add_object(j, "policy");
	jout_add_str(j, "name", p->name);
	jout_add_str(j, "file", p->file);
	jout_add_str(j, "catalog", a->opts->catalog);
	jout_key(j, "serial");
	jout_i64(j, p->serial);
	jout_add_bool(j, "enforce", p->enforce);
	jout_add_u64(j, "rules", p->rule_cnt);
	jout_add_u64(j, "exemptions", p->exemption_cnt);
	jout_add_u64(j, "generation", table_generation(a->now->table));
	if (a->now->plan->kept[0])
		jout_add_str(j, "kept", a->now->plan->kept);
	jout_end(j);
	if (!a->refusal[0])
		return;
	jout_add_object(j, "refused");
	jout_key(j, "wanted_serial");
	jout_i64(j, a->wanted_serial);
	jout_add_str(j, "because", a->refusal);
	jout_end(j);
}

static void add_arm(struct jout *j, const struct agent *a)
{
	static const char *const names[] = { "disarmed", "unconfirmed", "confirmed" };
	struct weir_arm arm = {};
	uint32_t zero = 0;
	uint64_t now = arming_now_ns();
	enum armed state;

	gates_map_get(gates_map(a->gates, "weir_arm"), &zero, &arm);
	state = arming_state(&arm, now);
	jout_add_str(j, "arm", names[state]);
	if (state == ARMED_UNTIL)
		jout_add_u64(j, "arm_left_s", (arm.until_ns - now) / 1000000000);
	if (arm.off_ns > now && arm.off_ns != WEIR_NEVER)
		jout_add_u64(j, "arms_again_s", (arm.off_ns - now) / 1000000000);
	jout_add_bool(j, "off", arming_is_off());
}

static void add_counters(struct jout *j, struct agent *a)
{
	const struct plan *p = a->now->plan;
	struct identify_counts ids = {};
	uint64_t lost = 0;
	int t;

	if (a->identify)
		identify_count(a->identify, &ids);
	for (t = 0; t < WEIR_REC_MAX; t++)
		lost += a->count.lost.by_type[t];
	jout_add_object(j, "counters");
	jout_add_u64(j, "records", a->count.records);
	jout_add_u64(j, "denials", a->count.denials);
	jout_add_u64(j, "lost", lost);
	jout_add_u64(j, "lost_denials", a->count.lost.denials);
	jout_add_u64(j, "missing_numbers", a->count.missing);
	jout_add_u64(j, "bad_records", a->count.bad_records);
	jout_add_u64(j, "identified", a->count.identified);
	jout_add_u64(j, "identify_dropped", ids.dropped);
	jout_add_u64(j, "parser_crashed", ids.faults[CELL_CRASHED]);
	jout_add_u64(j, "parser_hung", ids.faults[CELL_HUNG]);
	jout_add_u64(j, "parser_lied", ids.faults[CELL_LIED]);
	jout_add_u64(j, "parser_absent", ids.faults[CELL_ABSENT]);
	jout_add_u64(j, "keys_added", a->count.keys_added);
	jout_add_u64(j, "keys_refused", a->count.keys_refused);
	jout_add_u64(j, "journal_lost", journal_lost(a->journal));
	jout_end(j);
	jout_add_object(j, "table");
	jout_add_u64(j, "files", p->file_cnt);
	jout_add_u64(j, "directories", p->dir_cnt);
	jout_add_u64(j, "hashes", p->compiled->hash_cnt);
	jout_add_u64(j, "build_ids", p->compiled->build_id_cnt);
	jout_add_u64(j, "prefixes", p->compiled->prefix_cnt);
	jout_add_u64(j, "guarded", p->guard_cnt);
	jout_end(j);
}

void agent_status(struct agent *a, struct buf *out)
{
	struct jout j = jout_to(out);
	enum effect effect = effect_on(a, WEIR_HOOK_EXEC);
	char why[256] = "";
	bool ready = agent_is_ready(a, why, sizeof(why));

	jout_object(&j);
	jout_add_str(&j, "version", WEIR_VERSION);
	jout_add_u64(&j, "pid", getpid());
	jout_add_u64(&j, "uncovered_at_boot_ms", a->gates->active.since_ns / 1000000);
	jout_add_bool(&j, "ready", ready);
	if (!ready)
		jout_add_str(&j, "not_ready", why);
	jout_add_str(&j, "effective", effect_text(effect));
	jout_add_str(&j, "effect", effect_name(effect));
	jout_add_bool(&j, "adopted", a->gates->adopted);
	add_arm(&j, a);
	add_policy(&j, a);
	add_gates(&j, a);
	add_counters(&j, a);
	feeder_status(a, &j);
	holds_status(a, &j);
	trusted_status(&a->now->sources, &a->now->trusted, time(NULL), &j);
	phases_status(a, &j);
	protection_status(a, &j);
	switch_status(a, &j);
	if (journal_trouble(a->journal))
		jout_add_str(&j, "journal_trouble", strerror(journal_trouble(a->journal)));
	jout_end(&j);
	buf_add_char(out, '\n');
}

int control_listen(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = AGENT_SOCKET };
	CLEANUP(close_fdp) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	unlink(AGENT_SOCKET);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || chmod(AGENT_SOCKET, 0600) ||
	    listen(fd, 16))
		return -errno;
	return take_fd(fd);
}

/* A reader that does not read must not hold the agent: what fits, fits. */
void control_serve(struct agent *a, int listen_fd)
{
	CLEANUP(close_fdp) int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int room = 1 << 20;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	buf_clear(&a->text);
	agent_status(a, &a->text);
	if (!a->text.err)
		send(fd, a->text.data, a->text.len, MSG_NOSIGNAL);
}
