/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace: one thing that a collector saw, a package, a file, a process, with
 * the facts about it that can be matched and the circumstances that cannot.
 *
 * Collectors judge nothing. They tell what could be of interest (see
 * survey.h), everything is borrowed for the call, and two traces of the same
 * kind and place are one thing seen twice.
 */
#ifndef WEIR_MATCH_TRACE_H
#define WEIR_MATCH_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "match/facts.h"

enum trace_kind {
	TRACE_PACKAGE,
	TRACE_FILE, /* or a directory */
	TRACE_PROCESS,
	TRACE_UNIT,
	TRACE_JOB, /* cron, anacron, at */
	TRACE_MODULE,
	TRACE_BPF,     /* a program, map or link */
	TRACE_PROBE,   /* kprobe, uprobe, fprobe, ftrace function */
	TRACE_HOOK,    /* netfilter */
	TRACE_SOCKET,
	TRACE_INTERFACE,
	TRACE_CERTIFICATE,
	TRACE_USER,
	TRACE_IMAGE, /* of containers, in a store on disk */
	TRACE_KIND_MAX,
};

enum trace_flag {
	TRACE_RUNNING = 1u << 0,    /* process, active unit, loaded module, socket */
	TRACE_ENABLED = 1u << 1,    /* started at boot or by a timer */
	TRACE_MASKED = 1u << 2,
	TRACE_FAILED = 1u << 3,
	TRACE_DELETED = 1u << 4,    /* an executable or library without a name left */
	TRACE_SETUID = 1u << 5,	    /* or setgid, or with file capabilities */
	TRACE_UNVERIFIED = 1u << 6, /* a package entry that no file bears out */
	TRACE_UNOWNED = 1u << 7,    /* asked for, and no package owns it */
	TRACE_SOURCE = 1u << 8,	    /* DKMS: not built yet */
	TRACE_REMOVED = 1u << 9,    /* a package whose configuration is left */
	TRACE_RESTARTS = 1u << 10,  /* something starts it again when it ends */
	TRACE_EARLY = 1u << 11,	    /* a process that was there before the first gate */
};

struct trace {
	enum trace_kind kind;
	uint32_t flags;
	const char *where; /* what to look for: "/usr/bin/vmtoolsd", "vgauth.service", "1234" */
	const struct facts *facts;
	/* Each may be NULL or 0. */
	const char *version; /* of a package, module or image */
	const char *package; /* that owns it */
	const char *started_by; /* unit, timer, crontab line, init script */
	const char *container;	/* id, image or layer it lies in */
	const char *user;
	const char *detail; /* one clause more: "listening on tcp/902" */
	uint32_t pid;
	int64_t changed; /* seconds since the epoch */
};

/* "package", "file", ... */
const char *trace_kind_name(enum trace_kind kind);

#endif /* WEIR_MATCH_TRACE_H */
