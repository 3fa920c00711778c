/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * weir check: are these files well formed?
 */
#ifndef WEIR_CMD_CHECK_H
#define WEIR_CMD_CHECK_H

/* argv[0] is the verb. Returns the exit code: 0, or 2 for usage or a bad file. */
int cmd_check(int argc, char **argv);

#endif /* WEIR_CMD_CHECK_H */
