// SPDX-License-Identifier: GPL-2.0-only
#include "inventory/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include "base/cleanup.h"

/* Large enough that the calls cost nothing beside the hashing. */
#define CHUNK_BYTES (128 * 1024)

static void md_freep(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

/* All up to @size bytes of @fd into @ctx; a file that grows is not followed. */
static int feed(EVP_MD_CTX *ctx, int fd, uint64_t size)
{
	CLEANUP(freep) uint8_t *chunk = malloc(CHUNK_BYTES);
	uint64_t off = 0;
	ssize_t got;

	if (!chunk)
		return -ENOMEM;
	while (off < size) {
		got = pread(fd, chunk, CHUNK_BYTES, (off_t)off);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return -ESTALE;
		off += (uint64_t)got;
		if (off > size)
			return -ESTALE;
		if (EVP_DigestUpdate(ctx, chunk, (size_t)got) != 1)
			return -EIO;
	}
	return 0;
}

int digest_file(int fd, uint64_t max_bytes, uint8_t ret[WEIR_SHA256_LEN],
		uint64_t *ret_size)
{
	CLEANUP(md_freep) EVP_MD_CTX *ctx = NULL;
	uint8_t sum[EVP_MAX_MD_SIZE];
	struct stat before, after;
	int err;

	if (fstat(fd, &before))
		return -errno;
	if (!S_ISREG(before.st_mode))
		return -EINVAL;
	if ((uint64_t)before.st_size > max_bytes)
		return -EFBIG;
	ctx = EVP_MD_CTX_new();
	if (!ctx)
		return -ENOMEM;
	if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		return -EIO;
	err = feed(ctx, fd, (uint64_t)before.st_size);
	if (err)
		return err;
	if (fstat(fd, &after))
		return -errno;
	if (after.st_size != before.st_size)
		return -ESTALE;
	if (EVP_DigestFinal_ex(ctx, sum, NULL) != 1)
		return -EIO;
	for (unsigned int i = 0; i < WEIR_SHA256_LEN; i++)
		ret[i] = sum[i];
	if (ret_size)
		*ret_size = (uint64_t)before.st_size;
	return 0;
}
