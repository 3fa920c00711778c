/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a gate tells of what it did: to the black box, and to the kernel's audit
 * trail. A denial is told before the caller learns of it.
 */
#ifndef WEIR_REPORT_H
#define WEIR_REPORT_H

#include "identity.h"

/* A destination; the address in network byte order, v4 in the first four. */
struct weir_dest {
	u8 addr[16];
	u16 family;
	u16 protocol;
	u16 port;
	u8 call; /* enum weir_call */
	bool is_portless;
};

void weir_report_file(const struct weir_candidate *c);
void weir_report_dest(const struct weir_look *look, const struct weir_dest *d);

#endif /* WEIR_REPORT_H */
