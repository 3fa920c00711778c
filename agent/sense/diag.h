/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sockets by sock_diag: what listens and what talks to whom, in the network
 * namespace of the calling thread. Nothing is changed.
 */
#ifndef WEIR_SENSE_DIAG_H
#define WEIR_SENSE_DIAG_H

#include <stdbool.h>
#include <stdint.h>

/* sun_path and the "@" of an abstract name. */
#define DIAG_PATH_MAX 112

struct diag_socket {
	int family;	  /* AF_INET, AF_INET6 (never v4-mapped), AF_UNIX, AF_PACKET */
	uint8_t protocol; /* IPPROTO_...; 0 for AF_UNIX and AF_PACKET */
	bool is_connected; /* established; not of AF_UNIX and AF_PACKET */
	bool is_listening; /* or, without connections, bound and open to anybody */
	uint16_t local_port, remote_port; /* host byte order */
	uint8_t local[16], remote[16];	  /* network byte order */
	uint64_t ino;			  /* 0: the socket is no file any more */
	uint32_t ifindex;
	char path[DIAG_PATH_MAX]; /* AF_UNIX: "" has no name, "@x" is abstract */
};

/* Non-zero ends the answer and is returned. */
typedef int (*diag_fn)(void *ctx, const struct diag_socket *s);

/*
 * 0, -errno, or what @fn returned. -ENOENT, -EPROTONOSUPPORT: this kernel has
 * no diagnosis of that protocol, which says nothing about its sockets.
 */
int diag_inet(int family, int protocol, diag_fn fn, void *ctx);
int diag_unix(diag_fn fn, void *ctx);
int diag_packet(diag_fn fn, void *ctx);

#endif /* WEIR_SENSE_DIAG_H */
