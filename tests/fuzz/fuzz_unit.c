// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arbitrary bytes as unit files and as what systemctl prints: paths that come
 * out are absolute and have no way back in them.
 */
#include <stdlib.h>
#include <string.h>

#include "memory_file.h"

#include "base/cleanup.h"
#include "parse/command.h"
#include "parse/here.h"
#include "parse/unit.h"
#include "parse/unit_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fine)
{
	if (!fine)
		abort();
}

static int look(void *ctx, const struct row *row)
{
	const char *path, *name;
	uint32_t at = 0;

	(void)ctx;
	must(row->kind == UNIT_ROW_ASSIGN && row_u64(row, UNIT_TAG_KEY, 99) < UNIT_KEY_MAX &&
	     row_u64(row, UNIT_TAG_LINE, 0));
	while ((path = row_next_text(row, UNIT_TAG_PATH, &at)))
		must(path[0] == '/' && path[1] && !strstr(path, "//") && !strstr(path, "/../") &&
		     strlen(path) < COMMAND_PATH_MAX);
	name = row_text(row, UNIT_TAG_NAME);
	must(!name || (*name && !strchr(name, '/')));
	return 0;
}

static int look_at_state(void *ctx, const struct row *row)
{
	(void)ctx;
	must(row->kind == UNIT_STATE_ROW && row_u64(row, UNIT_STATE_PID, 0) < 10000000000ull);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(close_fdp) int fd = -1;

	if (!size)
		return 0;
	fd = memory_file(data + 1, size - 1);
	if (*data % 4)
		parse_here(PARSER_UNIT, NULL, fd, NULL, 0, look, NULL);
	else
		parse_here(PARSER_UNIT_STATE, NULL, fd, NULL, 0, look_at_state, NULL);
	return 0;
}
