/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * weir scan: what of the catalogue is on this host, or in this tree.
 */
#ifndef WEIR_CMD_SCAN_H
#define WEIR_CMD_SCAN_H

/*
 * argv[0] is the verb. Returns the exit code: 0 nothing, 1 found, 2 usage,
 * policy or catalogue, 4 something could not be read, found or not.
 */
int cmd_scan(int argc, char **argv);

#endif /* WEIR_CMD_SCAN_H */
