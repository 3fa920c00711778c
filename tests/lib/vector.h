/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reader of tests/fixtures/verdict.vec; the format is described at its top.
 * For the replay in user space and, by test_run, in the kernel.
 */
#ifndef WEIR_TESTS_VECTOR_H
#define WEIR_TESTS_VECTOR_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/verdict.h>

#define VECTOR_FILE "tests/fixtures/verdict.vec"
#define VECTOR_COLUMNS 17

struct vector {
	unsigned int line; /* in the file; 0 before the first */
	struct weir_question q;
	struct weir_answer want;
};

static inline int vector_word(const char *const *words, int cnt, const char *text)
{
	int i;

	for (i = 0; i < cnt; i++)
		if (!strcmp(words[i], text))
			return i;
	return -EINVAL;
}

static inline uint64_t vector_time(const char *text)
{
	return strcmp(text, "never") != 0 ? strtoull(text, NULL, 10) : WEIR_NEVER;
}

static const char *const vector_modes[] = { "observe", "freeze", "offline", "block" };

static inline int vector_question(char *const *col, struct weir_question *q)
{
	static const char *const kinds[] = { "none", "file", "dir", "sha256", "build-id", "prefix" };
	static const char *const strengths[] = { "blind", "watch", "kill", "deny" };
	int mode = vector_word(vector_modes, WEIR_MODE_MAX, col[4]);
	int cap = vector_word(vector_modes, WEIR_MODE_MAX, col[5]);
	int kind = vector_word(kinds, WEIR_KEY_MAX, col[8]);
	int strength = vector_word(strengths, WEIR_STRENGTH_MAX, col[10]);

	if (mode < 0 || cap < 0 || kind < 0 || strength < 0)
		return -EINVAL;
	*q = (struct weir_question){ .now_ns = vector_time(col[0]) };
	q->host.lapse_ns = vector_time(col[1]);
	q->host.armed_ns = vector_time(col[2]);
	q->host.enforce = *col[3] == '1';
	q->mode = (uint8_t)mode;
	q->cap = (uint8_t)cap;
	q->rule_flags = (*col[6] == '1' ? WEIR_RULE_ENFORCE : 0) |
			(strstr(col[11], "uncounted") ? WEIR_RULE_UNCOUNTED : 0);
	q->key.rule = (uint32_t)strtoul(col[7], NULL, 10);
	q->key.kind = (uint16_t)kind;
	q->key.flags = *col[9] == '1' ? WEIR_KEY_ENFORCE : 0;
	q->strength = (uint32_t)strength;
	q->flags = (strstr(col[11], "canary") ? WEIR_Q_CANARY : 0) |
		   (strstr(col[11], "guard") ? WEIR_Q_GUARD : 0) |
		   (strstr(col[11], "installed") ? WEIR_Q_INSTALLED : 0) |
		   (strstr(col[11], "off") ? WEIR_Q_DISARMED : 0) |
		   (strstr(col[11], "window") ? WEIR_Q_WINDOW : 0);
	return 0;
}

static inline int vector_answer(char *const *col, struct weir_answer *a)
{
	static const char *const verdicts[] = { "allow", "deny", "kill" };
	static const char *const reasons[] = { "canary", "guard", "no-key", "lapse", "mode",
					       "installed", "exemption", "evidence", "class",
					       "flag", "disarmed", "window", "strength", "rule" };
	int verdict = vector_word(verdicts, WEIR_VERDICT_MAX, col[13]);
	int reason = vector_word(reasons, WEIR_REASON_MAX, col[14]);
	int mode = vector_word(vector_modes, WEIR_MODE_MAX, col[15]);

	if (*col[12] != '=' || verdict < 0 || reason < 0 || mode < 0)
		return -EINVAL;
	*a = (struct weir_answer){ .verdict = (uint8_t)verdict,
				   .reason = (uint8_t)reason,
				   .mode = (uint8_t)mode,
				   .would = *col[16] == '1' };
	return 0;
}

/* 1: @v holds the next row, 0: the end, -EINVAL: line v->line is no row. */
static inline int vector_next(FILE *f, struct vector *v)
{
	char line[256], *col[VECTOR_COLUMNS], *word, *rest = line;
	int cnt = 0;

	do {
		if (!fgets(line, sizeof(line), f))
			return 0;
		v->line++;
	} while (*line == '#' || *line == '\n');
	while ((word = strtok_r(rest, " \n", &rest)) && cnt < VECTOR_COLUMNS)
		col[cnt++] = word;
	if (cnt != VECTOR_COLUMNS || word)
		return -EINVAL;
	if (vector_question(col, &v->q) || vector_answer(col, &v->want))
		return -EINVAL;
	return 1;
}

#endif /* WEIR_TESTS_VECTOR_H */
