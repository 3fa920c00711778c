/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pace: an inventory is never urgent, and what a host is there for always is.
 */
#ifndef WEIR_COLLECT_PACE_H
#define WEIR_COLLECT_PACE_H

/*
 * From now on this thread, and what it starts, the cell too, takes the disk
 * when nobody else wants it and the processor last of all. 0, or -errno with
 * what could be had.
 */
int pace_idle(void);

#endif /* WEIR_COLLECT_PACE_H */
