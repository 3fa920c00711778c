// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "cmd/simulation.h"
#include "event/event.h"
#include "journal/replay.h"

#define PROGRESS_EVERY 50000

void coverage_exit(struct coverage *c)
{
	while (c->told)
		free(c->damaged_at[--c->told]);
}

uint32_t coverage_days(const struct coverage *c)
{
	int64_t ms = c->last_ms - c->first_ms;

	return c->last_ms ? (uint32_t)(ms / 86400000 + (ms % 86400000 != 0 || !ms)) : 0;
}

uint32_t coverage_days_with_events(const struct coverage *c)
{
	uint32_t cnt = 0;

	for (size_t i = 0; i < ARRAY_SIZE(c->days); i++)
		cnt += (uint32_t)__builtin_popcountll(c->days[i]);
	return cnt;
}

static void note_damage(struct coverage *c, const struct replay_line *l)
{
	char *text;

	c->damaged++;
	if (c->told == DAMAGED_TOLD)
		return;
	if (asprintf(&text, l->at ? "%s:%llu: %s" : "%s:%.0llu %s", l->file,
		     (unsigned long long)l->at, l->why) >= 0)
		c->damaged_at[c->told++] = text;
}

static void note_time(struct coverage *c, int64_t ms)
{
	int64_t day = ms / 86400000 - DAY_FIRST;

	if (!c->last_ms || ms < c->first_ms)
		c->first_ms = ms;
	if (ms > c->last_ms)
		c->last_ms = ms;
	if (day >= 0 && day < DAY_CNT)
		c->days[day / 64] |= 1ULL << day % 64;
}

/* -1: none of these words. */
static int word_of(const char *word, const char *const *words, int cnt)
{
	for (int i = 0; word && i < cnt; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

static int hook_of(const struct replay_line *l)
{
	static const char *words[WEIR_HOOK_MAX];

	for (int i = 0; i < WEIR_HOOK_MAX && !words[i]; i++)
		words[i] = hook_name(i);
	return word_of(l->text[REPLAY_HOOK], words, WEIR_HOOK_MAX);
}

/* A proof counts for more than what a record says by the way. */
static void note_gate(struct coverage *c, const struct replay_line *l, int hook, bool is_proof)
{
	static const char *words[WEIR_STRENGTH_MAX];
	struct gate_seen *g = &c->gates[hook];
	int strength;

	if (g->is_proven && !is_proof)
		return;
	for (int i = 0; i < WEIR_STRENGTH_MAX && !words[i]; i++)
		words[i] = strength_name(i);
	strength = word_of(l->text[REPLAY_STRENGTH], words, WEIR_STRENGTH_MAX);
	if (strength >= 0)
		*g = (struct gate_seen){ .is_known = true, .strength = (uint8_t)strength,
					 .is_proven = is_proof };
}

static void note_start(struct coverage *c, int64_t ms)
{
	if (!c->last_ms || ms <= c->last_ms)
		return;
	c->absences++;
	c->absent_ms += ms - c->last_ms;
}

/* An event of the agent about itself. */
static void take_note(struct coverage *c, const struct replay_line *l)
{
	const char *code = l->text[REPLAY_CODE];
	int hook;

	if (!strcmp(code, "records-lost")) {
		for (int i = REPLAY_LOST_EXEC; i <= REPLAY_LOST_NEW; i++)
			c->lost += l->number[i] > 0 ? (uint64_t)l->number[i] : 0;
		c->lost_times++;
	} else if (!strcmp(code, "journal-gap")) {
		c->missing += l->number[REPLAY_GAP_LINES] > 0 ?
				      (uint64_t)l->number[REPLAY_GAP_LINES] : 0;
		c->gaps++;
	} else if (!strcmp(code, "start")) {
		note_start(c, l->number[REPLAY_TIME]);
	} else if (!strcmp(code, "gate-proven") || !strcmp(code, "gate-lost")) {
		hook = hook_of(l);
		if (hook >= 0)
			note_gate(c, l, hook, true);
	}
}

static uint32_t uid_of(const char *digits)
{
	char *end;
	unsigned long uid = digits ? strtoul(digits, &end, 10) : UINT32_MAX;

	return digits && *digits && !*end && uid < UINT32_MAX ? (uint32_t)uid : UINT32_MAX;
}

/* The bytes of a path that JSON could not carry. */
static const char *path_of(const struct replay_line *l, char *out, size_t size)
{
	const char *hex = l->text[REPLAY_PATH_HEX];
	size_t len = hex ? strlen(hex) : 0;

	if (!hex || len / 2 >= size || hex_decode(hex, len, (uint8_t *)out) ||
	    memchr(out, '\0', len / 2))
		return l->text[REPLAY_PATH];
	out[len / 2] = '\0';
	return out;
}

static int take_record(struct simulation *s, const struct replay_line *l, int hook)
{
	const char *const *t = l->text;
	char bytes[WEIR_PATH_MAX];
	struct rehearse_record r = {
		.product = t[REPLAY_PRODUCT],
		.kind = t[REPLAY_KIND],
		.value = t[REPLAY_VALUE],
		.path = path_of(l, bytes, sizeof(bytes)),
		.file = t[REPLAY_FILE],
		.sha256 = t[REPLAY_SHA256],
		.ip = t[REPLAY_IP],
		/* What made the process of an exec; of all else the process itself. */
		.by = hook == WEIR_HOOK_EXEC ? t[REPLAY_PARENT] : t[REPLAY_ACTOR],
		.unit = t[REPLAY_UNIT],
		.user_unit = t[REPLAY_USER_UNIT],
		.size = (uint64_t)l->number[REPLAY_SIZE],
		.ctime_ns = (uint64_t)l->number[REPLAY_CTIME],
		.time_ms = l->number[REPLAY_TIME],
		.uid = uid_of(t[REPLAY_USER]),
		.cnt = 1,
		.port = (uint16_t)l->number[REPLAY_PORT],
		.protocol = (uint8_t)l->number[REPLAY_PROTOCOL],
		.hook = (uint8_t)hook,
		.is_portless = t[REPLAY_FLAG] && !strcmp(t[REPLAY_FLAG], "portless"),
		.is_guarded = t[REPLAY_REASON] && !strcmp(t[REPLAY_REASON], "guard"),
	};

	if (l->number[REPLAY_FOLDED] > 1 && l->number[REPLAY_FOLDED] < UINT32_MAX)
		r.cnt = (uint32_t)l->number[REPLAY_FOLDED];
	s->coverage.records += r.cnt;
	s->coverage.without_unit += r.unit ? 0 : r.cnt;
	return rehearse_add(&s->past, &r);
}

static bool is_record(const char *code)
{
	static const char *const codes[] = { "exec", "load", "module", "connect" };

	return word_of(code, codes, ARRAY_SIZE(codes)) >= 0;
}

static int take_line(struct simulation *s, const struct replay_line *l)
{
	struct coverage *c = &s->coverage;
	const char *outcome = l->text[REPLAY_OUTCOME];
	int hook, err = 0;

	c->lines++;
	if (l->why || !l->text[REPLAY_CODE]) {
		note_damage(c, l->why ? l : &(struct replay_line){ .why = "is no event of weir",
								   .file = l->file, .at = l->at });
		return 0;
	}
	if (!is_record(l->text[REPLAY_CODE])) {
		take_note(c, l);
		note_time(c, l->number[REPLAY_TIME]);
		return 0;
	}
	note_time(c, l->number[REPLAY_TIME]);
	hook = hook_of(l);
	if (hook >= 0)
		note_gate(c, l, hook, false);
	if (outcome && !strcmp(outcome, "canary"))
		return 0;
	if (l->text[REPLAY_PRODUCT] && hook >= 0)
		err = take_record(s, l, hook);
	else
		c->unlisted++;
	return err;
}

static void progress(const struct simulation *s, const struct replay *r)
{
	uint64_t done, all;

	if (s->coverage.lines % PROGRESS_EVERY || !isatty(STDERR_FILENO))
		return;
	replay_progress(r, &done, &all);
	fprintf(stderr, "\rweir: simulate: %3llu%%",
		(unsigned long long)(all ? done * 100 / all : 100));
}

int simulate_journal(struct simulation *s)
{
	CLEANUP(replay_freep) struct replay *r = NULL;
	struct replay_line line;
	int err = replay_new(s->journal, s->since_ms, &r), got;

	if (err) {
		s->coverage.err = err;
		return err == -ENOMEM ? err : 0;
	}
	while ((got = replay_next(r, &line)) > 0) {
		err = take_line(s, &line);
		if (err)
			return err;
		progress(s, r);
	}
	if (s->coverage.lines >= PROGRESS_EVERY && isatty(STDERR_FILENO))
		fputs("\r                    \r", stderr);
	return got;
}
