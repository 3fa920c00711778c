/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * History: when things were first and last seen, kept from one scan of this
 * host to the next as the JSON of the last one.
 *
 * A scan by some collectors only, or of another tree, reads it and leaves it
 * as it is: what it did not look for is not gone.
 */
#ifndef WEIR_CMD_HISTORY_H
#define WEIR_CMD_HISTORY_H

#include "inventory/last.h"
#include "out/scan.h"

#define HISTORY_DIR "/var/lib/weir"
#define HISTORY_FILE HISTORY_DIR "/scan.json"

struct history {
	struct last last; /* empty: there was none */
	struct scan_gone *gone;
	uint32_t gone_cnt;
};

/*
 * Reads @path; none there is an empty history, and so is one that cannot be
 * used, after a line on stderr. 0 or -ENOMEM; to be given to history_exit().
 */
int history_read(const char *path, struct history *ret);
void history_exit(struct history *h);

/*
 * Fills in when what @f has was seen, and who is gone; @now_s is now. 0 or
 * -ENOMEM.
 */
int history_apply(struct history *h, struct findings *f, const struct catalog *c, int64_t now_s);

/* Writes the report. What fails is told on stderr. 0 or -errno. */
int history_write(const char *path, const struct scan_report *r);

#endif /* WEIR_CMD_HISTORY_H */
