/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network namespaces: sockets, interfaces and netfilter hooks are each one's
 * own, and what a container talks to is not to be seen from the host's.
 *
 * They are entered by a thread of their own, one after the other, while the
 * caller waits: the caller's namespace never changes.
 */
#ifndef WEIR_COLLECT_NETNS_H
#define WEIR_COLLECT_NETNS_H

#include "collect/survey.h"

/* More are told as unread. */
#define NETNS_MAX 256

/*
 * @name: "" for our own, "network of 1234 (nginx)" or "network namespace web"
 * for another. Called by the thread that is inside.
 */
typedef int (*netns_fn)(void *ctx, const char *name);

/*
 * Our own first, then each other that a process of this host is in or that has
 * a name. What may not be entered is told to @s once, as "@what of N network
 * namespaces". 0, -ENOMEM, or what @fn returned.
 */
int netns_each(struct survey *s, const char *what, netns_fn fn, void *ctx);

#endif /* WEIR_COLLECT_NETNS_H */
