/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 of an open file, as it is on disk now.
 */
#ifndef WEIR_INVENTORY_DIGEST_H
#define WEIR_INVENTORY_DIGEST_H

#include <stdint.h>

#include <weir/limits.h>

/*
 * Reads @fd from its start to its end whatever its offset. 0, -EFBIG when it
 * is larger than @max_bytes, -EINVAL when it is not a regular file, -ESTALE
 * when its size changed meanwhile, or -errno. @ret_size may be NULL.
 */
int digest_file(int fd, uint64_t max_bytes, uint8_t ret[WEIR_SHA256_LEN],
		uint64_t *ret_size);

#endif /* WEIR_INVENTORY_DIGEST_H */
