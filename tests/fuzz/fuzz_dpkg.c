// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arbitrary bytes as files of dpkg's: names and paths that come out are ones
 * that may be opened. The first byte chooses the file and its form.
 */
#include <stdlib.h>
#include <string.h>

#include "memory_file.h"

#include "base/cleanup.h"
#include "parse/dpkg.h"
#include "parse/here.h"
#include "parse/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fine)
{
	if (!fine)
		abort();
}

static int look(void *ctx, const struct row *row)
{
	const char *name = row_text(row, DPKG_NAME), *arch = row_text(row, DPKG_ARCH), *path;
	uint32_t at = 0;

	(void)ctx;
	must(!row->is_cut);
	must(!name || (dpkg_name_is_valid(name) && !strchr(name, '/')));
	must(!arch || (dpkg_name_is_valid(arch) && !strchr(arch, '/')));
	must(row->kind != DPKG_PACKAGE || (name && row_u64(row, DPKG_STATE, 99) < DPKG_STATE_MAX));
	while ((path = row_next_text(row, DPKG_PATH, &at)))
		must(path_is_normal(path));
	if (row->kind == DPKG_DIVERSION)
		must(path_is_normal(row_text(row, DPKG_FROM)) &&
		     path_is_normal(row_text(row, DPKG_TO)));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char forms[] = { DPKG_FORM_LIST, DPKG_FORM_MD5SUMS, DPKG_FORM_DIVERSIONS };
	CLEANUP(close_fdp) int fd = -1;
	unsigned int which;

	if (!size)
		return 0;
	which = *data % (sizeof(forms) + 1);
	fd = memory_file(data + 1, size - 1);
	if (which == sizeof(forms))
		parse_here(PARSER_DPKG_STATUS, NULL, fd, NULL, 0, look, NULL);
	else
		parse_here(PARSER_DPKG_LIST, NULL, fd, &forms[which], 1, look, NULL);
	return 0;
}
