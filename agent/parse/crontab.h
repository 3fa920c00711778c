/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Crontab: files of lines that make something run: crontabs, anacron, scripts
 * that are run because of where they lie, ld.so.preload, PAM, NSS, udev.
 *
 * One row for each line that names a path or a module. The line itself is not
 * told: it may hold a password. The question is one byte, enum crontab_kind.
 */
#ifndef WEIR_PARSE_CRONTAB_H
#define WEIR_PARSE_CRONTAB_H

#include "parse/parsers.h"

/* A larger file: -EFBIG. Of a script only the front is read. */
#define CRONTAB_BYTES_MAX (4u << 20)
#define CRONTAB_SCRIPT_BYTES_MAX (512u * 1024)

/* Rows of one file; more: -E2BIG. */
#define CRONTAB_ROWS_MAX 20000

enum crontab_kind {
	CRONTAB_SYSTEM, /* five times, user, command */
	CRONTAB_USER,	/* five times, command */
	CRONTAB_ANACRON, /* period, delay, name, command */
	CRONTAB_SCRIPT,	 /* any path in a line that is no comment */
	CRONTAB_PRELOAD, /* libraries */
	CRONTAB_PAM,	 /* a service: modules and their arguments */
	CRONTAB_PAM_CONF, /* the same with the service in front */
	CRONTAB_NSS,
	CRONTAB_UDEV,
	CRONTAB_MODULES, /* kernel modules, one a line */
	CRONTAB_KIND_MAX,
};

enum crontab_row { CRONTAB_ROW_LINE = 1 };

enum crontab_tag {
	CRONTAB_TAG_LINE = 1, /* u64, from 1 */
	CRONTAB_TAG_WHEN,     /* "17 * * * *", "@reboot" */
	CRONTAB_TAG_USER,
	CRONTAB_TAG_NAME, /* a program that is looked up */
	CRONTAB_TAG_PATH, /* more than one */
	CRONTAB_TAG_MODULE, /* "pam_unix.so", "libnss_sss.so.2", "vmw_vmci" */
};

int crontab_parse(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
		  struct reply *out);

#endif /* WEIR_PARSE_CRONTAB_H */
