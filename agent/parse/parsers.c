// SPDX-License-Identifier: GPL-2.0-only
#include "parse/parsers.h"

#include "base/cleanup.h"
#include "parse/dpkg.h"
#include "parse/elf_rows.h"
#include "parse/rpm.h"

static const struct {
	const char *name;
	parse_fn parse;
} parsers[PARSER_MAX] = {
	[PARSER_ELF] = { "elf", elf_rows },
	[PARSER_DPKG_STATUS] = { "dpkg-status", parse_dpkg_status },
	[PARSER_DPKG_LIST] = { "dpkg-list", parse_dpkg_list },
	[PARSER_RPM] = { "rpm", parse_rpm },
};

parse_fn parser_of(enum parser parser)
{
	return (unsigned int)parser < PARSER_MAX ? parsers[parser].parse : NULL;
}

const char *parser_name(enum parser parser)
{
	const char *name = (unsigned int)parser < PARSER_MAX ? parsers[parser].name : NULL;

	return name ? name : "unknown";
}
