// SPDX-License-Identifier: GPL-2.0-only
/* Arbitrary bytes as certificates: each has a number and fields that are fields. */
#include <stdlib.h>
#include <string.h>

#include "memory_file.h"

#include "base/cleanup.h"
#include "parse/certificate.h"
#include "parse/here.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fine)
{
	if (!fine)
		abort();
}

static int look(void *ctx, const struct row *row)
{
	const char *field;
	uint32_t at = 0;
	size_t len;

	(void)ctx;
	must(row_u64(row, CERTIFICATE_TAG_NUMBER, 0) > 0);
	must(row_bytes(row, CERTIFICATE_TAG_SHA256, &len) && len == 32);
	while ((field = row_next_text(row, CERTIFICATE_TAG_SUBJECT, &at)))
		must(strchr(field, '=') != NULL);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(close_fdp) int fd = memory_file(data, size);

	parse_here(PARSER_CERTIFICATE, NULL, fd, NULL, 0, look, NULL);
	return 0;
}
