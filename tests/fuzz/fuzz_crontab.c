// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arbitrary bytes as crontabs and their kin, as accounts and as a dkms.conf.
 * The first byte chooses which.
 */
#include <stdlib.h>
#include <string.h>

#include "memory_file.h"

#include "base/cleanup.h"
#include "parse/crontab.h"
#include "parse/dkms.h"
#include "parse/here.h"
#include "parse/passwd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fine)
{
	if (!fine)
		abort();
}

static int look_at_line(void *ctx, const struct row *row)
{
	const char *text;
	uint32_t at = 0;

	(void)ctx;
	must(row_u64(row, CRONTAB_TAG_LINE, 0) > 0);
	while ((text = row_next_text(row, CRONTAB_TAG_PATH, &at)))
		must(*text == '/' && strlen(text) > 1);
	at = 0;
	while ((text = row_next_text(row, CRONTAB_TAG_MODULE, &at)))
		must(*text);
	return 0;
}

static int look_at_name(void *ctx, const struct row *row)
{
	enum passwd_tag tag = *(enum passwd_tag *)ctx;

	must(row_text(row, (uint16_t)tag) && *row_text(row, (uint16_t)tag));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(close_fdp) int fd = -1;
	enum passwd_tag tag;
	char kind;

	if (!size)
		return 0;
	fd = memory_file(data + 1, size - 1);
	kind = (char)(*data % (CRONTAB_KIND_MAX + PASSWD_KIND_MAX + 1));
	if (kind < CRONTAB_KIND_MAX) {
		parse_here(PARSER_CRONTAB, NULL, fd, &kind, 1, look_at_line, NULL);
		return 0;
	}
	kind = (char)(kind - CRONTAB_KIND_MAX);
	tag = kind < PASSWD_KIND_MAX ? PASSWD_TAG_NAME : (enum passwd_tag)DKMS_TAG_NAME;
	if (kind < PASSWD_KIND_MAX)
		parse_here(PARSER_PASSWD, NULL, fd, &kind, 1, look_at_name, &tag);
	else
		parse_here(PARSER_DKMS, NULL, fd, NULL, 0, look_at_name, &tag);
	return 0;
}
