// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/at_switch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/agent.h"
#include "cmd/arming.h"
#include "cmd/force.h"
#include "inventory/root.h"
#include "out/text.h"

/* What runs is looked at again for the status. */
#define LOOK_EVERY_NS (60 * 1000000000ULL)

static const char *const level_names[] = {
	[SWITCH_NONE] = "none",
	[SWITCH_MEANT] = "meant",
	[SWITCH_IN_FORCE] = "in-force",
};
_Static_assert(ARRAY_SIZE(level_names) == SWITCH_LEVEL_MAX, "every level has a name");

static const char *const on_switch_names[] = {
	[ON_SWITCH_LEAVE] = "leave",
	[ON_SWITCH_STOP_UNIT] = "stop-unit",
	[ON_SWITCH_REFUSE_RESTART] = "refuse-restart",
};
_Static_assert(ARRAY_SIZE(on_switch_names) == ON_SWITCH_MAX, "every word has a name");

void switch_end(struct at_switch *s)
{
	switch_units_end(&s->units);
	switch_forget_processes(s);
	while (s->cnt)
		free(s->list[--s->cnt].id);
	free(s->list);
	*s = (struct at_switch){ 0 };
}

/* --- a policy --- */

static bool blocks_at_some_time(const struct weir_rule *rule)
{
	for (int i = 0; i < WEIR_STEPS_MAX && rule->at_ns[i] != WEIR_NEVER; i++)
		if (rule->mode[i] == WEIR_BLOCK)
			return rule->flags & WEIR_RULE_ENFORCE;
	return false;
}

static void watch_product(struct agent *a, uint32_t product, const struct rule *rule)
{
	struct switch_seen *seen = switch_seen_of(&a->at_switch,
					   a->now->sources.catalog->products[product].id);

	if (!seen)
		return;
	/* Another word about it is another switch. */
	if (seen->on_switch != rule->on_switch) {
		seen->level = SWITCH_NONE;
		seen->is_asked = false;
	}
	seen->on_switch = rule->on_switch;
	seen->line = rule->line;
	seen->product = product;
	seen->is_watched = true;
}

static void read_memory(struct agent *a)
{
	struct at_switch *s = &a->at_switch;
	int err;

	if (s->is_read)
		return;
	err = switch_read(SWITCH_FILE, a->host.boot_id, s);
	s->path = SWITCH_FILE;
	snprintf(s->boot_id, sizeof(s->boot_id), "%s", a->host.boot_id);
	s->is_read = true;
	if (err && err != -ENOENT)
		fprintf(stderr, "weir: %s: %s: what was masked stays so until the next boot\n",
			SWITCH_FILE, err == -EINVAL ? "damaged" : strerror(-err));
}

void agent_take_switch(struct agent *a)
{
	const struct sources *s = &a->now->sources;
	const struct compiled *t = a->now->plan->compiled;

	read_memory(a);
	for (uint32_t i = 0; i < a->at_switch.cnt; i++)
		a->at_switch.list[i].is_watched = false;
	for (uint32_t i = 0; i < s->catalog->product_cnt; i++)
		if (t->rules[i + 1].id && blocks_at_some_time(&t->rules[i + 1]))
			watch_product(a, i, policy_rule_for(s->policy, s->catalog, i));
	/* Their products have other numbers now. */
	switch_forget_processes(&a->at_switch);
	a->at_switch.look_ns = 0;
}

/* --- what is done about units --- */

static void want_unit(struct agent *a, const struct switch_seen *seen, const char *name,
		      bool is_listed)
{
	struct switch_unit *u = switch_unit_of(&a->at_switch.units, name, seen->id);

	if (!u)
		return;
	u->is_listed |= is_listed;
	/* It was left, and what spared it has ended. */
	if (!is_listed && u->is_listed && !u->stops && !u->is_masked)
		u->is_settled = false;
}

/* So that systemd is asked only about units that are here. */
static bool has_file(const struct agent *a, const char *unit)
{
	static const char *const dirs[] = {
		"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
		"/usr/lib/systemd/system", "/lib/systemd/system", "/run/systemd/generator",
		"/run/systemd/generator.late",
	};
	char path[512];

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		CLEANUP(close_fdp) int fd = -1;

		snprintf(path, sizeof(path), "%s/%s", dirs[i], unit);
		fd = root_open(a->root_fd, path, O_PATH | O_CLOEXEC);
		if (fd >= 0)
			return true;
	}
	return false;
}

static void want_listed(struct agent *a, const struct switch_seen *seen)
{
	const struct catalog *c = a->now->sources.catalog;
	const struct product *p = &c->products[seen->product];

	for (uint32_t i = 0; i < p->indicator_cnt; i++) {
		const struct indicator *ind = &c->indicators[p->first_indicator + i];

		if (ind->kind == IND_UNIT && ind->sufficient &&
		    ind->confidence == CONFIDENCE_HIGH && has_file(a, ind->value))
			want_unit(a, seen, ind->value, true);
	}
	for (const char *const *r = p->restarts; r && *r; r++)
		if (has_file(a, *r))
			want_unit(a, seen, *r, true);
}

/* Those that processes of it are in, and those that the catalogue says are its. */
static void want_units(struct agent *a, struct switch_seen *seen)
{
	for (uint32_t i = 0; i < a->at_switch.process_cnt; i++) {
		const struct switch_process *proc = &a->at_switch.processes[i];

		if (proc->product == seen->product && !proc->where)
			want_unit(a, seen, proc->unit, false);
	}
	if (!seen->is_asked)
		want_listed(a, seen);
	seen->is_asked = true;
}

static const struct switch_seen *blocked_by(const struct at_switch *s, const char *id)
{
	for (uint32_t i = 0; i < s->cnt; i++)
		if (!strcmp(s->list[i].id, id) && s->list[i].is_watched &&
		    s->list[i].level == SWITCH_IN_FORCE &&
		    s->list[i].on_switch != ON_SWITCH_LEAVE)
			return &s->list[i];
	return NULL;
}

/* An exemption that came later may let a unit start that is masked by now. */
static void look_at_exemptions(struct agent *a)
{
	const struct catalog *c = a->now->sources.catalog;

	for (uint32_t i = 0; i < a->at_switch.units.cnt; i++) {
		struct switch_unit *u = &a->at_switch.units.list[i];
		const struct product *p = catalog_product(c, u->product);

		u->is_exempt = p && u->path && force_is_exempt(a, (uint32_t)(p - c->products),
							       u->path, u->uid);
	}
}

/* What is wanted of each unit follows from its product, and from exemptions. */
static void follow(struct at_switch *s)
{
	for (uint32_t i = 0; i < s->units.cnt; i++) {
		struct switch_unit *u = &s->units.list[i];
		const struct switch_seen *seen = u->is_exempt ? NULL : blocked_by(s, u->product);
		bool wants_stop = seen && seen->on_switch == ON_SWITCH_STOP_UNIT;

		if (u->is_wanted == (seen != NULL) && u->wants_stop == wants_stop)
			continue;
		u->is_wanted = seen;
		u->wants_stop = wants_stop;
		u->is_settled = false;
		u->stops = u->masks = u->failures = 0;
		u->next_ns = 0;
	}
}

/* --- told --- */

/* What becomes of one process. */
static void add_fate(const struct agent *a, const struct switch_seen *seen,
		     const struct switch_process *p, struct buf *out)
{
	static const char *const done[] = {
		[ON_SWITCH_LEAVE] = "left running; it can not be started again",
		[ON_SWITCH_STOP_UNIT] = "its unit is stopped",
		[ON_SWITCH_REFUSE_RESTART] = "left running; its unit will not start again",
	};
	static const char *const would[] = {
		[ON_SWITCH_LEAVE] = "would be left running",
		[ON_SWITCH_STOP_UNIT] = "its unit would be stopped",
		[ON_SWITCH_REFUSE_RESTART] = "its unit would not start again",
	};
	const char *missing = force_missing(a, seen->product);

	if (p->where && (seen->on_switch != ON_SWITCH_LEAVE || p->is_spared))
		buf_addf(out, "left running: %s", p->where);
	else if (seen->on_switch != ON_SWITCH_LEAVE && switch_is_vital(p->unit))
		buf_add_str(out, "left running: a host cannot do without that unit");
	else if (seen->on_switch != ON_SWITCH_LEAVE && a->at_switch.is_without_systemd)
		buf_add_str(out, "left running: there is no systemd here");
	else
		buf_add_str(out, seen->level == SWITCH_IN_FORCE ? done[seen->on_switch] :
								  would[seen->on_switch]);
	if (seen->level != SWITCH_IN_FORCE && missing)
		buf_addf(out, " (%s)", missing);
}

static void tell_process(struct agent *a, const struct switch_seen *seen,
			 const struct switch_process *p)
{
	struct event_note note = { .running = { p->pid, p->uid } };
	CLEANUP(buf_free) struct buf text = { 0 };

	buf_addf(&text, "%s is blocked and runs: pid %u, %s%s, user ", seen->id, p->pid,
		 p->unit[0] ? "unit " : "no unit", p->unit);
	text_escaped(&text, p->user, strlen(p->user));
	buf_add_str(&text, ": ");
	add_fate(a, seen, p, &text);
	agent_note(a, EVENT_RUNNING, &note, buf_str(&text), p->path);
}

static void tell(struct agent *a)
{
	struct at_switch *s = &a->at_switch;

	for (uint32_t i = 0; i < s->cnt; i++) {
		struct switch_seen *seen = &s->list[i];

		for (uint32_t k = 0; k < s->process_cnt && seen->is_new; k++)
			if (s->processes[k].product == seen->product)
				tell_process(a, seen, &s->processes[k]);
		seen->is_new = false;
		if (seen->level == SWITCH_IN_FORCE && seen->on_switch != ON_SWITCH_LEAVE &&
		    !s->is_without_systemd)
			want_units(a, seen);
	}
}

/* --- every second --- */

static uint8_t level_of(const struct agent *a, const struct switch_seen *seen)
{
	if (!seen->is_watched || force_mode(a, seen->product) != WEIR_BLOCK)
		return SWITCH_NONE;
	return force_missing(a, seen->product) ? SWITCH_MEANT : SWITCH_IN_FORCE;
}

/* Is some level higher than it was? */
static bool look_at_levels(struct agent *a)
{
	struct at_switch *s = &a->at_switch;
	bool is_any = false;

	for (uint32_t i = 0; i < s->cnt; i++) {
		struct switch_seen *seen = &s->list[i];
		uint8_t level = level_of(a, seen);

		if (level == seen->level)
			continue;
		seen->is_new = level > seen->level;
		seen->is_asked &= level == SWITCH_IN_FORCE;
		seen->level = level;
		is_any |= seen->is_new;
		s->is_dirty = true;
	}
	return is_any;
}

static bool has_systemd(const struct agent *a)
{
	CLEANUP(close_fdp) int fd = root_open(a->root_fd, "/run/systemd/system",
					      O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0;
}

static void write_down(struct at_switch *s)
{
	int err;

	if (!s->is_dirty)
		return;
	s->is_dirty = false;
	err = switch_write(s->path, s);
	if (err)
		fprintf(stderr, "weir: %s: %s: masks are not remembered\n", s->path,
			strerror(-err));
}

static bool is_any_blocked(const struct at_switch *s)
{
	for (uint32_t i = 0; i < s->cnt; i++)
		if (s->list[i].level != SWITCH_NONE)
			return true;
	return false;
}

void agent_watch_switch(struct agent *a)
{
	struct at_switch *s = &a->at_switch;
	uint64_t now = arming_now_ns();
	bool is_new = look_at_levels(a);

	if (is_new || (now >= s->look_ns && is_any_blocked(s))) {
		s->look_ns = now + LOOK_EVERY_NS;
		s->is_without_systemd = !has_systemd(a);
		if (!switch_list(a))
			tell(a);
		look_at_exemptions(a);
	}
	follow(s);
	switch_units_tend(a);
	write_down(s);
}

static void add_process(const struct agent *a, const struct switch_seen *seen,
			const struct switch_process *p, struct jout *j)
{
	CLEANUP(buf_free) struct buf fate = { 0 };

	add_fate(a, seen, p, &fate);
	jout_object(j);
	jout_add_str(j, "product", seen->id);
	jout_add_u64(j, "pid", p->pid);
	jout_add_str(j, "path", p->path);
	jout_add_str(j, "unit", p->unit[0] ? p->unit : NULL);
	jout_add_str(j, "user", p->user);
	jout_add_str(j, "on_switch", on_switch_names[seen->on_switch]);
	jout_add_str(j, "level", level_names[seen->level]);
	jout_add_str(j, "fate", buf_str(&fate));
	jout_end(j);
}

void switch_status(const struct agent *a, struct jout *j)
{
	const struct at_switch *s = &a->at_switch;

	jout_add_array(j, "running");
	for (uint32_t i = 0; i < s->cnt; i++)
		for (uint32_t k = 0; k < s->process_cnt; k++)
			if (s->list[i].level != SWITCH_NONE &&
			    s->processes[k].product == s->list[i].product)
				add_process(a, &s->list[i], &s->processes[k], j);
	jout_end(j);
	jout_add_array(j, "masked");
	for (uint32_t i = 0; i < s->units.cnt; i++) {
		if (!s->units.list[i].is_masked)
			continue;
		jout_object(j);
		jout_add_str(j, "unit", s->units.list[i].name);
		jout_add_str(j, "product", s->units.list[i].product);
		jout_end(j);
	}
	jout_end(j);
}
