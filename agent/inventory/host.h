/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which host this is: the small facts that every export carries.
 */
#ifndef WEIR_INVENTORY_HOST_H
#define WEIR_INVENTORY_HOST_H

#include <stdint.h>

/* Each is empty when the host does not say; none holds control characters. */
struct host {
	char name[256];
	char machine_id[33]; /* 32 hex digits */
	char boot_id[37];    /* a UUID */
	char os[256];	     /* PRETTY_NAME of os-release */
	char os_id[64];	     /* ID of os-release, "debian" */
	char kernel[65];
	char arch[65];
};

void host_read(int root_fd, struct host *ret);

/*
 * What to add to CLOCK_BOOTTIME to get the time of day, both in nanoseconds.
 * It changes when the clock is set: ask anew rather than keep it.
 */
int64_t host_boot_offset_ns(void);

#endif /* WEIR_INVENTORY_HOST_H */
