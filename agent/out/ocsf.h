/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * OCSF 1.8.0: one event and its decision as one line of JSON.
 *
 * Classes: exec 1007, load 1005, module 1002, connect 4001, the agent itself
 * 6002. What the schema has no field for stands in "unmapped". A line holds no
 * raw control byte, whatever a file is called; a path that is not UTF-8 is
 * given in unmapped.path_hex as well. Clocks and identity are the caller's.
 */
#ifndef WEIR_OUT_OCSF_H
#define WEIR_OUT_OCSF_H

#include "base/buf.h"
#include "event/redact.h"
#include "policy/decide.h"

/* Who reports. Borrowed by ocsf_new() only for the call, save @redactor. */
struct ocsf_host {
	const char *hostname;
	const char *machine_id; /* /etc/machine-id */
	const char *boot_id;	/* /proc/sys/kernel/random/boot_id */
	const char *os_name;	/* PRETTY_NAME of os-release */
	const char *kernel;	/* uname -r */
	const char *version;	/* of weir */
	const struct redactor *redactor;
};

struct ocsf; /* private: what is the same in every line, made once */

/* On success *ret is the caller's for ocsf_free(). */
int ocsf_new(const struct ocsf_host *host, struct ocsf **ret);
struct ocsf *ocsf_free(struct ocsf *o); /* returns NULL; takes NULL */
void ocsf_freep(struct ocsf **o);

/*
 * UTC at CLOCK_BOOTTIME 0 in milliseconds, and what becomes of arguments. To be
 * set again when the clock was stepped or the policy changed.
 */
void ocsf_set(struct ocsf *o, int64_t boot_ms, enum argv_mode arguments);

/* A record's ring by the name it has in a line: enum weir_ring, or -1. */
int ocsf_ring(const char *name);

/*
 * Of the next events: the unit that the process is in, and that of a user's own
 * manager, as systemd names them. Borrowed; NULL: none or unknown.
 */
void ocsf_unit(struct ocsf *o, const char *unit, const char *user_unit);

/* Appends the line with its newline; out->err tells of missing memory. */
void ocsf_event(const struct ocsf *o, const struct event *ev, const struct decision *d,
		struct buf *out);

#endif /* WEIR_OUT_OCSF_H */
