/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text files of dpkg's database.
 *
 * PARSER_DPKG_STATUS reads /var/lib/dpkg/status or one file of status.d, as
 * images without dpkg have it; it wants no ask. One row DPKG_PACKAGE for each
 * stanza that names a package as dpkg would, then one row DPKG_ODD when there
 * is something that dpkg could not have written.
 *
 * PARSER_DPKG_LIST reads the files that a package has, or the diversions; the
 * ask is one byte, enum dpkg_form, and behind it a sieve for the last
 * component of paths, or nothing. Rows DPKG_FILES with many DPKG_PATH each,
 * or a DPKG_DIVERSION each. Paths are normal (path.h); others
 * are left out and counted by a row DPKG_ODD.
 */
#ifndef WEIR_PARSE_DPKG_H
#define WEIR_PARSE_DPKG_H

#include <stdbool.h>

#include "parse/parsers.h"

enum dpkg_row { DPKG_PACKAGE = 1, DPKG_FILES, DPKG_DIVERSION, DPKG_ODD };

enum dpkg_tag {
	DPKG_NAME = 1, /* also the package that diverts: absent for the administrator */
	DPKG_VERSION,
	DPKG_ARCH,
	DPKG_STATE, /* enum dpkg_state */
	DPKG_MAINTAINER,
	DPKG_VENDOR,
	DPKG_SIZE_KIB,
	DPKG_PATH,
	DPKG_FROM,
	DPKG_TO,
	DPKG_CNT, /* of DPKG_ODD: entries that were left out */
};

/* Where the package stands, as the third word of Status has it. */
enum dpkg_state {
	DPKG_NOT_INSTALLED,
	DPKG_CONFIG_FILES,
	DPKG_HALF_INSTALLED,
	DPKG_UNPACKED,
	DPKG_HALF_CONFIGURED,
	DPKG_TRIGGERS_AWAITED,
	DPKG_TRIGGERS_PENDING,
	DPKG_INSTALLED,
	DPKG_STATE_MAX,
};

enum dpkg_form {
	DPKG_FORM_LIST = 'l',	    /* a path a line */
	DPKG_FORM_MD5SUMS = 'm',    /* a hash and a path without its first slash */
	DPKG_FORM_DIVERSIONS = 'd', /* three lines each: from, to, package or ":" */
};

int parse_dpkg_status(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		      struct reply *out);
int parse_dpkg_list(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		    struct reply *out);

/* "installed"; NULL beyond the last. */
const char *dpkg_state_name(unsigned int state);

/* Is it a name, of a package or an architecture, as dpkg takes it? Such a one has no slash. */
bool dpkg_name_is_valid(const char *name);

#endif /* WEIR_PARSE_DPKG_H */
