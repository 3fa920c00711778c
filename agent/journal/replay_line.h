/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line of a journal, taken apart; for replay.c and the tests.
 */
#ifndef WEIR_JOURNAL_REPLAY_LINE_H
#define WEIR_JOURNAL_REPLAY_LINE_H

#include <jansson.h>

#include "journal/replay.h"

/*
 * Takes @len bytes at @line apart, with a NUL behind them; they are written
 * to. On success text, number and why of @ret are set. *tree is what the JSON library
 * made, if it was asked; it owns the texts then and is the caller's to put back
 * by json_decref().
 */
void replay_line_read(char *line, size_t len, struct replay_line *ret, json_t **tree);

/* The same by the library alone. */
void replay_line_read_slowly(const char *line, size_t len, struct replay_line *ret,
			     json_t **tree);

#endif /* WEIR_JOURNAL_REPLAY_LINE_H */
