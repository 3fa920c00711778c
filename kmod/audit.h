/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own audit trail: one record per folded denial and per state
 * change (AUDIT_KERNEL_OTHER, "weir op=..."), for ausearch. Where the audit
 * system takes none, the kernel log gets them, a few a second at most.
 */
#ifndef WEIR_AUDIT_H
#define WEIR_AUDIT_H

#include <weir/genl.h>

struct file;

/*
 * Denials of one file or address to one user are folded: the first is told at
 * once, the next only after a minute, with the number of those in between; that
 * is lost when another's denial takes their slot first.
 * @file: to be named; NULL: it was an address. Any context.
 */
void weir_audit_denial(const struct weir_box_record *r, struct file *file);

/* A state change, by whoever is current. @what: one word. */
void weir_audit_change(const char *what, u64 generation);

#endif /* WEIR_AUDIT_H */
