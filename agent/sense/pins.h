/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What outlives the agent: the pins under /sys/fs/bpf/weir. Their removal is
 * the last resort of whoever owns the host and is never denied, only noticed.
 */
#ifndef WEIR_SENSE_PINS_H
#define WEIR_SENSE_PINS_H

#include <stdint.h>

#include <weir/table.h>

/* Removes the link pins of every build but the one in directory @keep. */
void pins_drop_links(const char *keep);

/* Removes every pin: nothing of weir is left in the kernel after this. */
int pins_remove(void);

/* The map pinned under @name, for the caller to close; -errno. */
int pins_open_map(const char *name);

/*
 * The arm state, read and written on the pin itself: a stopped agent must not
 * stand in the way. -ENOENT: no gates are pinned on this host.
 */
int pins_read_arm(struct weir_arm *arm);
int pins_write_arm(const struct weir_arm *arm);
int pins_read_control(struct weir_control *control);

/*
 * The same of one product, by product_number(); a product that nobody held is
 * all zero.
 */
int pins_read_hold(uint64_t product, struct weir_hold *hold);
int pins_write_hold(uint64_t product, const struct weir_hold *hold);

#endif /* WEIR_SENSE_PINS_H */
