/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The black box: the last records of what was stopped and who switched what,
 * each chained to the one before, in memory that no agent's death takes away.
 *
 * It is written where sleeping is not allowed, so it has a fixed size and
 * overwrites its oldest records; that is counted, and seen by their numbers.
 */
#ifndef WEIR_BLACKBOX_H
#define WEIR_BLACKBOX_H

#include <weir/genl.h>

int weir_box_init(void);
void weir_box_exit(void);

/* Adds @r; its number, time, subject and digest are filled in. Any context. */
void weir_box_add(struct weir_box_record *r);

/* The same of what has no more to it than its kind. */
void weir_box_note(u32 kind, u64 generation);

/*
 * Copies the oldest record that is kept from number @seq on. False: there is
 * none yet.
 */
bool weir_box_read(u64 seq, struct weir_box_record *ret);

/* The number of the next record, and the digest of the last. */
u64 weir_box_head(u8 digest[WEIR_SHA256_LEN]);

void weir_box_count_unhashed(void);
void weir_box_count_unaudited(void);
void weir_box_count_canary(u8 hook);
void weir_box_counters(struct weir_box_counters *ret);

#endif /* WEIR_BLACKBOX_H */
