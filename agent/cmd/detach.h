/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * weir detach: every pin is removed, and so all of weir that is in the kernel.
 * For an uninstallation; what it takes to begin anew stays on disk.
 */
#ifndef WEIR_CMD_DETACH_H
#define WEIR_CMD_DETACH_H

int cmd_detach(int argc, char **argv);

#endif /* WEIR_CMD_DETACH_H */
