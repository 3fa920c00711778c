/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mounts: will this file system answer without waiting for a process or for
 * another host?
 *
 * A read from a FUSE or network file system can hang, and not even SIGKILL
 * ends it once the request is out. The question is answered from mountinfo
 * alone, as statfs(2) would already be such a request.
 */
#ifndef WEIR_INVENTORY_MOUNTS_H
#define WEIR_INVENTORY_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

/* @pid: another process that may see the mount, 0: none. Unknown: false. */
bool mounts_is_prompt(int fd, uint32_t pid);

/* Is a file system of this type, as mountinfo writes it, one that answers? */
bool mounts_type_is_prompt(const char *type);

/*
 * The devices, each once, of all mounted file systems that live neither in
 * memory nor on top of another: where files can arrive with a mount. At most
 * @max go to @out, in rising order; their number is returned.
 */
uint32_t mounts_devices(uint64_t *out, uint32_t max);

#endif /* WEIR_INVENTORY_MOUNTS_H */
