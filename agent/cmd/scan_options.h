/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line of weir scan.
 */
#ifndef WEIR_CMD_SCAN_OPTIONS_H
#define WEIR_CMD_SCAN_OPTIONS_H

#include <stdbool.h>

#define SCAN_ONLY_MAX 64

enum scan_format { SCAN_TABLE, SCAN_JSON, SCAN_CSV, SCAN_OCSF, SCAN_FORMAT_MAX };

/* Texts are those of argv, or NULL. */
struct scan_options {
	const char *root, *catalog, *policy;
	const char *diff, *save, *history, *product;
	const char *only[SCAN_ONLY_MAX + 1];
	bool has_only, shows_all, is_long, is_deep, no_cache, has_color;
	enum scan_format format;
};

/*
 * 0: go on; else the exit code plus one, since --help ends with 0; what is
 * wrong was printed then.
 */
int scan_options_parse(int argc, char **argv, struct scan_options *o);

#endif /* WEIR_CMD_SCAN_OPTIONS_H */
