/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drivers: the kernel modules that this host hangs on.
 *
 * The kernel's own that are loaded; of others those that drive a disk with
 * something mounted or a network device, and the types of what is mounted; and
 * what any of these needs. A vendor's own filter is none of them. What is built
 * into the kernel cannot be stopped, and is none either.
 */
#ifndef WEIR_INVENTORY_DRIVERS_H
#define WEIR_INVENTORY_DRIVERS_H

/* Both are valid during the call. Non-zero ends the enumeration and is returned. */
typedef int (*driver_fn)(void *ctx, const char *name, const char *why);

/*
 * Calls @fn once for each, by the kernel's spelling ("virtio_net"). 0, -ENOMEM or
 * what @fn returned; where /proc or /sys is not there they name nobody.
 */
int drivers_each(int root_fd, driver_fn fn, void *ctx);

#endif /* WEIR_INVENTORY_DRIVERS_H */
