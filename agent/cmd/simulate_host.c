// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a candidate policy comes to on this host: what its freezes would let
 * run, whom its exemptions mean, whether it meets the guard, and which gate is
 * weaker than it asks for.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "cmd/exempt.h"
#include "cmd/simulation.h"
#include "inventory/guard.h"
#include "inventory/meeting.h"

#define MEETINGS_TOLD 10

/* --- what is installed --- */

static bool any_by_scan(const struct known *k)
{
	for (uint32_t i = 0; i < k->cnt; i++)
		if (k->list[i].by_scan)
			return true;
	return false;
}

static int read_installed(struct simulation *s)
{
	char path[WEIR_PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/known.json", s->state);
	err = known_read(path, &s->known);
	if (err == -ENOMEM)
		return err;
	snprintf(path, sizeof(path), "%s/installed.json", s->state);
	err = installed_read(path, &s->before);
	if (err == -ENOMEM)
		return err;
	/* Before a first table there is only what the inventory has found. */
	s->is_counted = s->before.is_counted || any_by_scan(&s->known);
	s->before.is_counted = s->is_counted;
	return installed_make(&s->before, &s->known, s->compiled, s->sources.catalog,
			      REHEARSE_BOOT_NS, &s->installed);
}

static bool is_frozen_already(const struct simulation *s, const char *product)
{
	for (uint32_t i = 0; i < s->before.frozen_cnt; i++)
		if (!strcmp(s->before.frozen[i], product))
			return true;
	return false;
}

/* The kernel's number of the device is not that of stat(2), so it is left out. */
static bool is_same(const struct known_file *f, const struct rehearse_record *r)
{
	uint64_t ino = 0;

	if (r->file)
		(void)sscanf(r->file, "%*u:%" SCNu64, &ino);
	return f->ino == ino && f->size == r->size && (uint64_t)f->changed_ns == r->ctime_ns;
}

static bool is_same_content(const struct known_file *f, const struct rehearse_record *r)
{
	uint8_t sum[WEIR_SHA256_LEN];

	return f->is_hashed && r->sha256 && strlen(r->sha256) == 2 * sizeof(sum) &&
	       !hex_decode(r->sha256, 2 * sizeof(sum), sum) &&
	       !memcmp(sum, f->sha256, sizeof(sum));
}

/*
 * A freeze that has begun keeps what was there then. One to come will find
 * what stands at the path by then, whatever it was when it was recorded.
 */
static bool is_installed(void *ctx, const struct rehearse_record *r, uint32_t product)
{
	const struct simulation *s = ctx;
	const char *id = s->sources.catalog->products[product].id;
	const struct known_file *f = r->path ? known_find(&s->installed.files, r->path) : NULL;

	if (!f || strcmp(f->product, id) != 0)
		return false;
	/* Of the inventory only the path is known. */
	if (!is_frozen_already(s, id) || !r->file)
		return true;
	return is_same(f, r) || is_same_content(f, r);
}

/* --- exemptions --- */

static int find_users(struct simulation *s)
{
	const struct compiled *t = s->compiled;

	s->uids = calloc(t->exemption_cnt + 1UL, sizeof(*s->uids));
	s->is_void = calloc(t->exemption_cnt + 1UL, sizeof(*s->is_void));
	if (!s->uids || !s->is_void)
		return -ENOMEM;
	for (uint32_t i = 0; i < t->exemption_cnt; i++) {
		const char *user = t->exemptions[i].user;

		s->uids[i] = WEIR_ANYBODY;
		s->is_void[i] = user && !exempt_find_user(user, &s->uids[i]);
	}
	return 0;
}

/* --- the guard --- */

static int refuse(const struct simulation *s, const struct meetings *m, struct diag *d)
{
	const struct policy *p = s->sources.policy;
	const struct rule *rule;
	char text[400];

	for (uint32_t i = 0; i < m->cnt && i < MEETINGS_TOLD; i++) {
		char line[800];

		meeting_format(&m->list[i], s->sources.catalog, p, text, sizeof(text));
		rule = policy_rule_for(p, s->sources.catalog, m->list[i].key.rule - 1);
		diag_set(d, p->file, rule ? rule->line : 0, 1, "%s; the policy is refused", text);
		if (i + 1 == m->cnt || i + 1 == MEETINGS_TOLD)
			break;
		diag_format(d, line, sizeof(line));
		fprintf(stderr, "%s\n", line);
	}
	return -EINVAL;
}

/* A policy that the agent would refuse stops nothing at all. */
static int meet_guard(struct simulation *s, struct diag *d)
{
	CLEANUP(close_fdp) int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(meetings_freep) struct meetings *m = NULL;
	CLEANUP(guard_freep) struct guard *g = NULL;
	int err = root < 0 ? -errno : guard_new(root, NULL, &g);

	if (!err)
		err = guard_meets(g, s->compiled, &m);
	if (err == -ENOMEM)
		return err;
	if (err)
		s->guard_unknown = true;
	return !err && m->cnt ? refuse(s, m, d) : 0;
}

/* --- gates --- */

static bool reaches(const struct compiled *t, enum weir_mode mode)
{
	for (uint32_t i = 1; i < t->rule_cnt; i++)
		if (t->rules[i].id && t->rules[i].flags & WEIR_RULE_ENFORCE &&
		    rule_begins(&t->rules[i], mode) != WEIR_NEVER)
			return true;
	return false;
}

static void add_gate(struct simulation *s, enum weir_hook hook, uint8_t required)
{
	const struct gate_seen *seen = &s->coverage.gates[hook];

	s->gates[s->gate_cnt++] = (struct weak_gate){
		.hook = hook,
		.required = required,
		.is_known = seen->is_known,
		.strength = seen->strength,
		.is_weak = seen->is_known && seen->strength < required,
	};
}

/* The module hook is never required: what loads a module may be anything. */
static void find_gates(struct simulation *s)
{
	const struct policy *p = s->sources.policy;

	if (reaches(s->compiled, WEIR_FREEZE)) {
		add_gate(s, WEIR_HOOK_EXEC, p->require_exec);
		add_gate(s, WEIR_HOOK_LOAD, p->require_load);
	}
	if (reaches(s->compiled, WEIR_OFFLINE) && s->compiled->prefix_cnt)
		add_gate(s, WEIR_HOOK_CONNECT, p->require_connect);
}

/* --- units that the journal never saw --- */

static bool is_seen(const struct simulation *s, const struct scanned_unit *u)
{
	for (uint32_t i = 0; i < s->past.cnt; i++) {
		const struct rehearse_record *r = &s->past.acts[i].first;

		if ((r->unit && !strcmp(r->unit, u->name)) ||
		    (r->user_unit && !strcmp(r->user_unit, u->name)) ||
		    (u->path && r->path && !strcmp(r->path, u->path)))
			return true;
	}
	return false;
}

static int find_never_seen(struct simulation *s)
{
	const struct inventory *in = &s->inventory;

	s->never_seen = calloc(in->unit_cnt + 1UL, sizeof(*s->never_seen));
	if (!s->never_seen)
		return -ENOMEM;
	for (uint32_t i = 0; i < in->unit_cnt; i++)
		if (in->units[i].name && !is_seen(s, &in->units[i]))
			s->never_seen[s->never_cnt++] = &in->units[i];
	return 0;
}

int simulate_host(struct simulation *s, struct diag *d)
{
	struct rehearse_candidate c = { .catalog = s->sources.catalog,
					.policy = s->sources.policy, .at_s = s->at_s };
	int err = simulate_held(s);

	if (!err)
		err = compile(c.catalog, c.policy, s->at_s, REHEARSE_BOOT_NS, &s->compiled, d);
	if (!err)
		err = meet_guard(s, d);
	if (!err)
		err = read_installed(s);
	if (!err)
		err = find_users(s);
	if (err)
		return err;
	c.compiled = s->compiled;
	c.host = (struct rehearse_host){ .is_installed = is_installed, .ctx = s,
					 .is_counted = s->is_counted,
					 .uids = s->uids, .is_void = s->is_void };
	err = rehearse_judge(&s->past, &c);
	if (!err)
		err = rehearse_judge(&s->inventory.running, &c);
	if (err)
		return err;
	find_gates(s);
	return find_never_seen(s);
}
