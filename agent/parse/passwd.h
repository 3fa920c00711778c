/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Passwd: accounts and groups, of /etc/passwd, /etc/group and sysusers.d.
 *
 * One row for each. The question is one byte, enum passwd_kind. Passwords and
 * members are not told.
 */
#ifndef WEIR_PARSE_PASSWD_H
#define WEIR_PARSE_PASSWD_H

#include "parse/parsers.h"

/* A larger file: -EFBIG. */
#define PASSWD_BYTES_MAX (16u << 20)

enum passwd_kind { PASSWD_ACCOUNTS, PASSWD_GROUPS, PASSWD_SYSUSERS, PASSWD_KIND_MAX };

enum passwd_row { PASSWD_ROW_USER = 1, PASSWD_ROW_GROUP };

enum passwd_tag {
	PASSWD_TAG_LINE = 1, /* u64, from 1 */
	PASSWD_TAG_NAME,
	PASSWD_TAG_ID, /* as it is written; sysusers.d may have a path or "-" */
	PASSWD_TAG_HOME,
	PASSWD_TAG_SHELL,
};

int passwd_parse(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		 struct reply *out);

#endif /* WEIR_PARSE_PASSWD_H */
