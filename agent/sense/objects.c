// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names for the bytes that embedded.S brought in.
 */
#include "sense/objects.h"

#include <openssl/evp.h>
#include <string.h>

#include <weir/limits.h>

/* So that tests have two builds of the same source. */
#ifndef WEIR_BUILD_TAG
#define WEIR_BUILD_TAG ""
#endif

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
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct object_bytes o = object_bytes(floor);
	uint64_t build;

	/* Without SHA-256 the build is the ABI: gates are then never taken over wrongly. */
	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
	    EVP_DigestUpdate(ctx, WEIR_BUILD_TAG, sizeof(WEIR_BUILD_TAG)) &&
	    EVP_DigestUpdate(ctx, digest, 1) && EVP_DigestUpdate(ctx, o.start, o.size))
		EVP_DigestFinal_ex(ctx, digest, NULL);
	EVP_MD_CTX_free(ctx);
	memcpy(&build, digest, sizeof(build));
	return build ? build : 1;
}

uint32_t object_abi(void)
{
	return WEIR_ABI;
}
