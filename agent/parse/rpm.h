/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PARSER_RPM: what rpm printed when asked with RPM_FORMAT.
 *
 * Rpm quotes texts as a shell would want them, so a name with a newline or a
 * quote inside is still one word. One row RPM_PACKAGE a package; when files
 * were asked for, behind it a row RPM_FILE for each. The ask is a sieve for
 * the last component of paths, or nothing. Last a row RPM_ODD when there were
 * lines that rpm would not print.
 */
#ifndef WEIR_PARSE_RPM_H
#define WEIR_PARSE_RPM_H

#include <stdbool.h>

#include "parse/parsers.h"

#define RPM_FORMAT_PACKAGE                                                           \
	"P %{NAME:shescape} %{EPOCHNUM} %{VERSION:shescape} %{RELEASE:shescape} "    \
	"%{ARCH:shescape} %{VENDOR:shescape} %{PACKAGER:shescape} %{INSTALLTIME}\\n"
#define RPM_FORMAT_FILES "[F %{FILENAMES:shescape} %{FILEMODES} %{FILESTATES} %{FILEFLAGS}\\n]"

enum rpm_row { RPM_PACKAGE = 1, RPM_FILE, RPM_ODD };

enum rpm_tag {
	RPM_NAME = 1,
	RPM_VERSION, /* "epoch:version-release", the epoch only when there is one */
	RPM_ARCH,
	RPM_VENDOR,
	RPM_PACKAGER,
	RPM_CHANGED, /* seconds since the epoch */
	RPM_PATH,
	RPM_MODE,     /* st_mode */
	RPM_IS_THERE, /* 1: it was installed, and is none that the package only reserves */
	RPM_CNT,      /* of RPM_ODD: lines that were left out */
};

int parse_rpm(const struct parse_context *ctx, int fd, const char *ask, size_t ask_len,
	      struct reply *out);

/* A name that may stand on rpm's command line: no option, no pattern, no path. */
bool rpm_name_is_valid(const char *name);

#endif /* WEIR_PARSE_RPM_H */
