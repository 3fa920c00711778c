/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What outlives the agent: the pins under /sys/fs/bpf/weir. Their removal is
 * the last resort of whoever owns the host and is never denied, only noticed.
 */
#ifndef WEIR_SENSE_PINS_H
#define WEIR_SENSE_PINS_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/table.h>

/* Where a build's links and control are pinned, and where tables of an ABI are. */
#define PINS_DIR_MAX 96
void pins_build_dir(uint64_t build, char path[PINS_DIR_MAX]);
void pins_tables_dir(uint32_t abi, char path[PINS_DIR_MAX]);

/* Removes the pins of one build, or of every one but @keep, or tables but @abi's. */
void pins_drop_build(uint64_t build);
void pins_drop_other_builds(uint64_t keep);
void pins_drop_other_tables(uint32_t abi);

/* Removes every pin: nothing of weir is left in the kernel then. How many, or -errno. */
int pins_remove(void);

/* The map pinned under @name at the top, for the caller to close; -errno. */
int pins_open_map(const char *name);

/* Which build acts. -ENOENT: no gates are pinned on this host. */
int pins_read_active(struct weir_active *active);

/*
 * The control of @build, of which another ABI has only WEIR_CONTROL_HEAD bytes in
 * common with ours: then the rest is zero and *ret_whole false.
 */
int pins_read_build(uint64_t build, struct weir_control *control, bool *ret_whole);

/* @build knows no agent any more, and so no canary. */
int pins_silence(uint64_t build);

/*
 * The arm state, read and written on the pin itself: a stopped agent must not
 * stand in the way. -ENOENT: no gates are pinned on this host. What is written is
 * told to the kernel module, too, if that is loaded.
 */
int pins_read_arm(struct weir_arm *arm);
int pins_write_arm(const struct weir_arm *arm);
/* Of the build that acts; -EPROTO: it has another ABI. */
int pins_read_control(struct weir_control *control);

/*
 * The same of one product, by product_number(); a product that nobody held is
 * all zero.
 */
int pins_read_hold(uint64_t product, struct weir_hold *hold);
int pins_write_hold(uint64_t product, const struct weir_hold *hold);

#endif /* WEIR_SENSE_PINS_H */
