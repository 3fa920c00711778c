/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text lists of sockets in /proc/net, for kernels without sock_diag. They
 * are of the network namespace of the calling thread.
 */
#ifndef WEIR_COLLECT_PROC_NET_H
#define WEIR_COLLECT_PROC_NET_H

#include "sense/diag.h"

/* A longer list is read up to here. */
#define PROC_NET_LINES_MAX 1000000

/* @protocol as in struct diag_socket; -ENOENT: no such list. */
int proc_net_inet(int root_fd, int family, int protocol, diag_fn fn, void *ctx);
int proc_net_unix(int root_fd, diag_fn fn, void *ctx);
int proc_net_packet(int root_fd, diag_fn fn, void *ctx);

#endif /* WEIR_COLLECT_PROC_NET_H */
