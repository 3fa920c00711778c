// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/fold.h"

#include <string.h>

#include "base/cleanup.h"
#include "cmd/agent.h"

#define NS_PER_S 1000000000ULL

static const uint64_t windows_ns[] = { 60 * NS_PER_S, 300 * NS_PER_S, 3600 * NS_PER_S };

static uint64_t mix(uint64_t h, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	while (len--)
		h = (h ^ *p++) * 0x100000001b3ULL; /* FNV-1a */
	return h;
}

/* Each start of a unit may have a control group of its own; its name stays. */
static uint64_t mix_unit(uint64_t h, struct agent *a, uint64_t cgroup)
{
	const struct unit_names *n = units_of(&a->units, cgroup);

	if (!n->unit)
		return mix(h, &cgroup, sizeof(cgroup));
	h = mix(h, n->unit, strlen(n->unit) + 1);
	return n->user_unit ? mix(h, n->user_unit, strlen(n->user_unit)) : h;
}

/* Two kinds that collide would share a count: sixty-four bits keep them apart. */
static uint64_t hash_of(struct agent *a, const struct event *ev)
{
	const struct weir_rec *rec = &ev->rec;
	uint64_t h = 0xcbf29ce484222325ULL;

	h = mix(h, &ev->kind, sizeof(ev->kind));
	h = mix(h, &rec->key.rule, sizeof(rec->key.rule));
	h = mix(h, &rec->answer.verdict, sizeof(rec->answer.verdict));
	h = mix(h, &rec->generation, sizeof(rec->generation));
	h = mix(h, &rec->who.uid, sizeof(rec->who.uid));
	h = mix_unit(h, a, rec->who.cgroup);
	if (ev->kind == EVENT_CONNECT) {
		h = mix(h, ev->connect.addr, sizeof(ev->connect.addr));
		h = mix(h, &ev->connect.port, sizeof(ev->connect.port));
		h = mix(h, &ev->connect.protocol, sizeof(ev->connect.protocol));
	} else {
		h = mix(h, &ev->file.file, sizeof(ev->file.file));
		if (ev->path)
			h = mix(h, ev->path, strlen(ev->path));
	}
	return h ? h : 1;
}

static void write_last(struct agent *a, struct fold_slot *s)
{
	*a->resume.folded -= s->last->repeats;
	agent_publish(a, s->last);
	s->last = event_free(s->last);
}

/* The window is over: what was held back is written, and a longer one begins. */
static void turn(struct agent *a, struct fold_slot *s, uint64_t now_ns)
{
	if (!s->last) {
		s->hash = 0;
		return;
	}
	write_last(a, s);
	s->window += s->window + 1 < ARRAY_SIZE(windows_ns);
	s->due_ns = now_ns + windows_ns[s->window];
}

static struct fold_slot *slot_for(struct agent *a, uint64_t hash)
{
	struct fold_slot *room = NULL, *s;

	for (s = a->folds; s < a->folds + FOLD_SLOTS; s++) {
		if (s->hash == hash)
			return s;
		if (!room || (room->hash && (!s->hash || s->due_ns < room->due_ns)))
			room = s;
	}
	if (room->last)
		write_last(a, room);
	*room = (struct fold_slot){ 0 };
	return room;
}

bool fold_take(struct agent *a, struct event **ev)
{
	uint64_t now_ns = arming_now_ns(), hash;
	struct fold_slot *s;

	if ((*ev)->rec.answer.verdict == WEIR_ALLOW || a->now->sources.policy->repeats_each)
		return false;
	hash = hash_of(a, *ev);
	s = slot_for(a, hash);
	if (!s->hash) {
		*s = (struct fold_slot){ .hash = hash, .due_ns = now_ns + windows_ns[0] };
		return false;
	}
	(*ev)->repeats = s->last ? s->last->repeats + 1 : 1;
	(*ev)->first_ns = s->last ? s->last->first_ns : event_time_ns(*ev);
	++*a->resume.folded;
	event_free(s->last);
	s->last = take_ptr(*ev);
	return true;
}

void fold_tend(struct agent *a, bool all)
{
	uint64_t now_ns = arming_now_ns();

	for (struct fold_slot *s = a->folds; s < a->folds + FOLD_SLOTS; s++) {
		if (!s->hash || (!all && s->due_ns > now_ns))
			continue;
		turn(a, s, now_ns);
		if (all)
			s->hash = 0;
	}
}

void fold_report_lost(struct agent *a)
{
	struct event_note note = { .loss.denials = *a->resume.folded };

	if (!note.loss.denials)
		return;
	note.loss.by_type[WEIR_REC_EXEC] = note.loss.denials;
	agent_note(a, EVENT_RECORDS_LOST, &note, "refusals like earlier ones, held back to be "
		   "told as one when the agent died; their number is all that is left", NULL);
	agent_write_down(a);
	*a->resume.folded = 0;
}
