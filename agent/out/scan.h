/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a scan has to tell, before anyone gives it a form: findings and what is
 * known around them. One struct for the table, JSON, CSV and OCSF, so that
 * none of them knows more than another. All is borrowed.
 */
#ifndef WEIR_OUT_SCAN_H
#define WEIR_OUT_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/verdict.h>

#include "base/buf.h"
#include "match/finding.h"
#include "policy/policy.h"

struct scan_host {
	const char *name, *machine_id, *os, *kernel, *arch; /* "": not known */
};

struct scan_unread {
	const char *what;
	int err; /* -errno */
};

/* What the policy would do about one finding, were the host armed. */
struct scan_outlook {
	const struct rule *rule; /* NULL: none */
	const struct exemption *exemption;
	uint8_t mode;	/* enum weir_mode, now */
	uint8_t reason; /* enum weir_reason */
	bool would;	/* it would be stopped, or would but for enforce: false */
};

/* A product that an earlier scan found and this one did not. */
struct scan_gone {
	const char *product;
	int64_t first_seen, last_seen;
	bool is_new; /* the scan before this one still found it */
};

struct scan_report {
	const struct catalog *catalog;
	const char *catalog_dir;
	const struct findings *findings;
	const struct policy *policy;	       /* NULL: none was given */
	const struct scan_outlook *outlooks;   /* one for each finding; NULL */
	const struct scan_unread *unread;
	uint32_t unread_cnt;
	uint64_t unread_more; /* counted, not kept */
	const struct scan_gone *gone;
	uint32_t gone_cnt;
	struct scan_host host;
	const char *root;    /* as given; "/" for this host */
	const char *version; /* of weir */
	int64_t time_s;
	const char *const *only; /* collectors; NULL: all */
	bool shows_all;	 /* what was cleared or is too weak, too */
	bool is_long;	 /* of the table: all things */
	bool has_color;
};

/* How many products have each state, and how many vendors there are. */
struct scan_summary {
	uint32_t by_state[STATE_MAX];
	uint32_t products, vendors;
};

void scan_summarize(const struct scan_report *r, struct scan_summary *ret);

/* Is everything that was asked for read? */
static inline bool scan_is_complete(const struct scan_report *r)
{
	return !r->unread_cnt && !r->unread_more;
}

/* "named" or "reported" in @d; NULL: it is not about @vendor (an index). */
const char *scan_status_in(const struct scan_report *r, const struct directive *d,
			   uint32_t vendor);

/* "2026-11-25T10:00:00Z" */
void scan_time(struct buf *out, int64_t at_s);

/* What stops it, or does not: "would block (enforce: false)", a clause. */
void scan_outlook_text(const struct scan_outlook *o, struct buf *out);

/* "name", "place", "content", "network" */
const char *family_name(enum indicator_family family);

#endif /* WEIR_OUT_SCAN_H */
