/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cuts: would stopping a product cut this host's network?
 *
 * An interface is a product's when the catalogue names it, or when a process
 * of the product holds it (a tun or tap device). What matters is asked of the
 * kernel's routing, by all its tables and rules: the way to the rest of the
 * world, to the name servers, and to whoever has logged in to do this. Looked
 * at in our own network namespace; nothing is sent.
 */
#ifndef WEIR_CMD_CUTS_H
#define WEIR_CMD_CUTS_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "match/match.h"

#define CUTS_MAX 64

struct cut {
	uint32_t product; /* index in the catalogue */
	char interface[IF_NAMESIZE];
	char way[128]; /* "the default route", "the way to name server 10.0.0.53" */
};

struct cuts {
	struct cut list[CUTS_MAX];
	uint32_t cnt;
};

struct cuts_question {
	int root_fd;
	const struct match_index *index;
	const uint8_t *asked; /* by product: not 0 for those that are meant */
	const char *session; /* address of who is logged in; NULL: nobody is asked about */
};

/* All ways that run through an interface of a product that is asked about. 0 or -errno. */
int cuts_find(const struct cuts_question *q, struct cuts *ret);

#define CUTS_ADDR_MAX 46

/*
 * Where the login session of process @pid comes from, by SSH_CONNECTION of it
 * or of what started it. False: from nowhere else, as far as is known.
 */
bool cuts_session(int root_fd, uint32_t pid, char ret[CUTS_ADDR_MAX]);

/* The name in "iff:\tNAME" of a tun device's fdinfo. False: there is none. */
bool cuts_tunnel_name(const char *fdinfo, char ret[IF_NAMESIZE]);

#endif /* WEIR_CMD_CUTS_H */
