/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ending connections that exist: no hook is asked about them any more.
 *
 * Two ways. The kernel ends a socket that is named to it (SOCK_DESTROY, where
 * INET_DIAG_DESTROY is built): its holder gets ECONNABORTED, the peer a reset.
 * It has to be in the network namespace of the calling thread. And a socket of
 * which we have a descriptor of our own can be disconnected in any namespace,
 * on any kernel, with the same reset; while a thread waits in it, newer kernels
 * let it only be shut down. bpf_sock_destroy() does what SOCK_DESTROY does.
 */
#ifndef WEIR_SENSE_DESTROY_H
#define WEIR_SENSE_DESTROY_H

#include <stdint.h>

#include "sense/diag.h"

enum destroyed {
	DESTROYED_NOT,	/* errno says why */
	DESTROYED_RESET,
	DESTROYED_SHUT, /* the peer was told in order: nothing more is sent or read */
	DESTROYED_MAX,
};

/*
 * Ends the socket of that name, protocol TCP or UDP, as diag_inet() tells it;
 * @cookie 0: whichever has it. 0, -ENOENT: there is none (any more),
 * -EOPNOTSUPP: this kernel cannot, -EPERM.
 */
int destroy_named(const struct diag_socket *s, uint64_t cookie);

/* Ends the socket behind @fd, a descriptor of ours, by the best way there is. */
enum destroyed destroy_held(int fd);

/* 0: this kernel ends sockets by name; -EOPNOTSUPP, -EPERM or other: it does not. */
int destroy_probe(void);

#endif /* WEIR_SENSE_DESTROY_H */
