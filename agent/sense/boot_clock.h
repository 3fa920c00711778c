/* SPDX-License-Identifier: GPL-2.0-only */
/* The clock of records, tables and arm states: CLOCK_BOOTTIME, as BPF reads it. */
#ifndef WEIR_SENSE_BOOT_CLOCK_H
#define WEIR_SENSE_BOOT_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds since the boot, suspended ones included. */
static inline uint64_t boot_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

#endif /* WEIR_SENSE_BOOT_CLOCK_H */
