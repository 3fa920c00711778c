/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What protection does, in words: for events and for people.
 */
#ifndef WEIR_CMD_PROTECTION_TELL_H
#define WEIR_CMD_PROTECTION_TELL_H

#include "cmd/protection.h"

struct agent;

/* The stage of a successor is another than @before. */
void protection_tell_stage(struct agent *a, const struct succession *s, uint8_t before);

/* Once, when a step whose moment has come is held, or no longer. */
void protection_tell_held(struct agent *a, struct succession *s);

/* Once, when the network runs through @k, or no longer; @c NULL: it does not. */
void protection_tell_cut(struct agent *a, const struct stake *k, struct cutting *of,
			 const struct cut *c);

/* Of a time without protection that begins, goes on or ends: @what. */
void protection_tell_open(struct agent *a, const struct succession *s, const char *what);

/* Of one that ended at @now_s because no rule asks about it any more. */
void protection_tell_over(struct agent *a, const struct succession *s, int64_t now_s);

#endif /* WEIR_CMD_PROTECTION_TELL_H */
