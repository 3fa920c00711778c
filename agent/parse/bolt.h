/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bolt: the images and containers that containerd has in its database.
 *
 * bbolt is a B+ tree of pages in one file, buckets within buckets; containerd
 * keeps v1/NAMESPACE/images/NAME and v1/NAMESPACE/containers/ID/image. Pages
 * are copied on write, so a database in use reads as one of its last states;
 * every offset is checked and the number of pages visited is bounded, since
 * a page that was used again meanwhile may say anything.
 */
#ifndef WEIR_PARSE_BOLT_H
#define WEIR_PARSE_BOLT_H

#include "parse/reply.h"

/* Pages looked at; more: -E2BIG. */
#define BOLT_VISITS_MAX 200000

/* Rows as images.h has them. 0, -EBADMSG: no such database, or -errno. */
int bolt_images(int fd, struct reply *out);

#endif /* WEIR_PARSE_BOLT_H */
