/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Routes: through which interface the kernel would send to an address now, by
 * all its tables and rules. Nothing is sent.
 */
#ifndef WEIR_SENSE_ROUTES_H
#define WEIR_SENSE_ROUTES_H

#include <stdint.h>

/*
 * @family AF_INET or AF_INET6, @addr in network order. 0 and *ret_ifindex, or
 * -errno: -ENETUNREACH, -EHOSTUNREACH...: there is no way.
 */
int route_find(int family, const uint8_t *addr, uint32_t *ret_ifindex);

#endif /* WEIR_SENSE_ROUTES_H */
