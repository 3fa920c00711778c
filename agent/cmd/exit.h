/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exit codes, the same for every command.
 */
#ifndef WEIR_CMD_EXIT_H
#define WEIR_CMD_EXIT_H

enum exit_code {
	EXIT_FINE = 0,
	EXIT_FOUND = 1,	     /* findings, or something would be stopped */
	EXIT_USAGE = 2,	     /* usage or policy */
	EXIT_CANNOT = 3,     /* this host cannot do that */
	EXIT_INCOMPLETE = 4, /* something could not be read */
};

#endif /* WEIR_CMD_EXIT_H */
