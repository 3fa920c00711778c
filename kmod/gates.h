/* SPDX-License-Identifier: GPL-2.0-only */
/* The sites, by the gates that stand there. */
#ifndef WEIR_GATES_H
#define WEIR_GATES_H

#include "site.h"

/* file_gate.c */
extern struct weir_site weir_site_exec;
extern struct weir_site weir_site_mmap;
extern struct weir_site weir_site_mprotect;
extern struct weir_site weir_site_read_file;

/* connect_gate.c */
extern struct weir_site weir_site_connect;
extern struct weir_site weir_site_sendmsg;
extern struct weir_site weir_site_connectx;

#endif /* WEIR_GATES_H */
