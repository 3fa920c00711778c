/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scan as one JSON object; `weir scan --json`, what --diff reads again and
 * what /var/lib/weir/scan.json holds.
 *
 *	weir_scan	1: this form. What a later one adds, a reader may skip.
 *	version		of weir
 *	time		"2026-11-25T10:00:00Z", as all times here
 *	host		{name, machine_id, os, kernel, arch}
 *	root		"/", or the tree that was looked at
 *	only		null, or the collectors that were asked
 *	complete	false: see unread
 *	catalog		{dir, vendors, products, indicators}
 *	policy		null, or {name, file, serial, enforce}
 *	summary		{products, vendors, running, loaded, installed, unverified,
 *			installer, residue, cleared, weak, traces}
 *	products	of each, ordered by id:
 *	    id, name, vendor, vendor_name, class, security_product
 *	    state	"running", "loaded", "installed", "unverified", "installer" or
 *			"residue": the strongest of its things
 *	    version	null: unknown, or its packages have several
 *	    confidence	"high", "medium" or "low": of its best indicator
 *	    sufficient	some indicator was enough alone
 *	    combined	no thing was enough alone; all together are
 *	    enforceable	sufficient and of high confidence
 *	    families	of "name", "place", "content", "network"
 *	    first_seen, last_seen
 *	    directives	[{id, status: "named" or "reported"}]
 *	    policy	null, or {rule, line, level, mode, exemption, would, reason, text}
 *	    remove	{cmd, paths, note}
 *	    risk	{fails_closed: true, false or null, login_path, restarts, note}
 *	    pids	of its processes
 *	    more	things that were counted and not kept
 *	    things	ordered by kind and place:
 *		kind	"package", "file", "process", "unit", "job", "module", "bpf",
 *			"probe", "hook", "socket", "interface", "certificate", "user", "image"
 *		where	its path, name, address or process number; where_hex beside it
 *			when that is not UTF-8, and so for path
 *		path	the file behind it, when that is not where
 *		state	as above, of this thing
 *		flags	of "running", "enabled", "masked", "failed", "deleted", "setuid",
 *			"unverified", "unowned", "source", "removed", "restarts"
 *		version, package (that owns it), container, user, detail, changed
 *		owned	true, false: no package owns it, null: nobody asked
 *		started_by	units, timers, lines of a crontab
 *		pid
 *		alone	it is a finding by itself
 *		sufficient, confidence, families, first_seen
 *		evidence	[{kind, value, family, confidence, sufficient, source, note,
 *			file, line}]: all indicators of this product that it hit
 *	cleared, weak	with --all, else null: what is no finding, ordered
 *	    product	id, or null: a look-alike that hit nothing else
 *	    cleared_by	null, or {name, class, why, file}
 *	    kind ... evidence	as of things
 *	gone		[{id, first_seen, last_seen}]: found before, by what is
 *			remembered of earlier scans, and not now
 *	unread		[{what, error}]; unread_more: how many more there were
 *
 * Every key is always there, and null where it does not apply; only the
 * *_hex keys come and go.
 */
#ifndef WEIR_OUT_SCAN_JSON_H
#define WEIR_OUT_SCAN_JSON_H

#include "out/scan.h"

/* Appends the object and a newline; out->err tells of missing memory. */
void scan_json(const struct scan_report *r, struct buf *out);

#endif /* WEIR_OUT_SCAN_JSON_H */
