// SPDX-License-Identifier: GPL-2.0-only
#include "parse/parsers.h"

#include "base/cleanup.h"
#include "parse/certificate.h"
#include "parse/crontab.h"
#include "parse/dkms.h"
#include "parse/dpkg.h"
#include "parse/elf_rows.h"
#include "parse/images.h"
#include "parse/passwd.h"
#include "parse/rpm.h"
#include "parse/unit.h"
#include "parse/unit_state.h"

static const struct {
	const char *name;
	parse_fn parse;
} parsers[PARSER_MAX] = {
	[PARSER_ELF] = { "elf", elf_rows },
	[PARSER_DPKG_STATUS] = { "dpkg-status", parse_dpkg_status },
	[PARSER_DPKG_LIST] = { "dpkg-list", parse_dpkg_list },
	[PARSER_RPM] = { "rpm", parse_rpm },
	[PARSER_UNIT] = { "unit", unit_parse },
	[PARSER_CRONTAB] = { "crontab", crontab_parse },
	[PARSER_CERTIFICATE] = { "certificate", certificate_parse },
	[PARSER_PASSWD] = { "passwd", passwd_parse },
	[PARSER_IMAGES] = { "images", images_parse },
	[PARSER_DKMS] = { "dkms", dkms_parse },
	[PARSER_UNIT_STATE] = { "unit-state", unit_state_parse },
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
