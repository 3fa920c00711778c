// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names for the bytes that embedded.S brought in.
 */
#include "sense/objects.h"

#include <openssl/evp.h>
#include <string.h>

#include <weir/limits.h>

extern const char weir_object[], weir_object_end[];
extern const char weir_floor_object[], weir_floor_object_end[];

struct object_bytes object_bytes(bool floor)
{
	struct object_bytes current = { weir_object, weir_object_end - weir_object };
	struct object_bytes old = { weir_floor_object, weir_floor_object_end - weir_floor_object };

	return floor ? old : current;
}

uint64_t object_build(bool floor)
{
	unsigned char digest[EVP_MAX_MD_SIZE] = { WEIR_ABI };
	struct object_bytes o = object_bytes(floor);
	uint64_t build;

	/* Without SHA-256 the build is the ABI: gates are then never taken over wrongly. */
	EVP_Digest(o.start, o.size, digest, NULL, EVP_sha256(), NULL);
	memcpy(&build, digest, sizeof(build));
	return build ? build : 1;
}
