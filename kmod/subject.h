/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who did it: the task that is current, as the BPF programs describe it. What
 * the kernel shows to nobody outside (the number of a mount namespace) is 0.
 */
#ifndef WEIR_SUBJECT_H
#define WEIR_SUBJECT_H

#include <weir/event.h>

/* Any context that has a task of its own. */
void weir_subject_now(struct weir_subject *s);

#endif /* WEIR_SUBJECT_H */
