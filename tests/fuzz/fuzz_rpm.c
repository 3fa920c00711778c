// SPDX-License-Identifier: GPL-2.0-only
/* Arbitrary bytes as an answer of rpm's. */
#include <stdlib.h>
#include <string.h>

#include "memory_file.h"

#include "base/cleanup.h"
#include "parse/here.h"
#include "parse/path.h"
#include "parse/rpm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int look(void *ctx, const struct row *row)
{
	const char *name = row_text(row, RPM_NAME), *path = row_text(row, RPM_PATH);

	(void)ctx;
	if (row->is_cut || (row->kind == RPM_PACKAGE && (!name || !rpm_name_is_valid(name))) ||
	    (row->kind == RPM_FILE && (!path || !path_is_normal(path))))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(close_fdp) int fd = memory_file(data, size);

	parse_here(PARSER_RPM, NULL, fd, NULL, 0, look, NULL);
	return 0;
}
