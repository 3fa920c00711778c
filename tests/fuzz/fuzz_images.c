// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arbitrary bytes as indexes of images. The first byte chooses the engine; of a
 * bolt database the checksum is made right, or no fuzzer would get past it.
 */
#include <stdlib.h>
#include <string.h>

#include "bolt_image.h"
#include "memory_file.h"

#include "base/cleanup.h"
#include "parse/here.h"
#include "parse/images.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int look(void *ctx, const struct row *row)
{
	(void)ctx;
	if (row->kind != IMAGES_ROW_IMAGE && row->kind != IMAGES_ROW_CONTAINER)
		abort();
	return 0;
}

static int as_bolt(const uint8_t *data, size_t size)
{
	static unsigned char image[8 * BOLT_PAGE];
	size_t room = sizeof(image) - BOLT_PAGE;

	memset(image, 0, sizeof(image));
	memcpy(image + BOLT_PAGE, data, size < room ? size : room);
	bolt_meta(image, 1);
	for (uint64_t id = 1; id < 8; id++)
		memcpy(image + id * BOLT_PAGE, &id, sizeof(id));
	return memory_file(image, sizeof(image));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(close_fdp) int fd = -1;
	char kind;

	if (!size)
		return 0;
	kind = (char)(*data % IMAGES_KIND_MAX);
	fd = kind == IMAGES_CONTAINERD ? as_bolt(data + 1, size - 1) :
					 memory_file(data + 1, size - 1);
	parse_here(PARSER_IMAGES, NULL, fd, &kind, 1, look, NULL);
	return 0;
}
