/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trust: could anybody but root have written this file?
 *
 * What `weir run` reads decides what a host may run, so it must not come from
 * where somebody else can put it: neither the file nor a directory above it,
 * as it was named and as links lead to it, may be writable by others. A
 * directory with the sticky bit may stand above, like /tmp, since what root
 * has there nobody else can replace.
 */
#ifndef WEIR_CMD_TRUST_H
#define WEIR_CMD_TRUST_H

#include "base/diag.h"

/*
 * The file or directory behind @fd, opened as @path. 0, or -EINVAL with @d
 * saying which is not safe and what to do, or -errno with @d filled.
 */
int trust_check(int fd, const char *path, struct diag *d);

#endif /* WEIR_CMD_TRUST_H */
