/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * weir simulate: what a policy would have stopped on this host, by the journal
 * and the last inventory. --json is one object:
 *
 *	weir_simulate	1: this form. What a later one adds, a reader may skip.
 *	policy		{name, file, serial, enforce}
 *	at		"2026-11-25T10:00:00Z", as all times: the moment rehearsed
 *	summary		{stopped: {exec, load, module, connect}, units, users,
 *			products, days, doubts}: at that moment, of what was recorded
 *	phases		[{at, stopped, units, users, products}]: that moment and each
 *			later one at which a rule takes a step or an exemption ends
 *	journal		{dir, first, last, days, days_with_events, lines, records,
 *			unlisted, without_unit, damaged, damaged_at, lost, missing,
 *			absences, absent_s}
 *	acts		records that are alike, ordered by product, unit, user, parent, path:
 *	    product, hook, unit, user_unit, uid, by, path, ip, port, protocol
 *	    count, first, last
 *	    stopped	now; begins: from when on, null: never
 *	    reason, mode, exemption, rule (its line)
 *	    evidence	null or {kind, value}
 *	    doubts	of "product", "evidence", "freeze", "address"
 *	running		the same of the last inventory: processes (count: how many) and
 *			connections, each with what its next start or connect would meet
 *	gates		[{hook, proven, required, weak}]
 *	held		[{product, rule, why}]: security products that stay below
 *			offline; `why` as in the agent's events
 *	never_seen	[{product, unit}]
 *	doubts		texts: what cannot be told, and why
 */
#ifndef WEIR_CMD_SIMULATE_H
#define WEIR_CMD_SIMULATE_H

int cmd_simulate(int argc, char **argv);

#endif /* WEIR_CMD_SIMULATE_H */
