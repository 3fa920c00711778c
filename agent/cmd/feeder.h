/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Feeder: what the inventory finds becomes keys, while the agent runs.
 *
 * A pass is a child of the agent, `weir feed`, at idle priority: it looks
 * through the host and prints what it knows of each listed file. The first
 * pass begins when the agent is ready; later ones when something has changed
 * that the kernel tells of, the package databases or the mounts. Nothing is
 * polled and nothing waits: an exec that comes before its key is identified
 * after its first run, as ever.
 */
#ifndef WEIR_CMD_FEEDER_H
#define WEIR_CMD_FEEDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <weir/event.h>

#include "base/buf.h"
#include "base/json.h"
#include "inventory/arrivals.h"

struct agent;

/* File systems with a disk behind them; a host has a handful. */
#define FEEDER_DEVICES 256

/* Files of the guard that upgrades have brought: one of systemd has two hundred. */
#define FEEDER_FRESH 1024

/* Where what is known outlives the agent. */
#define FEEDER_KNOWN "/var/lib/weir/known.json"

struct feeder {
	/* To be watched, -1: not there. */
	int packages_fd; /* inotify on the package databases */
	int mounts_fd;	 /* /proc/self/mountinfo, for EPOLLPRI */
	int lines_fd;	 /* of the child; -1: no pass is under way */
	struct arrivals arrivals;
	uint64_t devices[FEEDER_DEVICES]; /* of file systems that have been looked through */
	uint32_t device_cnt;
	bool guard_changed; /* an upgrade has replaced guarded files */
	uint64_t guard_due_ns; /* CLOCK_BOOTTIME of building the guard again; 0: not due */
	/* Guarded as they arrived, the oldest overwritten: a new table wants them too. */
	struct weir_file guard_fresh[FEEDER_FRESH];
	uint32_t guard_fresh_cnt;
	pid_t child;
	uint64_t due_ns;     /* CLOCK_BOOTTIME of the next pass; 0: none */
	uint64_t started_ns; /* of this one */
	bool due_whole, is_whole; /* the whole host, or only the packages */
	bool is_ended;	     /* the child has said its last line */
	uint32_t pass;
	struct buf rest; /* a line that has not ended yet */
	/* Told by status. */
	uint64_t files, keys, guarded, unread; /* of the last pass that ended */
	uint64_t passes, failures;
	uint64_t last_ns, took_ns;
};

/* Watches what there is to be watched, and makes the first pass due. */
void feeder_open(struct feeder *f);
void feeder_close(struct feeder *f);

/* A descriptor of it became readable. */
void feeder_take(struct agent *a, int fd);

/* Every second: begins what is due, ends what is stuck. The new lines_fd, or -1. */
int feeder_tend(struct agent *a);

/* Writes down what is known, when that has changed. */
void feeder_save(struct agent *a);

/* Something has changed: a pass through the packages, or the @whole host, is due soon. */
void feeder_wake(struct feeder *f, bool whole);

/* "inventory": for weir status. */
void feeder_status(const struct agent *a, struct jout *j);

#endif /* WEIR_CMD_FEEDER_H */
